import { test } from "#test";
import { assert } from "chai";
import { UsageError, WeftError } from "../../../core/errors.ts";
import { callBytes, type UnsignedCall } from "../../../core/chain/ledger/signed_call.ts";
import type { CallStage } from "../../../core/chain/receipt.ts";
import { encodeAddress } from "../../../core/wallet/address.ts";
import type { Signer } from "../../../core/wallet/signer.ts";
import { caller, keypair, NETUID, rejected, TAO, TestLedger } from "./setup.ts";

const ANYONE = caller(5).address;

/** A ledger where Alice has 10 TAO. */
async function setUp(): Promise<
  { test: TestLedger; alice: Signer; ledger: ReturnType<TestLedger["asChain"]> }
> {
  const test = new TestLedger();
  const alice = await keypair("Alice");
  const ledger = test.asChain();
  await ledger.faucet(alice.address, 10n * TAO);
  return { test, alice, ledger };
}

/** A signer that signs what another function makes of the bytes. */
function signerWith(signer: Signer, sign: (message: Uint8Array) => Promise<Uint8Array>): Signer {
  return { address: signer.address, publicKey: signer.publicKey, sign };
}

function nonceOf(test: TestLedger, address: string): number | undefined {
  return test.inState((state) => state.accounts.get(address)?.nonce);
}

test("a call with a signature of other bytes is refused and changes nothing", async () => {
  const { test, alice, ledger } = await setUp();
  const before = test.dump();
  const forger = signerWith(alice, (message) => alice.sign(message.slice(1)));
  await rejected("BadSignature", ledger.transfer(forger, ANYONE, TAO));
  assert.deepEqual(test.dump(), before);
});

test("a call that another key signed is refused", async () => {
  const { alice, ledger } = await setUp();
  const bob = await keypair("Bob");
  const thief = signerWith(alice, (message) => bob.sign(message));
  await rejected("BadSignature", ledger.transfer(thief, ANYONE, TAO));
});

test("signatures that are none are refused", async () => {
  const { alice, ledger } = await setUp();
  for (const length of [0, 63, 64, 65]) {
    const liar = signerWith(alice, () => Promise.resolve(new Uint8Array(length)));
    await rejected("BadSignature", ledger.transfer(liar, ANYONE, TAO));
  }
});

test("an old signature does not serve again", async () => {
  const { alice, ledger } = await setUp();
  const signatures: Uint8Array[] = [];
  const recorder = signerWith(alice, async (message) => {
    const signature = await alice.sign(message);
    signatures.push(signature);
    return signature;
  });
  await ledger.transfer(recorder, ANYONE, TAO);
  const replayer = signerWith(alice, () => Promise.resolve(signatures[0]));
  await rejected("BadSignature", ledger.transfer(replayer, ANYONE, TAO));
});

test("each call that is executed raises the nonce, a refused one does not", async () => {
  const { test, alice, ledger } = await setUp();
  await ledger.transfer(alice, ANYONE, TAO);
  await rejected("FundsUnavailable", ledger.transfer(alice, ANYONE, 100n * TAO));
  assert.equal(nonceOf(test, alice.address), 1);
  await ledger.transfer(alice, ANYONE, TAO);
  assert.equal(nonceOf(test, alice.address), 2);
});

test("calls that one key makes at once are all executed, each once", async () => {
  const { test, alice, ledger } = await setUp();
  const receipts = await Promise.all(
    Array.from({ length: 8 }, () => ledger.transfer(alice, ANYONE, TAO)),
  );
  assert.equal((await ledger.balance(ANYONE)).freeRao, 8n * TAO);
  assert.equal(nonceOf(test, alice.address), 8);
  assert.equal(new Set(receipts.map((receipt) => receipt.extrinsicHash)).size, 8);
});

test("a call that another one overtook is signed anew", async () => {
  const { test, alice, ledger } = await setUp();
  let asked = 0;
  const overtaken = signerWith(alice, async (message) => {
    if (asked++ === 0) await ledger.transfer(alice, ANYONE, TAO);
    return await alice.sign(message);
  });
  await ledger.transfer(overtaken, ANYONE, 2n * TAO);
  assert.equal(asked, 2);
  assert.equal(nonceOf(test, alice.address), 2);
  assert.equal((await ledger.balance(ANYONE)).freeRao, 3n * TAO);
});

test("a call is executed in the block in which it was signed, not in that when it was begun", async () => {
  const { test, alice, ledger } = await setUp();
  const slow = signerWith(alice, async (message) => {
    await test.passBlocks(5);
    return await alice.sign(message);
  });
  const receipt = await ledger.transfer(slow, ANYONE, TAO);
  assert.equal(receipt.blockNumber, 5);
});

test("what a signer throws comes through, and nothing has happened", async () => {
  const { test, alice, ledger } = await setUp();
  const before = test.dump();
  const no = signerWith(alice, () => Promise.reject(new WeftError("the user said no")));
  const failure = await ledger.transfer(no, ANYONE, TAO).catch((error: unknown) => error);
  assert.match(String(failure), /the user said no/);
  assert.deepEqual(test.dump(), before);
});

test("bytes that a wallet extension has signed as its user's message are as good", async () => {
  const { alice, ledger } = await setUp();
  const [start, end] = ["<Bytes>", "</Bytes>"].map((text) => new TextEncoder().encode(text));
  const wrapping: Signer = {
    address: alice.address,
    publicKey: alice.publicKey,
    sign: (message) => alice.sign(new Uint8Array([...start, ...message, ...end])),
  };
  await ledger.transfer(wrapping, ANYONE, TAO);
  assert.equal((await ledger.balance(ANYONE)).freeRao, TAO);
});

test("who signs extrinsics only is told why it cannot sign here", async () => {
  const { alice, ledger } = await setUp();
  const extension: Signer = {
    address: alice.address,
    publicKey: alice.publicKey,
    sign: (message) => alice.sign(message),
    signPayload: () => Promise.resolve({ signature: "0x" }),
  };
  const failure = await ledger.transfer(extension, ANYONE, TAO).catch((error: unknown) => error);
  assert.instanceOf(failure, UsageError);
  assert.match(String(failure), /signs only extrinsics/);
});

test("the signed bytes differ with everything in the call", () => {
  const base: UnsignedCall = {
    genesisHash: "0x00",
    signer: ANYONE,
    nonce: 0,
    call: { call: "transfer_keep_alive", to: ANYONE, amountRao: 1n },
  };
  const others: UnsignedCall[] = [
    { ...base, genesisHash: "0x01" },
    { ...base, signer: caller(6).address },
    { ...base, nonce: 1 },
    { ...base, call: { call: "transfer_keep_alive", to: ANYONE, amountRao: 2n } },
    { ...base, call: { call: "transfer_keep_alive", to: caller(6).address, amountRao: 1n } },
  ];
  const texts = [base, ...others].map((call) => new TextDecoder().decode(callBytes(call)));
  assert.equal(new Set(texts).size, texts.length);
});

test("the signed bytes do not depend on the order in which a call was put together", () => {
  const change = { netuid: NETUID, hotkey: ANYONE, amountRao: 1n };
  const turned = { amountRao: 1n, hotkey: ANYONE, netuid: NETUID };
  const bytes = [change, turned].map((order) =>
    callBytes({
      genesisHash: "0x00",
      signer: ANYONE,
      nonce: 3,
      call: { call: "add_stake", change: order },
    })
  );
  assert.deepEqual(bytes[0], bytes[1]);
});

test("progress is told in order, and as far as the caller waits", async () => {
  const { alice, ledger } = await setUp();
  const stages: CallStage[] = [];
  const onProgress = (stage: CallStage): number => stages.push(stage);
  await ledger.transfer(alice, ANYONE, TAO, { onProgress });
  assert.deepEqual(stages, ["signing", "submitted", "inBlock", "finalized"]);
  stages.length = 0;
  await ledger.transfer(alice, ANYONE, TAO, { onProgress, waitFor: "inBlock" });
  assert.deepEqual(stages, ["signing", "submitted", "inBlock"]);
});

test("an address with another prefix is the same account", async () => {
  const { alice, ledger } = await setUp();
  // Alice with prefix 0, as Polkadot writes it.
  const polkadot = "15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5";
  assert.equal(encodeAddress(alice.publicKey), alice.address);
  assert.equal((await ledger.balance(polkadot)).freeRao, 10n * TAO);
  await ledger.transfer(alice, polkadot, TAO);
  assert.equal((await ledger.balance(alice.address)).freeRao, 10n * TAO);
});

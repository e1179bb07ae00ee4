import { test } from "#test";
import { assert } from "chai";
import type { Chain } from "../../../core/chain/chain.ts";
import { Ledger } from "../../../core/chain/ledger/ledger.ts";
import { MemoryLedgerStore } from "../../../core/chain/ledger/memory_store.ts";
import { UsageError } from "../../../core/errors.ts";
import { ManualTime } from "./manual_time.ts";
import { caller, keypair, NETUID, rejected, TAO, TestLedger } from "./setup.ts";

/** A ledger as a command opens it, with nothing said about its subnets. */
function freshLedger(): { time: ManualTime; ledger: Ledger } {
  const time = new ManualTime();
  const settings = { wallClock: time, clock: time, endpoint: "ledger:here.db" };
  return { time, ledger: new Ledger(new MemoryLedgerStore(), settings) };
}

async function misuse(action: Promise<unknown>): Promise<string> {
  const failure = await action.catch((error: unknown) => error);
  assert.instanceOf(failure, UsageError);
  return failure.message;
}

test("a fresh ledger has root and the subnets that Weft mines", async () => {
  const { ledger } = freshLedger();
  assert.deepEqual(await ledger.netuids(), [0, 9, 27]);
  assert.equal((await ledger.metagraph(9)).name, "iota");
  assert.equal((await ledger.metagraph(27)).name, "compute");
  assert.deepEqual((await ledger.metagraph(0)).neurons, []);
});

test("identity() tells a ledger from any chain", async () => {
  const { ledger } = freshLedger();
  const identity = await ledger.identity();
  assert.deepInclude(identity, {
    network: "ledger",
    endpoint: "ledger:here.db",
    specName: "weft-ledger",
  });
  assert.match(identity.genesisHash, /^0x[0-9a-f]{64}$/);
});

test("a fresh subnet is cheap, quick and open", async () => {
  const { ledger } = freshLedger();
  assert.deepInclude(await ledger.subnet(9), {
    registrationAllowed: true,
    burnRao: 1_000_000n,
    minBurnRao: 500_000n,
    maxBurnRao: 100n * TAO,
    neuronCount: 0,
    maxNeuronCount: 256,
    tempoBlocks: 20,
    maxRegistrationsPerBlock: undefined,
  });
});

test("a subnet that is not there is wrong use, to read as to call", async () => {
  const { ledger } = freshLedger();
  assert.match(await misuse(ledger.subnet(1)), /SubnetNotExists/);
  assert.match(await misuse(ledger.metagraph(1)), /SubnetNotExists/);
  assert.match(await misuse(ledger.powTask(1)), /SubnetNotExists/);
});

test("an address that is none is wrong use everywhere", async () => {
  const { ledger } = freshLedger();
  const alice = await keypair("Alice");
  const registration = { netuid: 9, hotkey: "no", limitRao: TAO };
  for (
    const action of [
      ledger.balance("no"),
      ledger.uidOf(9, "no"),
      ledger.axonOf(9, "no"),
      ledger.ownerOf("no"),
      ledger.stakesOf("no"),
      ledger.faucet("no", TAO),
      ledger.transfer(alice, "no", TAO),
      ledger.burnedRegister(alice, registration),
      ledger.addStake(alice, { netuid: 9, hotkey: "no", amountRao: TAO }),
    ]
  ) await misuse(action);
});

test("what the ledger never met has nothing and is nowhere", async () => {
  const { ledger } = freshLedger();
  const { address } = caller(1);
  assert.deepEqual(await ledger.balance(address), { freeRao: 0n, transferableRao: 0n });
  assert.isUndefined(await ledger.uidOf(9, address));
  assert.isUndefined(await ledger.uidOf(1, address));
  assert.isUndefined(await ledger.axonOf(9, address));
  assert.isUndefined(await ledger.ownerOf(address));
  assert.deepEqual(await ledger.stakesOf(address), []);
});

test("the existential deposit is 500 rao, and cannot be transferred", async () => {
  const { ledger } = freshLedger();
  assert.equal(await ledger.existentialDepositRao(), 500n);
  await ledger.faucet(caller(1).address, TAO);
  assert.deepEqual(await ledger.balance(caller(1).address), {
    freeRao: TAO,
    transferableRao: TAO - 500n,
  });
});

test("a miner's whole way: faucet, registration, axon, weights and emission", async () => {
  const { time, ledger } = freshLedger();
  const chain: Chain = ledger;
  const [coldkey, validator, miner] = await Promise.all(["cold", "val", "mine"].map(keypair));
  await ledger.faucet(coldkey.address, 100n * TAO);
  for (const hotkey of [validator, miner]) {
    const { burnRao } = await chain.subnet(9);
    const registration = { netuid: 9, hotkey: hotkey.address, limitRao: burnRao };
    const receipt = await chain.burnedRegister(coldkey, registration);
    assert.equal(receipt.uid, await chain.uidOf(9, hotkey.address));
    assert.equal(receipt.feeRao, 0n);
  }
  await chain.addStake(coldkey, { netuid: 9, hotkey: validator.address, amountRao: 10n * TAO });
  const axon = { version: 1, ip: "192.0.2.1", port: 8091, ipType: 4, protocol: 4 } as const;
  await chain.serveAxon(miner, 9, axon);
  await time.advance(20 * 12_000);
  await chain.setWeights(validator, { netuid: 9, uids: [1], values: [1], versionKey: 0n });
  await time.advance(20 * 12_000);
  const { neurons } = await chain.metagraph(9);
  assert.equal(neurons[1].incentive, 1);
  const [position] = (await chain.stakesOf(coldkey.address))
    .filter(({ hotkey }) => hotkey === miner.address);
  assert.equal(position.stakeAlphaRao, neurons[1].emissionRao);
  const { hotkey, netuid, stakeAlphaRao } = position;
  await chain.removeStake(coldkey, { netuid, hotkey, amountRao: stakeAlphaRao });
  assert.equal(await chain.transferFeeRao(coldkey.address, miner.address, TAO), 0n);
});

test("a hotkey registers by work that it found for the task", async () => {
  const test = new TestLedger({ difficulty: 1n });
  const ledger = test.asChain();
  const hotkey = await keypair("hot");
  const task = await ledger.powTask(NETUID) ?? assert.fail("no task");
  assert.deepInclude(task, { blockNumber: 0, difficulty: 1n, endianness: "little" });
  assert.lengthOf(task.blockHash, 32);
  const wrong = {
    netuid: NETUID,
    coldkey: caller(3).address,
    blockNumber: 0,
    nonce: 0n,
    work: new Uint8Array(32),
  };
  await rejected("InvalidSeal", ledger.powRegister(hotkey, wrong));
  await misuse(ledger.powRegister(hotkey, { ...wrong, work: new Uint8Array(31) }));
  await misuse(ledger.powRegister(hotkey, { ...wrong, nonce: -1n }));
  await misuse(ledger.powRegister(hotkey, { ...wrong, blockNumber: NaN }));
  await misuse(ledger.powRegister(hotkey, { ...wrong, blockNumber: 0.5 }));
  await misuse(ledger.powRegister(hotkey, { ...wrong, nonce: 2n ** 64n }));
});

test("there is no task where work is not taken", async () => {
  const ledger = new TestLedger({ powRegistrationAllowed: false }).asChain();
  assert.isUndefined(await ledger.powTask(NETUID));
  assert.isUndefined(await ledger.powTask(0));
});

test("weights that do not fit their fields are wrong use", async () => {
  const ledger = new TestLedger().asChain();
  const hotkey = await keypair("hot");
  const right = { netuid: NETUID, uids: [0], values: [1], versionKey: 0n, salt: [1] };
  for (
    const wrong of [
      { uids: [-1] },
      { uids: [65536] },
      { values: [0.5] },
      { values: [NaN] },
      { uids: [] },
      { versionKey: -1n },
      { versionKey: 2n ** 64n },
    ]
  ) {
    const weights = { ...right, ...wrong };
    await misuse(ledger.setWeights(hotkey, weights));
    await misuse(ledger.commitWeights(hotkey, weights));
    await misuse(ledger.revealWeights(hotkey, weights));
  }
  await misuse(ledger.commitWeights(hotkey, { ...right, salt: [65536] }));
});

test("createSubnet() takes the lowest free number, and refuses one that is taken", async () => {
  const { ledger } = freshLedger();
  assert.equal(await ledger.createSubnet({ name: "a" }), 1);
  assert.equal(await ledger.createSubnet({ name: "b", netuid: 5 }), 5);
  assert.equal(await ledger.createSubnet({ name: "c" }), 2);
  for (const netuid of [0, 9, -1, 65536, 1.5]) {
    await misuse(ledger.createSubnet({ name: "d", netuid }));
  }
});

test("createSubnet() refuses rules that cannot be, by their names", async () => {
  const { ledger } = freshLedger();
  const refuse = (rules: Record<string, unknown>) =>
    misuse(ledger.createSubnet({ name: "x", rules }));
  assert.match(await refuse({ tempoBlocks: -1 }), /tempoBlocks/);
  assert.match(await refuse({ kappa: 65536 }), /kappa/);
  assert.match(await refuse({ minBurnRao: 2n ** 64n }), /minBurnRao/);
  assert.match(await refuse({ difficulty: 0n }), /difficulty/);
  assert.match(await refuse({ minBurnRao: 10n, maxBurnRao: 9n }), /minBurnRao/);
  assert.match(await refuse({ maxNeuronCount: "many" }), /maxNeuronCount/);
});

test("a ledger holds 256 subnets at most", async () => {
  const { ledger } = freshLedger();
  for (let count = 3; count < 256; count++) await ledger.createSubnet({ name: "" });
  assert.match(await misuse(ledger.createSubnet({ name: "" })), /256/);
});

test("supply() adds up", async () => {
  const { ledger } = freshLedger();
  const coldkey = await keypair("cold");
  await ledger.faucet(coldkey.address, 10n * TAO);
  await ledger.burnedRegister(coldkey, { netuid: 9, hotkey: caller(1).address, limitRao: TAO });
  assert.deepEqual(await ledger.supply(), {
    issuedRao: 10n * TAO,
    freeRao: 10n * TAO - 1_000_000n,
    stakedRao: 0n,
    burnedRao: 1_000_000n,
  });
});

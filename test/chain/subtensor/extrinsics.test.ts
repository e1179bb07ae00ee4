/**
 * Every call's bytes against bytes worked out by hand: pallet and call number of this runtime, then
 * the arguments in the order of the runtime's source, each in SCALE.
 *
 * @module
 */

import { testWhere } from "#test";
import { assert } from "chai";
import type { ApiPromise } from "@polkadot/api";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { blake2b } from "@noble/hashes/blake2.js";
import { draftCall } from "../../../core/chain/subtensor/draft.ts";
import * as extrinsics from "../../../core/chain/subtensor/extrinsics.ts";
import { signDraft } from "../../../core/chain/subtensor/sign_draft.ts";
import { WeftError } from "../../../core/errors.ts";
import { Keypair } from "../../../core/wallet/keypair.ts";
import { readyKeys } from "../../../core/wallet/ready.ts";
import { verifySignature } from "../../../core/wallet/verify.ts";
import { GENESIS, noMetadata, openMetadata } from "./metadata_api.ts";

const ALICE = "d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d";
const BOB = "8eaf04151687736326c9fea17e25fc5287613693c912909cb226aa4794f26a48";
const ALICE_ADDRESS = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
const BOB_ADDRESS = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty";
const WEIGHTS = {
  netuid: 27,
  uids: [0, 1, 2],
  values: [65535, 100, 7],
  salt: [10, 20, 30],
  versionKey: 123n,
};
const BIRTH = { number: 1000, hash: `0x${"b1".repeat(32)}` };

const BYTES: readonly (readonly [string, (api: ApiPromise) => extrinsics.Extrinsic, string])[] = [
  [
    "burned_register: netuid, hotkey",
    (api) => extrinsics.burnedRegister(api, { netuid: 27, hotkey: BOB_ADDRESS, limitRao: 1n }),
    `0707 1b00 ${BOB}`,
  ],
  [
    "register: netuid, block, nonce, work with its length, hotkey, coldkey",
    (api) =>
      extrinsics.powRegister(api, BOB_ADDRESS, {
        netuid: 27,
        coldkey: ALICE_ADDRESS,
        blockNumber: 258,
        nonce: 0x0102030405060708n,
        work: new Uint8Array(32).fill(0xab),
      }),
    `0706 1b00 0201000000000000 0807060504030201 80${"ab".repeat(32)} ${BOB} ${ALICE}`,
  ],
  [
    "serve_axon: netuid, version, ip in 16 bytes, port, type, protocol, two zeros",
    (api) =>
      extrinsics.serveAxon(api, 27, {
        version: 183,
        ip: "203.0.113.9",
        port: 8091,
        ipType: 4,
        protocol: 4,
      }),
    "0704 1b00 b7000000 097100cb000000000000000000000000 9b1f 04 04 00 00",
  ],
  [
    "serve_axon with an IPv6 address",
    (api) =>
      extrinsics.serveAxon(api, 27, {
        version: 10002000,
        ip: "2001:db8::1",
        port: 1,
        ipType: 6,
        protocol: 4,
      }),
    "0704 1b00 509e9800 010000000000000000000000b80d0120 0100 06 04 00 00",
  ],
  [
    "serve_prometheus: netuid, version, ip, port, type",
    (api) =>
      extrinsics.servePrometheus(api, 27, {
        version: 1,
        ip: "203.0.113.9",
        port: 7091,
        ipType: 4,
      }),
    "0705 1b00 01000000 097100cb000000000000000000000000 b31b 04",
  ],
  [
    "set_weights: netuid, uids, weights, version key",
    (api) => extrinsics.setWeights(api, WEIGHTS),
    "0700 1b00 0c000001000200 0cffff64000700 7b00000000000000",
  ],
  [
    "commit_weights: netuid, hash",
    (api) => extrinsics.commitWeights(api, hexToBytes(ALICE), WEIGHTS),
    "0760 1b00 bd9b9fc7a950d4b509dbd9ced190a52a1c41a5e33c76410a9c37fc9c01a78622",
  ],
  [
    "reveal_weights: netuid, uids, weights, salt, version key",
    (api) => extrinsics.revealWeights(api, WEIGHTS),
    "0761 1b00 0c000001000200 0cffff64000700 0c0a0014001e00 7b00000000000000",
  ],
  [
    "transfer_keep_alive: the recipient as an account id, a compact amount",
    (api) => extrinsics.transfer(api, BOB_ADDRESS, 1_234_567_891n),
    // 1234567891 is above 2^30: a compact number of four bytes after its length, 4 - 4 << 2 | 3.
    `0503 00${BOB} 03d3029649`,
  ],
  [
    "transfer of the largest amount",
    (api) => extrinsics.transfer(api, BOB_ADDRESS, 2n ** 64n - 1n),
    `0503 00${BOB} 13ffffffffffffffff`,
  ],
  [
    "add_stake: hotkey, netuid, amount",
    (api) =>
      extrinsics.addStake(api, { netuid: 27, hotkey: BOB_ADDRESS, amountRao: 10n ** 9n }, 5n),
    `0702 ${BOB} 1b00 00ca9a3b00000000`,
  ],
  [
    "remove_stake: hotkey, netuid, amount",
    (api) =>
      extrinsics.removeStake(api, { netuid: 27, hotkey: BOB_ADDRESS, amountRao: 1n }, undefined),
    `0703 ${BOB} 1b00 0100000000000000`,
  ],
];

for (const [name, build, expected] of BYTES) {
  testWhere(noMetadata, `bytes of ${name}`, async () => {
    const api = await openMetadata();
    assert.equal(build(api).method.toHex(), `0x${expected.replaceAll(" ", "")}`);
    await api.disconnect();
  });
}

testWhere(noMetadata, "a call that the runtime does not have is named with its spec", async () => {
  const api = await openMetadata();
  Reflect.deleteProperty(api.tx.subtensorModule, "burnedRegister");
  assert.throws(
    () => extrinsics.burnedRegister(api, { netuid: 27, hotkey: BOB_ADDRESS, limitRao: 1n }),
    WeftError,
    "this chain's runtime (spec 218) has no burned_register",
  );
  await api.disconnect();
});

testWhere(noMetadata, "a call that takes other arguments is not made", async () => {
  const api = await openMetadata();
  // With the arguments of serve_prometheus.
  const value = api.tx.subtensorModule.servePrometheus;
  Object.defineProperty(api.tx.subtensorModule, "serveAxon", { value });
  const axon = { version: 1, ip: "203.0.113.9", port: 1, ipType: 4, protocol: 4 } as const;
  assert.throws(
    () => extrinsics.serveAxon(api, 27, axon),
    WeftError,
    "another serve_axon than Weft knows: it takes 5 values, not 8",
  );
  await api.disconnect();
});

/** Signs a transfer of one rao; gives the extrinsic in hex, the draft and the signature. */
async function signed(api: ApiPromise, nonce = 5): Promise<{ bytes: string; signature: string }> {
  await readyKeys();
  const call = extrinsics.transfer(api, BOB_ADDRESS, 1n);
  const draft = draftCall(api, call, ALICE_ADDRESS, nonce, BIRTH);
  let signature = new Uint8Array();
  const alice = Keypair.fromUri("//Alice");
  const signer = {
    address: alice.address,
    publicKey: alice.publicKey,
    sign: async (message: Uint8Array) => signature = new Uint8Array(await alice.sign(message)),
  };
  const { bytes } = await signDraft(draft, signer);
  return { bytes: bytes.slice(2), signature: bytesToHex(signature) };
}

/** A signed transfer of one rao: length, version, signer, signature, era, nonce, tip, mode, call. */
function expectedTransfer(signature: string, extensions: string): string {
  // Era: period 128 is 6 in the low four bits, phase 1000 % 128 = 104 above them.
  const body = `84 00${ALICE} 01${signature} ${extensions} 0503 00${BOB} 04`.replaceAll(" ", "");
  const length = body.length / 2 << 2 | 1;
  return (length & 0xff).toString(16).padStart(2, "0") +
    (length >> 8).toString(16).padStart(2, "0") +
    body;
}

testWhere(
  noMetadata,
  "a signed extrinsic: era, nonce, tip and metadata mode in order",
  async () => {
    const api = await openMetadata();
    const { bytes, signature } = await signed(api);
    assert.equal(bytes, expectedTransfer(signature, "8606 14 00 00"));
    await api.disconnect();
  },
);

testWhere(noMetadata, "a renamed payment extension keeps its tip", async () => {
  const api = await openMetadata({ hasWrappedPayment: true });
  const { bytes, signature } = await signed(api);
  assert.equal(bytes, expectedTransfer(signature, "8606 14 00 00"));
  await api.disconnect();
});

testWhere(noMetadata, "the library untold of that extension loses the tip's byte", async () => {
  const api = await openMetadata({ hasWrappedPayment: true, isUntold: true });
  const { bytes, signature } = await signed(api);
  assert.equal(bytes, expectedTransfer(signature, "8606 14 00"));
  await api.disconnect();
});

testWhere(noMetadata, "the signed payload: call, extensions, versions, both blocks", async () => {
  const api = await openMetadata();
  const call = extrinsics.transfer(api, BOB_ADDRESS, 1n);
  const { signingBytes } = draftCall(api, call, ALICE_ADDRESS, 5, BIRTH);
  // Spec 218, transaction version 1, genesis, the birth block, no hash of the metadata.
  assert.equal(
    bytesToHex(signingBytes),
    (`0503 00${BOB} 04 8606 14 00 00 da000000 01000000 ${GENESIS.slice(2)} ` +
      `${BIRTH.hash.slice(2)} 00`).replaceAll(" ", ""),
  );
  await api.disconnect();
});

testWhere(
  noMetadata,
  "a payload of more than 256 bytes is hashed before it is signed",
  async () => {
    const api = await openMetadata();
    await readyKeys();
    const many = Array.from({ length: 256 }, (_, uid) => uid);
    const weights = { netuid: 27, uids: many, values: many, versionKey: 0n };
    const call = extrinsics.setWeights(api, weights);
    const draft = draftCall(api, call, ALICE_ADDRESS, 5, BIRTH);
    const payload = call.method.toHex().slice(2) +
      ("8606 14 00 00 da000000 01000000" + GENESIS.slice(2) + BIRTH.hash.slice(2) + "00")
        .replaceAll(" ", "");
    const hash = blake2b(hexToBytes(payload), { dkLen: 32 });
    assert.equal(bytesToHex(draft.signingBytes), bytesToHex(hash));
    await api.disconnect();
  },
);

// 41 uids make just 256 bytes.
for (const count of [40, 41, 42]) {
  testWhere(noMetadata, `weights of ${count} uids: the library signs the same bytes`, async () => {
    const api = await openMetadata();
    await readyKeys();
    const alice = Keypair.fromUri("//Alice");
    const list = new Array<number>(count).fill(7);
    const call = extrinsics.setWeights(api, {
      netuid: 1,
      uids: list,
      values: list,
      versionKey: 0n,
    });
    const draft = draftCall(api, call, ALICE_ADDRESS, 0, BIRTH);
    // The library's own way from the payload to the signed message, asked through its signer.
    let message = new Uint8Array();
    const pair = {
      address: ALICE_ADDRESS,
      addressRaw: alice.publicKey,
      publicKey: alice.publicKey,
      sign: (bytes: Uint8Array) => {
        message = new Uint8Array(bytes);
        return Uint8Array.of(1, ...alice.signSync(bytes));
      },
    };
    const { blockHash, era, genesisHash, nonce } = draft.payloadJson;
    const options = { blockHash, era, genesisHash, nonce, runtimeVersion: api.runtimeVersion };
    Reflect.apply(call.sign, call, [pair, options]);
    assert.equal(bytesToHex(draft.signingBytes), bytesToHex(message));
    await api.disconnect();
  });
}

testWhere(noMetadata, "the signature in the extrinsic is that of the signing bytes", async () => {
  const api = await openMetadata();
  const { signature } = await signed(api);
  const call = extrinsics.transfer(api, BOB_ADDRESS, 1n);
  const { signingBytes } = draftCall(api, call, ALICE_ADDRESS, 5, BIRTH);
  assert.isTrue(verifySignature(signingBytes, hexToBytes(signature), ALICE_ADDRESS));
  await api.disconnect();
});

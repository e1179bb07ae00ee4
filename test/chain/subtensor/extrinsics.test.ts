/**
 * Every call's bytes against bytes worked out by hand: pallet and call number of this runtime, then
 * the arguments in the order of the runtime's source, each in SCALE.
 *
 * @module
 */

import { testWhere } from "#test";
import { assert } from "chai";
import type { ApiPromise } from "@polkadot/api";
import { hexToBytes } from "@noble/hashes/utils.js";
import * as extrinsics from "../../../core/chain/subtensor/extrinsics.ts";
import { WeftError } from "../../../core/errors.ts";
import { noMetadata, openMetadata } from "./metadata_api.ts";

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

/** Gives the runtime a call that it lacks; what that is called with is kept. */
function addCall(api: ApiPromise, name: string, length: number): unknown[][] {
  const calls: unknown[][] = [];
  const value = Object.assign((...args: unknown[]) => void calls.push(args), {
    meta: { args: { length } },
  });
  Object.defineProperty(api.tx.subtensorModule, name, { value });
  return calls;
}

testWhere(noMetadata, "a runtime with register_limit is told the limit", async () => {
  const api = await openMetadata();
  const calls = addCall(api, "registerLimit", 3);
  extrinsics.burnedRegister(api, { netuid: 27, hotkey: BOB_ADDRESS, limitRao: 500n });
  assert.deepEqual(calls, [[27, hexToBytes(BOB), 500n]]);
  await api.disconnect();
});

testWhere(noMetadata, "a runtime with limits of prices is told them, all or nothing", async () => {
  const api = await openMetadata();
  const adding = addCall(api, "addStakeLimit", 5);
  const removing = addCall(api, "removeStakeLimit", 5);
  const stake = { netuid: 27, hotkey: BOB_ADDRESS, amountRao: 7n };
  extrinsics.addStake(api, stake, 1005n);
  extrinsics.removeStake(api, stake, 995n);
  assert.deepEqual(adding, [[hexToBytes(BOB), 27, 7n, 1005n, false]]);
  assert.deepEqual(removing, [[hexToBytes(BOB), 27, 7n, 995n, false]]);
  const plain = extrinsics.addStake(api, stake, undefined).method;
  assert.equal(plain.method, "addStake");
  await api.disconnect();
});

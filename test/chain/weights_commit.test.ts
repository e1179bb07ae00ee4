/**
 * The commit hash against the bytes and the hash that Subtensor's own code gives.
 *
 * @module
 */

import { hexToBytes } from "@noble/hashes/utils.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { test } from "#test";
import { assert } from "chai";
import { weightsCommitBytes, weightsCommitHash } from "../../core/chain/weights_commit.ts";

const ALICE = hexToBytes("d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d");
const WEIGHTS = {
  netuid: 27,
  uids: [0, 1, 2],
  values: [65535, 100, 7],
  salt: [10, 20, 30],
  versionKey: 123n,
};

test("the committed bytes are those of the runtime", () => {
  assert.equal(
    bytesToHex(weightsCommitBytes(ALICE, WEIGHTS)),
    "d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d1b000c0000010002000cffff" +
      "640007000c0a0014001e007b00000000000000",
  );
});

test("the commit hash is that of the runtime", () => {
  assert.equal(
    bytesToHex(weightsCommitHash(ALICE, WEIGHTS)),
    "bd9b9fc7a950d4b509dbd9ced190a52a1c41a5e33c76410a9c37fc9c01a78622",
  );
});

test("lists of 64 and of 16384 entries begin with a longer length", () => {
  const lengthOf = (count: number, sizeBytes: number): string => {
    const uids = new Array<number>(count).fill(0);
    const bytes = weightsCommitBytes(ALICE, { ...WEIGHTS, uids, values: uids });
    return bytesToHex(bytes.subarray(34, 34 + sizeBytes));
  };
  assert.equal(lengthOf(63, 1), "fc");
  assert.equal(lengthOf(64, 2), "0101");
  assert.equal(lengthOf(16383, 2), "fdff");
  assert.equal(lengthOf(16384, 4), "02000100");
});

test("the largest version key fits, one more does not", () => {
  assert.doesNotThrow(() => weightsCommitBytes(ALICE, { ...WEIGHTS, versionKey: 2n ** 64n - 1n }));
  assert.throws(() => weightsCommitBytes(ALICE, { ...WEIGHTS, versionKey: 2n ** 64n }), RangeError);
});

test("what does not fit its field is refused by name", () => {
  const refused = (change: Partial<typeof WEIGHTS>, message: RegExp): void => {
    assert.throws(() => weightsCommitHash(ALICE, { ...WEIGHTS, ...change }), RangeError, message);
  };
  refused({ salt: [65536] }, /^salt: 65536 does not fit/);
  refused({ salt: [-1] }, /^salt: -1/);
  refused({ uids: [0, 1, 1.5] }, /^uids: 1.5 is no whole number/);
  refused({ uids: [0, 1] }, /^2 uids with 3 weights/);
  refused({ netuid: 65536 }, /^netuid: 65536/);
  assert.throws(() => weightsCommitHash(ALICE.subarray(1), WEIGHTS), RangeError, "31");
});

test("neither key nor lists are changed", () => {
  const key = ALICE.slice();
  const weights = structuredClone(WEIGHTS);
  weightsCommitHash(key, weights);
  assert.deepEqual(key, ALICE);
  assert.deepEqual(weights, WEIGHTS);
});

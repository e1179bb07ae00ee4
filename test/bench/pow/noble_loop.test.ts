import { test } from "#test";
import { assert } from "chai";
import { limitWordOf } from "../../../core/formats/registration_seal.ts";
import type { SealBatch } from "../../../core/hash/seal_engine.ts";
import { BOUND_HASH, DIFFICULTY, FIRST } from "../../hash/seal_vectors.ts";
import { nobleLoop } from "./noble_loop.ts";

const LITTLE: SealBatch = {
  ...{ boundHash: BOUND_HASH, endianness: "little", limitWord: limitWordOf(DIFFICULTY) },
  ...{ first: 0n, count: 1000 },
};

test("nobleLoop() finds the chain's first nonces in both endiannesses", () => {
  assert.strictEqual(nobleLoop(LITTLE), Number(FIRST.little.nonce));
  assert.strictEqual(nobleLoop({ ...LITTLE, endianness: "big" }), Number(FIRST.big.nonce));
});

test("nobleLoop() counts from the first nonce of the batch, and stops at its last", () => {
  assert.strictEqual(nobleLoop({ ...LITTLE, first: 20n, count: 8 }), 7);
  assert.isUndefined(nobleLoop({ ...LITTLE, first: 20n, count: 7 }));
  assert.isUndefined(nobleLoop({ ...LITTLE, first: 27n, count: 0 }));
});

test("nobleLoop() takes the high half of a nonce too", () => {
  assert.isUndefined(nobleLoop({ ...LITTLE, first: 2n ** 32n, count: 28 }));
});

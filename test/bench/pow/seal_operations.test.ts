import { test } from "#test";
import { assert } from "chai";
import { countSealOperations, sealOperations32 } from "./seal_operations.ts";

test("Keccak's operations are those of 22 rounds, and of a first and a last that do less", () => {
  // Whole rounds: theta 50 xors, chi 25, iota 1; 5 and 24 rotations. First: of theta only 1 + 5 + 6
  // xors, one rotation less. Last: one lane, of three columns.
  const logic = 22 * (76 + 25) + (12 + 25 + 1 + 25) + (20 + 3 + 3 + 1 + 1);
  const rotations = 22 * 29 + 28 + 5;
  const { keccak } = countSealOperations("little");
  assert.deepEqual(keccak, { wordBits: 64, additions: 0, logic, rotations });
});

test("big-endian seals need the last round's constant, little-endian ones do not", () => {
  const [little, big] = (["little", "big"] as const).map(countSealOperations);
  assert.strictEqual(big.keccak.logic, little.keccak.logic + 1);
  assert.deepEqual(big.sha256, little.sha256);
});

test("SHA-256 needs less than its 64 steps and 48 words of schedule all have", () => {
  const { additions, logic, rotations } = countSealOperations("little").sha256;
  // A step: 7 additions; of xors and ands 3 in Ch, 4 in Maj, 4 in the two sums; 6 rotations. A word of
  // the schedule: 3 additions, 4 xors, 6 rotations and shifts.
  assert.isBelow(additions, 64 * 7 + 48 * 3);
  assert.isBelow(logic, 64 * (3 + 4 + 4) + 48 * 4);
  assert.isBelow(rotations, 64 * 6 + 48 * 6);
  // What is the same for all nonces is in a third of the schedule and in the first steps.
  assert.isAbove(additions, 0.8 * (64 * 7 + 48 * 3));
  assert.isAbove(rotations, 0.8 * (64 * 6 + 48 * 6));
});

test("operations on 64-bit words count as two of 32", () => {
  const operations = countSealOperations("little");
  const { sha256, keccak } = operations;
  assert.strictEqual(
    sealOperations32(operations),
    sha256.additions + sha256.logic + sha256.rotations + 2 * (keccak.logic + keccak.rotations),
  );
});

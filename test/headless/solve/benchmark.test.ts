import { test } from "#test";
import { assert } from "chai";
import { hashMode } from "../../../core/hash/modes.ts";
import { benchmarkText, medianSpeed, type Sample } from "../../../headless/solve/benchmark.ts";

/** Slices of 10 ms with that many candidates each. */
function samples(tried: readonly number[]): Sample[] {
  let sum = 0;
  return tried.map((each, at) => ({ elapsedMs: 10 * (at + 1), tried: BigInt(sum += each) }));
}

test("medianSpeed() of even slices is their speed", () => {
  const { rate, sliceMs } = medianSpeed(samples(Array(101).fill(500)), 0, 5);
  assert.deepEqual([rate, sliceMs], [50_000, 10]);
});

test("medianSpeed() leaves out what was measured before things settled", () => {
  const slow = Array(20).fill(1);
  assert.equal(medianSpeed(samples([...slow, ...Array(30).fill(500)]), 210, 5).rate, 50_000);
});

test("medianSpeed() is not moved by a run in which the machine did something else", () => {
  const tried = [...Array(65).fill(500), ...Array(25).fill(1), ...Array(11).fill(500)];
  assert.equal(medianSpeed(samples(tried), 0, 5).rate, 50_000);
});

test("medianSpeed() uses all there is of a device with few slices", () => {
  assert.equal(medianSpeed([{ elapsedMs: 2000, tried: 4000n }], 400, 5).rate, 2000);
  assert.equal(medianSpeed(samples([500, 500]), 400, 5).rate, 50_000);
});

test("medianSpeed() without a slice is 0", () => {
  const { rate, sliceMs } = medianSpeed([], 400, 5);
  assert.equal(rate, 0);
  assert.isNaN(sliceMs);
});

test("benchmarkText() has hashcat's form", () => {
  const speed = { rate: 155_100_000, sliceMs: 6.67, device: "u32, llvmpipe" };
  assert.deepEqual(benchmarkText(hashMode(1400), speed).split("\n"), [
    "---------------------------",
    "* Hash-Mode 1400 (SHA2-256)",
    "---------------------------",
    "",
    "Speed.#1.........:   155.1 MH/s (6.67ms) @ u32, llvmpipe",
    "",
  ]);
});

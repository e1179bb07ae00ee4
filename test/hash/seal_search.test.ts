/**
 * The search for a seal on an engine without a device.
 *
 * @module
 */

import { bytesToHex } from "@noble/hashes/utils.js";
import { test } from "#test";
import { assert } from "chai";
import { WeftError } from "../../core/errors.ts";
import type { SealEndianness } from "../../core/formats/registration_seal.ts";
import type { SealBatch } from "../../core/hash/seal_engine.ts";
import type { SealProgress, SealTask } from "../../core/hash/seal_search.ts";
import { rejection } from "../gpu/dispatch.ts";
import { FakeSealEngines, turns } from "./fake_seal_engine.ts";
import { BOUND_HASH, DIFFICULTY, FIRST, NEAR, SEALS, taskOf } from "./seal_vectors.ts";

const HIGHEST = 2n ** 64n - 1n;
/** At 100 nonces a millisecond, batches of 20 ms. */
const BATCH = 2000;

function rangesOf(batches: readonly SealBatch[]): [first: bigint, count: number][] {
  return batches.map(({ first, count }) => [first, count]);
}

for (const endianness of ["little", "big"] satisfies SealEndianness[]) {
  test(`the first nonce that meets the difficulty is found, ${endianness}-endian`, async () => {
    const engines = new FakeSealEngines();
    const { nonce, seal } = FIRST[endianness];
    engines.suspects.add(nonce);
    const found = await engines.run(
      engines.search.search(taskOf({ difficulty: DIFFICULTY, endianness })),
    );
    assert.strictEqual(found?.nonce, nonce);
    assert.strictEqual(bytesToHex(found?.seal ?? new Uint8Array()), seal);
    assert.strictEqual(found?.tried, nonce + 1n);
  });
}

test("a batch says what its seals are made from and what they may be at most", async () => {
  const engines = new FakeSealEngines();
  const stop = new AbortController();
  const job = engines.search.search(taskOf({ difficulty: 1000n, endianness: "big" }), {
    signal: stop.signal,
  });
  await turns();
  const [{ boundHash, endianness, limitWord }] = engines.given;
  assert.deepEqual(boundHash, BOUND_HASH);
  assert.deepEqual([endianness, limitWord], ["big", 4_294_967]);
  stop.abort();
  await job;
});

test("two batches are on their way at a time, one behind the other", async () => {
  const engines = new FakeSealEngines();
  const stop = new AbortController();
  const job = engines.search.search(taskOf({ startNonce: 77n }), { signal: stop.signal });
  for (let ended = 0; ended < 10; ended++) {
    await turns();
    assert.lengthOf(engines.waiting, 2);
    await engines.finish();
  }
  let next = 77n;
  for (const [first, count] of rangesOf(engines.given)) {
    assert.strictEqual(first, next);
    next += BigInt(count);
  }
  stop.abort();
  await job;
});

test("a nonce in the second batch is found when its turn comes", async () => {
  const engines = new FakeSealEngines();
  engines.suspects.add(BigInt(BATCH) + 5n);
  const job = engines.search.search(taskOf({ difficulty: 1n }));
  await engines.finish();
  const found = await engines.run(job);
  assert.deepInclude(found, { nonce: BigInt(BATCH) + 5n, tried: BigInt(BATCH) + 6n });
});

test("the earlier one of two batches wins, even if both have found something", async () => {
  const engines = new FakeSealEngines();
  for (const nonce of [1999n, 2000n]) engines.suspects.add(nonce);
  const found = await engines.run(engines.search.search(taskOf({ difficulty: 1n })));
  assert.strictEqual(found?.nonce, 1999n);
});

test("with difficulty 1 the first nonce of all is taken", async () => {
  for (const startNonce of [0n, 1n, 2n ** 32n - 1n, 2n ** 63n, HIGHEST]) {
    const engines = new FakeSealEngines();
    engines.suspects.add(startNonce);
    const job = engines.search.search(taskOf({ difficulty: 1n, startNonce }));
    assert.deepInclude(await engines.run(job), { nonce: startNonce, tried: 1n });
    assert.strictEqual(engines.given[0].limitWord, 2 ** 32 - 1);
  }
});

test("after the last nonce comes 0", async () => {
  const engines = new FakeSealEngines();
  engines.suspects.add(27n);
  const job = engines.search.search(taskOf({ difficulty: DIFFICULTY, startNonce: HIGHEST - 4n }));
  const found = await engines.run(job);
  assert.deepInclude(found, { nonce: 27n, tried: 33n });
  assert.deepEqual(rangesOf(engines.given).slice(0, 2), [[HIGHEST - 4n, 5], [0n, BATCH]]);
});

test("the last nonce of all is tried", async () => {
  const engines = new FakeSealEngines();
  engines.suspects.add(HIGHEST);
  const job = engines.search.search(taskOf({ difficulty: 1n, startNonce: HIGHEST - 9n }));
  assert.deepInclude(await engines.run(job), { nonce: HIGHEST, tried: 10n });
});

test("no batch has nonces on both sides of a multiple of 2^32", async () => {
  const engines = new FakeSealEngines();
  engines.suspects.add(2n ** 32n + 100n);
  const startNonce = 2n ** 32n - 2n * BigInt(BATCH) - 1n;
  await engines.run(engines.search.search(taskOf({ difficulty: 1n, startNonce })));
  assert.deepEqual(rangesOf(engines.given), [
    [startNonce, BATCH],
    [startNonce + BigInt(BATCH), BATCH],
    [2n ** 32n - 1n, 1],
    [2n ** 32n, BATCH],
    [2n ** 32n + BigInt(BATCH), BATCH],
  ]);
});

test("a nonce that only comes near is passed over, and the rest of its batch tried", async () => {
  const engines = new FakeSealEngines();
  engines.suspects.add(NEAR.nonce);
  const startNonce = NEAR.nonce - 10n;
  const stop = new AbortController();
  const job = engines.search.search(taskOf({ difficulty: NEAR.difficulty, startNonce }), {
    signal: stop.signal,
  });
  await engines.finish();
  assert.deepEqual(rangesOf(engines.waiting), [
    [startNonce + BigInt(BATCH), BATCH],
    [NEAR.nonce + 1n, BATCH - 11],
  ]);
  stop.abort();
  await job;
});

test("what comes behind a false suspect in its batch goes before the next batch", async () => {
  const engines = new FakeSealEngines({ perMs: 10_000 });
  for (const nonce of [NEAR.nonce, NEAR.next, NEAR.next + 150_000n]) engines.suspects.add(nonce);
  const job = engines.search.search(taskOf({ difficulty: NEAR.difficulty }));
  assert.deepInclude(await engines.run(job), { nonce: NEAR.next, tried: NEAR.next + 1n });
});

test("a false suspect at the very end of a batch leaves nothing of it to try", async () => {
  const engines = new FakeSealEngines();
  engines.suspects.add(NEAR.nonce);
  const startNonce = NEAR.nonce + 1n - BigInt(BATCH);
  const stop = new AbortController();
  const job = engines.search.search(taskOf({ difficulty: NEAR.difficulty, startNonce }), {
    signal: stop.signal,
  });
  await engines.finish(2);
  assert.isTrue(engines.given.every(({ count }) => count > 0));
  assert.deepEqual(rangesOf(engines.given).map(([first]) => first - startNonce), [
    0n,
    ...[1n, 2n, 3n].map((each) => each * BigInt(BATCH)),
  ]);
  stop.abort();
  await job;
});

test("a device that reports a seal far above the limit computes wrongly, in one line", async () => {
  const engines = new FakeSealEngines();
  engines.suspects.add(0n);
  const error = await rejection(engines.run(engines.search.search(taskOf({ difficulty: 1000n }))));
  assert.instanceOf(error, WeftError);
  assert.match(error.message, /^fake computes wrongly: .* nonce 0\b.*$/);
});

test("a search for another block uses the same engine, with batches of the length found", async () => {
  const engines = new FakeSealEngines({ perMs: 1000, expectedPerMs: 10 });
  const stop = new AbortController();
  const job = engines.search.search(taskOf(), { signal: stop.signal });
  await engines.finish(80);
  stop.abort();
  await job;
  await engines.finish(2);
  const given = engines.given.length;
  engines.suspects.add(0n);
  const blockHash = new Uint8Array(32).fill(0x22);
  await engines.run(engines.search.search(taskOf({ blockHash, difficulty: 1n })));
  const { count, boundHash } = engines.given[given];
  assert.notDeepEqual(boundHash, BOUND_HASH);
  assert.closeTo(count, 20_000, 5000, "20 ms at the rate of this engine, give or take a rounding");
  assert.strictEqual(engines.opened, 1);
});

test("batches never get longer than 2^31 nonces, nor shorter than one", async () => {
  for (const [expectedPerMs, count] of [[1e9, 2 ** 31], [0.001, 1]]) {
    const engines = new FakeSealEngines({ expectedPerMs });
    const stop = new AbortController();
    const job = engines.search.search(taskOf(), { signal: stop.signal });
    await turns();
    assert.strictEqual(engines.given[0].count, count);
    stop.abort();
    await job;
  }
});

test("progress tells nonces, time and rate after each batch", async () => {
  const engines = new FakeSealEngines();
  const progress: SealProgress[] = [];
  const stop = new AbortController();
  const job = engines.search.search(taskOf({ startNonce: 5n }), {
    signal: stop.signal,
    onProgress: (each) => progress.push(each),
  });
  await engines.finish(3);
  stop.abort();
  await job;
  assert.deepEqual(
    progress,
    [1n, 2n, 3n].map((n) => ({
      tried: n * BigInt(BATCH),
      elapsedMs: 20 * Number(n),
      perSecond: 100_000,
    })),
  );
});

test("warmUp() opens the engine that the search then uses", async () => {
  const engines = new FakeSealEngines();
  await engines.search.warmUp("big");
  engines.suspects.add(0n);
  await engines.run(engines.search.search(taskOf({ difficulty: 1n, endianness: "big" })));
  assert.strictEqual(engines.opened, 1);
  assert.deepEqual(engines.warm, ["big"]);
});

test("a task with a part of the wrong size is a RangeError before anything is opened", async () => {
  const engines = new FakeSealEngines();
  const wrong: [Partial<SealTask>, string][] = [
    [{ blockHash: new Uint8Array(31) }, "blockHash"],
    [{ publicKey: new Uint8Array(33) }, "publicKey"],
    [{ difficulty: 2n ** 64n }, "difficulty"],
    [{ difficulty: -1n }, "difficulty"],
    [{ startNonce: 2n ** 64n }, "startNonce"],
    [{ startNonce: -1n }, "startNonce"],
  ];
  for (const [changes, name] of wrong) {
    const error = await rejection(engines.search.search(taskOf(changes)));
    assert.instanceOf(error, RangeError);
    assert.include(error.message, name);
  }
  assert.strictEqual(engines.opened, 0);
});

test("the seal is that of the nonce, not of its place in the batch", async () => {
  const engines = new FakeSealEngines();
  const [nonce, seal] = SEALS[2];
  engines.suspects.add(nonce);
  const job = engines.search.search(taskOf({ difficulty: 1n, startNonce: nonce - 1234n }));
  const found = await engines.run(job);
  assert.strictEqual(bytesToHex(found?.seal ?? new Uint8Array()), seal);
  assert.strictEqual(found?.tried, 1235n);
});

/**
 * What a search comes to: its result, its progress, and that it tries each candidate once.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { UsageError } from "../../core/errors.ts";
import { Keyspace } from "../../core/hash/keyspace.ts";
import { createPlan } from "../../core/hash/search_plan.ts";
import type { SolveProgress } from "../../core/hash/solver.ts";
import { rejection } from "../gpu/dispatch.ts";
import { challengeAt, falseHit } from "./challenge.ts";
import { assertTiled, rangesOf } from "./fake_engine.ts";
import { decimal, endless, fakeSetup, SLICE } from "./solver_setup.ts";

test("solve() gives the password and what it took", async () => {
  const { engines, solve } = fakeSetup();
  const challenge = decimal(8, 40_123n);
  const result = await engines.run(solve(challenge));
  assert.deepEqual(result, {
    outcome: "cracked",
    password: challenge.password,
    tried: 3n * SLICE,
    total: 10n ** 8n,
    elapsedMs: 45,
    rate: 1_000_000,
    waitedMs: 0,
  });
});

test("a keyspace without the password is searched to its end, each candidate once", async () => {
  const { engines, solver } = fakeSetup();
  const { target } = endless();
  const keyspace = Keyspace.fromMask("?l?d?d?d?d");
  const result = await engines.run(solver.solve({ target, keyspace }));
  assert.strictEqual(result.outcome, "exhausted");
  assert.isUndefined(result.password);
  assert.deepEqual([result.tried, result.total], [260_000n, 260_000n]);
  assertTiled(rangesOf(engines.given), 0n, 260_000n);
});

for (const mask of ["x", "?d", "?d?d?d", "?b?b?b", "?l?d?l-?d?l?d"]) {
  test(`mask ${mask} is tiled by slices, whatever their length`, async () => {
    const keyspace = Keyspace.fromMask(mask);
    for (const perMs of [1, 777, 1_000_000]) {
      const { engines, solver } = fakeSetup({ perMs });
      const { target } = endless();
      const limit = keyspace.size < 10n ** 6n ? undefined : 10n ** 6n;
      const { tried, total } = await engines.run(solver.solve({ target, keyspace, limit }));
      assert.strictEqual(tried, total);
      assertTiled(rangesOf(engines.given), 0n, tried);
    }
  });
}

test("slices stop at the end of a group, and the next one begins there", async () => {
  const { engines, solve } = fakeSetup();
  // 100 characters inside, 10^9 outer indices a group.
  const border = 100n * 10n ** 9n;
  const challenge = decimal(14, border + 20_000n);
  const result = await engines.run(solve(challenge, { skip: border - 20_000n }));
  assert.deepEqual(result.password, challenge.password);
  assertTiled(rangesOf(engines.given), border - 20_000n, engines.given.at(-1)?.end ?? 0n);
  for (const { slice, plan } of engines.given) {
    assert.isAtMost(slice.first + slice.count, plan.groupSize);
  }
});

test("skip and limit cut the range in whole inner tables", async () => {
  const { engines, solver } = fakeSetup();
  const { target, keyspace } = endless();
  const result = await engines.run(solver.solve({ target, keyspace, skip: 250n, limit: 101n }));
  assert.strictEqual(result.outcome, "exhausted");
  // Tables of 100: the ones with candidates 250 to 350.
  assertTiled(rangesOf(engines.given), 200n, 400n);
  assert.deepEqual([result.tried, result.total], [200n, 200n]);
});

test("a limit beyond the keyspace ends with it", async () => {
  const { engines, solver } = fakeSetup();
  const keyspace = Keyspace.fromMask("?d?d?d");
  const { target } = endless();
  const result = await engines.run(
    solver.solve({ target, keyspace, skip: 900n, limit: 10n ** 20n }),
  );
  assert.strictEqual(result.total, 100n);
  assertTiled(rangesOf(engines.given), 900n, 1000n);
});

test("the last candidate of 2^63 is found", async () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
  const keyspace = new Keyspace([...Array<Uint8Array>(7).fill(bytes), bytes.slice(128)]);
  const { engines, solve } = fakeSetup();
  const last = 2n ** 63n - 1n;
  const challenge = challengeAt(1410, keyspace, last);
  const result = await engines.run(solve(challenge, { skip: last - 10n ** 5n }));
  assert.deepEqual(result.password, challenge.password);
});

test("a suspect that is not the password is passed over, and the search goes on", async () => {
  const { engines, solve } = fakeSetup();
  const challenge = decimal(8, 70_000n);
  const { targetWord } = createPlan(challenge.target, challenge.keyspace, 1);
  for (const index of [0n, 100n, 15_000n, 69_900n]) engines.suspect(targetWord, index);
  const result = await engines.run(solve(challenge));
  assert.deepEqual(result.password, challenge.password);
  assert.strictEqual(result.tried, 5n * SLICE);
});

test("a search whose only hit is false is exhausted", async () => {
  const { engines, solve } = fakeSetup();
  const challenge = decimal(5, 4_321n);
  const result = await engines.run(solve({ ...challenge, target: falseHit(challenge) }));
  assert.deepInclude(result, { outcome: "exhausted", password: undefined, tried: 10n ** 5n });
});

test("of several hits in a slice the true one is the password", async () => {
  const { engines, solve } = fakeSetup();
  const challenge = decimal(6, 1_234n);
  const { targetWord } = createPlan(challenge.target, challenge.keyspace, 1);
  for (const index of [0n, 1_100n, 1_300n]) engines.suspect(targetWord, index);
  const result = await engines.run(solve(challenge));
  assert.deepEqual(result.password, challenge.password);
});

test("progress grows from slice to slice up to the result", async () => {
  const { engines, solve } = fakeSetup();
  const seen: SolveProgress[] = [];
  const onProgress = (progress: SolveProgress): void => void seen.push(progress);
  const result = await engines.run(solve(decimal(6, 10n ** 6n - 1n), { onProgress }));
  assert.deepEqual(seen.slice(0, 2), [
    { tried: SLICE, total: 10n ** 6n, elapsedMs: 15, rate: 1_000_000 },
    { tried: 2n * SLICE, total: 10n ** 6n, elapsedMs: 30, rate: 1_000_000 },
  ]);
  for (let i = 1; i < seen.length; i++) {
    assert.isTrue(seen[i].tried > seen[i - 1].tried);
    assert.isAtLeast(seen[i].elapsedMs, seen[i - 1].elapsedMs);
  }
  assert.isTrue(result.tried > (seen.at(-1)?.tried ?? 0n));
});

test("a listener of progress that throws ends its own job, and no other", async () => {
  const { engines, solve } = fakeSetup();
  const bad = solve(decimal(6, 10n ** 6n - 1n), {
    onProgress: () => {
      throw new Error("the listener is broken");
    },
  });
  const good = solve(decimal(6, 90_000n));
  const failure = rejection(bad);
  assert.strictEqual((await engines.run(good)).outcome, "cracked");
  assert.include((await failure).message, "the listener is broken");
});

test("a range outside the keyspace is a UsageError that names it", async () => {
  const { engines, solver } = fakeSetup();
  const { target, keyspace } = decimal(3, 0n);
  const bad = [{ skip: -1n }, { skip: 1000n }, { skip: 10n ** 30n }, { limit: 0n }, { limit: -5n }];
  for (const range of bad) {
    const error = await rejection(solver.solve({ target, keyspace, ...range }));
    assert.instanceOf(error, UsageError);
    assert.match(error.message, /^candidates -?\d+ to -?\d+ .*keyspace of 1000$/);
  }
  assert.isEmpty(engines.given);
});

test("a skip to the last candidate is a range of one", async () => {
  const { engines, solve } = fakeSetup({ leastInner: 1 });
  const challenge = decimal(3, 999n);
  const result = await engines.run(solve(challenge, { skip: 999n }));
  assert.deepInclude(result, { outcome: "cracked", tried: 1n, total: 1n });
});

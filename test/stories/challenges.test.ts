/**
 * A thousand challenges as the compute network gives them, on whatever is fastest here.
 *
 * @module
 */

import { testGpu } from "#gpu";
import { test } from "#test";
import { assert } from "chai";
import { seededRandom } from "../../core/data/random.ts";
import { Engines } from "../../core/hash/engines.ts";
import { Solver } from "../../core/hash/solver.ts";
import { denoThreads } from "../../headless/threads.ts";
import { MemoryStorage } from "../harness/memory_host.ts";
import { randomChallenge } from "../hash/random_challenge.ts";

const CHALLENGES = 1000;
/** Searches that are handed in at a time. */
const BATCH = 50;
/** How far before its answer a search starts, at most. */
const MOST_BEFORE = 50_000;
/** Short slices: what is on its way when a password is found is work for nothing. */
const SLICE_MS = 2;

test(`${CHALLENGES} random challenges of 7 to 12 characters are all solved, none wrongly`, async () => {
  const gpu = await testGpu();
  const quiet = (): void => {};
  const host = {
    clock: { nowMs: () => performance.now(), sleep: () => Promise.resolve() },
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    storage: new MemoryStorage(),
    threads: denoThreads(),
    webgpu: () => Promise.resolve({ gpu, backend: "test" }),
  };
  const solver = new Solver(host, new Engines(host), SLICE_MS);
  const random = seededRandom(27);
  for (let done = 0; done < CHALLENGES; done += BATCH) {
    const challenges = Array.from({ length: BATCH }, () => randomChallenge(random));
    const results = await Promise.all(challenges.map(({ target, keyspace, index }) => {
      const before = BigInt(Math.floor(random() * MOST_BEFORE));
      return solver.solve({ target, keyspace, skip: index > before ? index - before : 0n });
    }));
    results.forEach(({ outcome, password }, i) => {
      assert.strictEqual(outcome, "cracked");
      assert.deepEqual(password, challenges[i].password, challenges[i].target.line);
    });
  }
  await solver.close();
});

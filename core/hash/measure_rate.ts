/**
 * How fast an engine is.
 *
 * @module
 */
import { createTarget } from "./hash_target.ts";
import { Keyspace } from "./keyspace.ts";
import { type Algorithm, hashMode } from "./modes.ts";
import type { SearchEngine } from "./search_engine.ts";
import { createPlan, type SearchPlan } from "./search_plan.ts";

/** A run this long is measured to some percent, although hosts look for its end every 10 ms. */
const LEAST_MS = 150;

/** Searches of the compute network, and as good as any other to measure and to warm up with. */
export function typicalPlan(algorithm: Algorithm, leastInner: number): SearchPlan {
  const mode = hashMode(algorithm === "blake2b" ? 610 : 1410);
  const target = createTarget(mode, new Uint8Array(mode.digestBytes), new Uint8Array(16));
  return createPlan(target, Keyspace.fromMask("?d".repeat(10)), leastInner);
}

/** Candidates a millisecond of a warmed-up engine, from one run of at least 150 ms. */
export async function measureRate(
  engine: SearchEngine,
  algorithm: Algorithm,
  nowMs: () => number,
): Promise<number> {
  await engine.warmUp(algorithm);
  const plan = typicalPlan(algorithm, engine.leastInner);
  const search = await engine.start(plan);
  try {
    for (let count = 256;;) {
      const startMs = nowMs();
      await search.run({ group: 0n, first: 0, count });
      const tookMs = nowMs() - startMs;
      const isAll = count === plan.groupSize;
      if (tookMs >= LEAST_MS || isAll) return count * plan.inner.length / Math.max(tookMs, 0.001);
      const growth = Math.min(16, Math.max(2, 1.2 * LEAST_MS / Math.max(tookMs, 1)));
      count = Math.min(plan.groupSize, Math.ceil(count * growth));
    }
  } finally {
    search.end();
  }
}

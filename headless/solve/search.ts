/**
 * Searches one hash after another.
 *
 * @module
 */

import type { HashTarget } from "../../core/hash/hash_target.ts";
import type { SearchEngine } from "../../core/hash/search_engine.ts";
import type { SolveProgress, SolveResult } from "../../core/hash/solver.ts";
import type { SearchRange } from "./flags.ts";
import type { OpenSolver } from "./system.ts";

/** Searches in the solver's queue: when one ends, the next one is ready and the device never idle. */
const QUEUED = 2;

/** What to do as searches go on. */
export interface SearchListener {
  progress(target: HashTarget, progress: SolveProgress): void;
  /** Called in the order of the hashes, with the engine of a search that came to its end. */
  end(target: HashTarget, result: SolveResult, engine: SearchEngine | undefined): void;
}

/**
 * Searches the passwords of hashes in their order. Aborted, it ends all that are left at once.
 *
 * @throws what the solver throws; then the other searches are aborted
 */
export async function searchAll(
  { solver, engines }: OpenSolver,
  targets: readonly HashTarget[],
  { keyspace, skip, limit }: SearchRange,
  signal: AbortSignal,
  listener: SearchListener,
): Promise<void> {
  const failure = new AbortController();
  const request = { keyspace, skip, limit, signal: AbortSignal.any([signal, failure.signal]) };
  const waiting = targets.values();
  let lastEnded = Promise.resolve();
  const searchNext = async (): Promise<void> => {
    for (const target of waiting) {
      const before = lastEnded;
      const ended = Promise.withResolvers<void>();
      lastEnded = ended.promise;
      try {
        const onProgress = (progress: SolveProgress): void => listener.progress(target, progress);
        const result = await solver.solve({ target, ...request, onProgress });
        const isAborted = result.outcome === "aborted";
        const engine = isAborted ? undefined : await engines.engineFor(target.mode.algorithm);
        // A short search may be done before the one that it followed on other threads.
        await before;
        if (!failure.signal.aborted) listener.end(target, result, engine);
      } finally {
        ended.resolve();
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: QUEUED }, searchNext));
  } catch (error) {
    failure.abort();
    throw error;
  }
}

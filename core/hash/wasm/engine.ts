/**
 * The search engine in WebAssembly, on all cores.
 *
 * @module
 */
import type { Threads } from "../../host.ts";
import { typicalPlan } from "../measure_rate.ts";
import type { Search, SearchEngine } from "../search_engine.ts";
import { Crew } from "./crew.ts";

/** Candidates a millisecond that a core may be expected to try. */
const GUESSED_RATE_PER_THREAD = 15_000;
/** Length of the slices that warm up. */
const WARM_UP_MS = 15;

/** An engine on the host's threads, which it starts when they are first needed. */
export function openWasmEngine(threads: Threads): SearchEngine {
  let crew: Crew | undefined;
  const getCrew = (): Crew => crew ??= new Crew(threads);
  const guessedRate = threads.count * GUESSED_RATE_PER_THREAD;
  return {
    variant: "wasm",
    deviceName: threads.count === 1 ? "1 thread" : `${threads.count} threads`,
    slicesInFlight: 2,
    leastInner: 1000,
    guessedRate,
    async warmUp(algorithm): Promise<void> {
      const plan = typicalPlan(algorithm, this.leastInner);
      const crew = getCrew();
      const search = await crew.open(plan);
      const count = Math.ceil(guessedRate * WARM_UP_MS / plan.inner.length);
      while (!crew.isSettled(search)) await crew.run(search, { group: 0n, first: 0, count });
      crew.end(search);
    },
    async start(plan): Promise<Search> {
      const crew = getCrew();
      const search = await crew.open(plan);
      return { run: (slice) => crew.run(search, slice), end: () => crew.end(search) };
    },
    close(): void {
      crew?.stop("the engine was closed");
      crew = undefined;
    },
  };
}

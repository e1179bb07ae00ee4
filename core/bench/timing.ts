/**
 * How the benchmarks time: medians of rounds, each long enough to be measured with a clock.
 *
 * @module
 */

/** A clock in milliseconds. */
export type NowMs = () => number;

/** A run of something, `times` over, that resolves when all of it is done. */
export type Run = (times: number) => Promise<void>;

/**
 * Least length of a round. Deno asks the driver about finished work some ten milliseconds apart, so
 * a round that is shorter would measure the asking.
 */
export const ROUND_MS = 120;

const MOST_TIMES = 2 ** 20;
const MOST_GROWTH = 8;
/** A round may turn out faster than the one before. */
const MARGIN = 1.1;

/**
 * The middle value; the mean of both where there are two.
 *
 * @throws {RangeError} if there is no value
 */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError("the median of no values was asked for");
  const sorted = values.toSorted((x, y) => x - y);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Milliseconds that a run takes. */
export async function elapsedMs(run: Run, times: number, nowMs: NowMs): Promise<number> {
  const start = nowMs();
  await run(times);
  return nowMs() - start;
}

/** How often to run for a round of at least `leastMs`. */
export async function timesForRound(run: Run, nowMs: NowMs, leastMs = ROUND_MS): Promise<number> {
  for (let times = 1;;) {
    let took = await elapsedMs(run, times, nowMs);
    // Long once may have been the machine's fault, such as another process.
    if (took >= leastMs) took = Math.min(took, await elapsedMs(run, times, nowMs));
    if (took >= leastMs || times >= MOST_TIMES) return times;
    // The wait at the end of a short run is most of it, which would make the guess too low.
    const growth = Math.min(MOST_GROWTH, Math.max(1 + 1 / times, MARGIN * leastMs / took));
    times = Math.min(MOST_TIMES, Math.ceil(times * growth));
  }
}

/** Median milliseconds of one run of each, in rounds that take turns. */
export async function raceMs(
  runs: readonly { run: Run; times: number }[],
  rounds: number,
  nowMs: NowMs,
): Promise<number[]> {
  const samples: number[][] = runs.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, { run, times }] of runs.entries()) {
      samples[index].push(await elapsedMs(run, times, nowMs) / times);
    }
  }
  return samples.map(median);
}

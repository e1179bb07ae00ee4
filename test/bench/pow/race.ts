/**
 * Seals a second of everyone who takes part, round after round.
 *
 * @module
 */
import type { SealBatch, SealVariant } from "../../../core/hash/seal_engine.ts";
import {
  elapsedMs,
  median,
  type NowMs,
  type Run,
  timesForRound,
} from "../../../core/bench/timing.ts";
import type { SealTrier } from "./check_seals.ts";

/** Length of a batch, as the product has it. */
const BATCH_MS = 20;
/** Length of a round. */
const ROUND_MS = 600;
/** Nonces of the first guess of a batch. */
const LEAST_COUNT = 256;
/** The longest batch an engine takes, and all nonces that batches are taken from. */
const NONCES = { batch: 2 ** 31, all: 2 ** 32 };

/** Who takes part; `noble` is the loop over `@noble/hashes`. */
export type RacerName = SealVariant | "noble";

/** Something that runs for a round. */
export interface Runner {
  readonly run: Run;
  /** Runs that make a round. */
  readonly times: number;
  /** What it does in one run: seals, or operations. */
  readonly perRun: number;
}

/** What came of one who took part. All are medians over the rounds. */
export interface RaceRow {
  readonly name: RacerName;
  readonly perSecond: number;
  /** By the loop's rate in the same round. */
  readonly ratio: number;
  /** Share of the adapter's integer bound in the same round. */
  readonly share: number;
}

/** A race. */
export interface RaceResult {
  readonly rows: readonly RaceRow[];
  /** 32-bit operations a second of the adapter at best. */
  readonly boundPerSecond: number;
}

/** Batches in which nothing is found, so that all of it is tried; as many at once as it likes. */
export async function openRunner(trier: SealTrier, nowMs: NowMs): Promise<Runner> {
  const count = await batchCount(trier, nowMs);
  const run = async (times: number): Promise<void> => {
    let [left, first] = [times, 0];
    const lane = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        const batch = emptyBatch(first, count);
        first = (first + count) % (NONCES.all - count);
        await trier.run(batch);
      }
    };
    await Promise.all(Array.from({ length: trier.batchesInFlight }, lane));
  };
  return { run, times: await timesForRound(run, nowMs, ROUND_MS), perRun: count };
}

/**
 * Lets all take turns.
 *
 * @param operations 32-bit ones of a seal
 */
export async function raceSeals(
  runners: ReadonlyMap<RacerName, Runner>,
  bound: Runner,
  operations: number,
  rounds: number,
  nowMs: NowMs,
): Promise<RaceResult> {
  const all = [bound, ...runners.values()];
  const rates: number[][] = all.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, { run, times, perRun }] of all.entries()) {
      rates[index].push(1000 * perRun * times / await elapsedMs(run, times, nowMs));
    }
  }
  const [boundRates, ...sealRates] = rates;
  const names = [...runners.keys()];
  const nobleRates = sealRates[names.indexOf("noble")] ?? [];
  return {
    boundPerSecond: median(boundRates),
    rows: names.map((name, index) => ({
      name,
      perSecond: median(sealRates[index]),
      ratio: median(sealRates[index].map((rate, round) => rate / (nobleRates[round] ?? NaN))),
      share: median(sealRates[index].map((rate, round) => rate * operations / boundRates[round])),
    })),
  };
}

/** Nonces of a batch of some 20 ms. */
async function batchCount(trier: SealTrier, nowMs: NowMs): Promise<number> {
  for (let count = LEAST_COUNT;; count = Math.min(NONCES.batch, 4 * count)) {
    const run = async (): Promise<void> => void await trier.run(emptyBatch(0, count));
    const tookMs = await elapsedMs(run, 1, nowMs);
    // Hosts look for the end of work some ten milliseconds apart.
    if (tookMs < 5 * BATCH_MS && count < NONCES.batch) continue;
    return Math.max(1, Math.min(count, Math.round(count * BATCH_MS / tookMs)));
  }
}

/** No seal but one in 2^32 is low enough. */
function emptyBatch(first: number, count: number): SealBatch {
  return {
    ...{ boundHash: new Uint8Array(32), endianness: "little", limitWord: 0 },
    ...{ first: BigInt(first), count },
  };
}

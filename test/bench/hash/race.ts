/**
 * Weft beside hashcat, round after round.
 *
 * @module
 */
import type { Variant } from "../../../core/hash/search_engine.ts";
import type { Solver } from "../../../core/hash/solver.ts";
import { median, type NowMs } from "../../../core/bench/timing.ts";
import { absentTarget, type Challenge } from "../../../core/bench/hash/challenge.ts";
import type { Hashcat, HashcatForm } from "./hashcat.ts";

/** Milliseconds that a variant searches in a round. */
const RACE_MS = 3000;
const FORMS: readonly HashcatForm[] = ["benchmark", "attack"];

/** What takes part. */
export interface Racer {
  readonly variant: Variant;
  readonly solver: Pick<Solver, "solve">;
}

/** A variant's figures beside hashcat's. */
export interface RaceRow {
  readonly variant: Variant;
  /** Median of candidates a second. */
  readonly perSecond: number;
  /** Median over the rounds of Weft's speed by hashcat's of the same round. */
  readonly ratio: number;
}

/** The outcome of a race. */
export interface RaceResult {
  readonly form: HashcatForm;
  readonly rows: readonly RaceRow[];
  /** Median of candidates a second. */
  readonly hashcatPerSecond: number;
}

/**
 * Lets all search in turns, with hashcat at the end of each round.
 *
 * @param challenge too long to be searched to its end
 * @throws {WeftError} if hashcat does not do what it is asked for
 */
export async function raceHashcat(
  racers: readonly Racer[],
  hashcat: Pick<Hashcat, "speed">,
  challenge: Challenge,
  rounds: number,
  nowMs: NowMs,
): Promise<RaceResult> {
  const target = absentTarget(challenge);
  const form = await fasterForm(hashcat, challenge);
  const ours: number[][] = racers.map(() => []);
  const theirs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const [index, { solver }] of racers.entries()) {
      ours[index].push(await searchRate(solver, challenge, nowMs));
    }
    theirs.push(await hashcat.speed(form, target, challenge));
  }
  return {
    form,
    hashcatPerSecond: median(theirs),
    rows: racers.map(({ variant }, index) => ({
      variant,
      perSecond: median(ours[index]),
      ratio: median(ours[index].map((rate, round) => rate / theirs[round])),
    })),
  };
}

/** Candidates a second as of the last slice: what is on its way at the end does not count. */
async function searchRate(
  solver: Racer["solver"],
  challenge: Challenge,
  nowMs: NowMs,
): Promise<number> {
  let perSecond = NaN;
  await solver.solve({
    target: absentTarget(challenge),
    keyspace: challenge.keyspace,
    deadlineMs: nowMs() + RACE_MS,
    onProgress: ({ rate }) => perSecond = rate,
  });
  return perSecond;
}

/** Tries each form once, which builds hashcat's kernels too. */
async function fasterForm(
  hashcat: Pick<Hashcat, "speed">,
  challenge: Challenge,
): Promise<HashcatForm> {
  const target = absentTarget(challenge);
  let best: { form: HashcatForm; speed: number } | undefined;
  for (const form of FORMS) {
    const speed = await hashcat.speed(form, target, challenge);
    if (!best || speed > best.speed) best = { form, speed };
  }
  return best?.form ?? "benchmark";
}

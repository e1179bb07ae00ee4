/**
 * The same challenges to two axons that differ in who searches: our solver, or hashcat.
 *
 * @module
 */

import { newChallenge } from "../../../core/compute/challenge/challenge_generation.ts";
import { WeftError } from "../../../core/errors.ts";
import { processClock, processRandomBytes } from "../../../headless/deno_host.ts";
import { median } from "../../../core/bench/timing.ts";
import { absentChallenge, type Asked, type Validator } from "./validators.ts";

/** hashcat is waited for; our miner keeps to the network's own limit, which is less. */
const TIMEOUT_S = 110;
/** The network's easiest challenge, and what must be gained at it. */
const EASIEST = { difficulty: 7, leastRatio: 20 };
const LEAST_COUNT = 2;
const MOST_COUNT = 30;

/** Two ports of one miner. */
export interface Ports {
  readonly weft: number;
  readonly hashcat: number;
}

/** What is searched: a password that lies anywhere, or none, for which all candidates are tried. */
export type Search = "found" | "exhausted";

/** Challenges of one difficulty, in milliseconds as the validator sees it. */
export interface RaceRow {
  readonly difficulty: number;
  readonly search: Search;
  readonly count: number;
  readonly weftMs: number;
  readonly hashcatMs: number;
  /** Median over the challenges of hashcat's time by ours. */
  readonly ratio: number;
}

/**
 * Gives both the same challenges, alternately, until the time is over.
 *
 * @throws {WeftError} if an answer is not the right one
 */
export async function raceChallenges(
  ports: Ports,
  validator: Validator,
  { difficulty, search, seconds }: {
    readonly difficulty: number;
    readonly search: Search;
    readonly seconds: number;
  },
): Promise<RaceRow> {
  const endMs = processClock.nowMs() + 1000 * seconds;
  const times: { readonly weftMs: number; readonly hashcatMs: number }[] = [];
  while (
    times.length < LEAST_COUNT || processClock.nowMs() < endMs && times.length < MOST_COUNT
  ) {
    const question = search === "found"
      ? newChallenge(difficulty, processRandomBytes).synapse
      : absentChallenge(difficulty, processRandomBytes);
    const took = (port: number): Promise<number> => solved(port, validator, question, search);
    const weftFirst = times.length % 2 === 0;
    const early = weftFirst ? await took(ports.weft) : undefined;
    const hashcatMs = await took(ports.hashcat);
    times.push({ weftMs: early ?? await took(ports.weft), hashcatMs });
  }
  return { difficulty, search, count: times.length, ...mediansOf(times) };
}

/** Whether hashcat takes longer everywhere, and so many times as long where latency counts most. */
export function isFaster(rows: readonly RaceRow[]): boolean {
  return rows.every(({ difficulty, search, ratio }) =>
    ratio >= (difficulty === EASIEST.difficulty && search === "found" ? EASIEST.leastRatio : 1)
  );
}

/** Medians of both times, and of their ratio. */
export function mediansOf(
  times: readonly { readonly weftMs: number; readonly hashcatMs: number }[],
): Pick<RaceRow, "weftMs" | "hashcatMs" | "ratio"> {
  return {
    weftMs: median(times.map(({ weftMs }) => weftMs)),
    hashcatMs: median(times.map(({ hashcatMs }) => hashcatMs)),
    ratio: median(times.map(({ weftMs, hashcatMs }) => hashcatMs / weftMs)),
  };
}

/** How long an answer took. @throws {WeftError} if it is not the right one */
async function solved(
  port: number,
  validator: Validator,
  question: Asked,
  search: Search,
): Promise<number> {
  const { verdict, roundTripMs, reason } = await validator.ask(port, question, TIMEOUT_S);
  const isRight = search === "found"
    ? verdict === "right"
    : verdict === "gave up" && /failed with code 1/.test(reason);
  if (isRight) return roundTripMs;
  throw new WeftError(
    `challenge ${question.fields.challenge_hash} was ${verdict}, expected it ${search}: ${reason}`,
  );
}

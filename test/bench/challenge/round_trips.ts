/**
 * Challenges one after another while training runs, and many at once.
 *
 * @module
 */

import { newChallenge } from "../../../core/compute/challenge/challenge_generation.ts";
import { CHALLENGE_TIMEOUT_S } from "../../../core/compute/challenge/challenge_miner.ts";
import { processClock, processRandomBytes } from "../../../headless/deno_host.ts";
import type { MinerLink } from "./miner_link.ts";
import { type Parts, partsOf, slicesPerSecond } from "./statistics.ts";
import type { Outcome, Validator } from "./validators.ts";

/** Both processes have compiled what they need by then. */
const WARMUP = 5;
/** Between two challenges training gets its turn, in milliseconds at most. */
const MOST_PAUSE_MS = 100;
/** How long undisturbed training is watched. */
const UNDISTURBED_MS = 5_000;

/** Challenges that were asked one after another. */
export interface RoundTrips extends Parts {
  readonly difficulty: number;
  readonly outcomes: readonly Outcome[];
  /** Slices of training a second, without challenges and between them. */
  readonly undisturbed: number;
  readonly meanwhile: number;
}

/** Asks so many challenges of a difficulty. */
export async function askInTurn(
  link: MinerLink,
  { port, validator }: { readonly port: number; readonly validator: Validator },
  { difficulty, count }: { readonly difficulty: number; readonly count: number },
  onAsked: (count: number) => void,
): Promise<RoundTrips> {
  const ask = (): Promise<Outcome> => {
    const { synapse } = newChallenge(difficulty, processRandomBytes);
    return validator.ask(port, synapse, CHALLENGE_TIMEOUT_S);
  };
  for (let left = WARMUP; left > 0; left--) await ask();
  const calm = await link.progress();
  await processClock.sleep(UNDISTURBED_MS);
  const start = await link.progress();
  const told = link.answered.length;
  const outcomes: Outcome[] = [];
  for (let at = 0; at < count; at++) {
    outcomes.push(await ask());
    onAsked(at + 1);
    await processClock.sleep(Math.random() * MOST_PAUSE_MS);
  }
  const end = await link.progress();
  return {
    ...partsOf(outcomes, link.answered.slice(told)),
    ...{ difficulty, outcomes },
    undisturbed: slicesPerSecond(calm, start),
    meanwhile: slicesPerSecond(start, end),
  };
}

/** Challenges that came at once. */
export interface Burst {
  readonly difficulty: number;
  readonly timeoutS: number;
  readonly outcomes: readonly Outcome[];
}

/** Lets all validators challenge at the same moment, some times. */
export async function askAtOnce(
  port: number,
  validators: readonly Validator[],
  { difficulty, timeoutS, rounds }: {
    readonly difficulty: number;
    readonly timeoutS: number;
    readonly rounds: number;
  },
): Promise<Burst> {
  const outcomes: Outcome[] = [];
  for (let left = rounds; left > 0; left--) {
    const asking = validators.map((validator) => {
      const { synapse } = newChallenge(difficulty, processRandomBytes);
      return validator.ask(port, synapse, timeoutS);
    });
    outcomes.push(...await Promise.all(asking));
    await processClock.sleep(MOST_PAUSE_MS);
  }
  return { difficulty, timeoutS, outcomes };
}

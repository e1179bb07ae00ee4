/**
 * What challenges cost training: windows without and with them take turns.
 *
 * @module
 */

import { WeftError } from "../../../core/errors.ts";
import { processClock, processRandomBytes } from "../../../headless/deno_host.ts";
import type { MinerLink } from "./miner_link.ts";
import { slicesPerSecond } from "./statistics.ts";
import { absentChallenge, type Validator } from "./validators.ts";

/** A challenge comes so often. */
const PERIOD_MS = 30_000;
/** In the middle of its period, so that windows that take turns do not share it. */
const BEFORE_MS = 10_000;
/** The miner answers a quarter of a second before the deadline: it searches for a second. */
const TIMEOUT_S = 1.25;
/** More candidates than a second's. */
const ENDLESS_DIFFICULTY = 12;
/** What is left of training where a challenge of a second comes every half a minute. */
export const FAIR_SHARE = 29 / 30;
/** How far below its share training may come. */
export const MOST_LOSS = 0.05;

/** Slices of training a second in two windows, one after the other. */
export interface Windows {
  readonly undisturbed: number;
  readonly disturbed: number;
}

/**
 * A window without challenges and one with them, each so many periods long.
 *
 * @throws {WeftError} if a challenge is not searched for until its deadline
 */
export async function watchTraining(
  link: MinerLink,
  { port, validator }: { readonly port: number; readonly validator: Validator },
  periods: number,
): Promise<Windows> {
  const first = await link.progress();
  await processClock.sleep(periods * PERIOD_MS);
  const middle = await link.progress();
  for (let left = periods; left > 0; left--) {
    const startMs = processClock.nowMs();
    await processClock.sleep(BEFORE_MS);
    const question = absentChallenge(ENDLESS_DIFFICULTY, processRandomBytes);
    const { verdict, reason } = await validator.ask(port, question, TIMEOUT_S);
    if (verdict !== "gave up") {
      throw new WeftError(`a challenge of a second was ${verdict}: ${reason}`);
    }
    await processClock.sleep(startMs + PERIOD_MS - processClock.nowMs());
  }
  const last = await link.progress();
  return {
    undisturbed: slicesPerSecond(first, middle),
    disturbed: slicesPerSecond(middle, last),
  };
}

/** Share of training's rate that challenges leave, in each pair of windows. */
export function sharesOf(windows: readonly Windows[]): number[] {
  return windows.map(({ undisturbed, disturbed }) => disturbed / undisturbed);
}

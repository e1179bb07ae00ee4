/**
 * A round of challenges: each miner gets one of its own difficulty, and its answer is checked.
 *
 * Source: neuralinternet/compute-subnet v1.5.3, `execute_pow_request` of `neurons/validator.py`.
 *
 * @module
 */

import type { Clock, RandomBytes, WallClock } from "../../host.ts";
import { isSolved, newChallenge } from "../challenge/challenge_generation.ts";
import { CHALLENGE_TIMEOUT_S } from "../challenge/challenge_miner.ts";
import { type Dendrite, isSuccess } from "../dendrite.ts";
import type { ChallengeRow } from "./challenge_book.ts";
import type { MinerTarget } from "./targets.ts";

/** What a round works with. */
export interface RoundOptions {
  readonly dendrite: Pick<Dendrite, "call">;
  readonly clock: Clock;
  readonly wallClock: WallClock;
  readonly randomBytes: RandomBytes;
  /** Miners that are asked at once. */
  readonly batchSize: number;
}

/** How one miner did. */
export interface RoundResult extends ChallengeRow {
  /** What the miner or the way to it says of a failure; empty for a success. */
  readonly reason: string;
}

/** Gives each miner a challenge and tells how it did, as soon as it is known. */
export async function* challengeRound(
  targets: readonly MinerTarget[],
  difficultyOf: (target: MinerTarget) => Promise<number>,
  options: RoundOptions,
  signal: AbortSignal,
): AsyncGenerator<RoundResult, void> {
  for (let at = 0; at < targets.length && !signal.aborted; at += options.batchSize) {
    const pending = new Map(
      targets.slice(at, at + options.batchSize).map((target) => {
        const work = difficultyOf(target).then((difficulty) =>
          challengeOne(target, difficulty, options, signal)
        );
        return [target, work.then((result) => ({ target, result }))];
      }),
    );
    while (pending.size > 0) {
      const { target, result } = await Promise.race(pending.values());
      pending.delete(target);
      if (!signal.aborted) yield result;
    }
  }
}

async function challengeOne(
  target: MinerTarget,
  difficulty: number,
  { dendrite, clock, wallClock, randomBytes }: RoundOptions,
  signal: AbortSignal,
): Promise<RoundResult> {
  const { synapse } = newChallenge(difficulty, randomBytes);
  const startMs = clock.nowMs();
  const answer = await dendrite.call(target, synapse, { timeoutS: CHALLENGE_TIMEOUT_S, signal });
  const elapsedS = (clock.nowMs() - startMs) / 1000;
  const { output } = answer.fields;
  // What the miner sends back of the question is not looked at.
  const success = isSuccess(answer) && isSolved(synapse.fields, output);
  return {
    ...{ uid: target.uid, hotkey: target.hotkey, success, elapsedS, difficulty },
    unixMs: wallClock.unixMs(),
    reason: success ? "" : reasonOf(answer.dendrite.statusMessage, output.error),
  };
}

function reasonOf(status: string | null, error: unknown): string {
  if (typeof error === "string") return oneLine(error);
  return status === null || status === "Success" ? "the password is none" : oneLine(status);
}

const MAX_REASON_LETTERS = 200;

/** A miner may write what it likes: a terminal is to see one short line. */
function oneLine(text: string): string {
  return text.slice(0, MAX_REASON_LETTERS).replaceAll(/[\s\p{C}]+/gu, " ");
}

/**
 * The compute network beside a run on this machine: its miner answers challenges between two slices
 * of training, and what comes of them is kept in the run folder.
 *
 * @module
 */

import { join } from "node:path";
import type { RoundResult } from "../../core/compute/validator/challenge_round.ts";
import { publishedJudge } from "../../core/compute/validator/published_judge.ts";
import { Engines } from "../../core/hash/engines.ts";
import { Solver } from "../../core/hash/solver.ts";
import type { Host } from "../../core/host.ts";
import type { GpuTurns } from "../../core/node/gpu_turns.ts";
import { LocalCompute } from "../../core/node/local_compute.ts";
import { processWallClock } from "../deno_host.ts";
import { localPlace } from "../local_swarm.ts";
import { readMachineSpecs } from "../machine_specs.ts";
import { SqliteComputeBook } from "../sqlite_compute_book.ts";

const LOG_NAME = "challenges.jsonl";
const BOOK_NAME = "challenges.db";
/** The last formula by which the network has scored challenges. */
const SCORE = "1.5.3";

/** One answer, as it is shown and kept. */
export interface ChallengeEvent {
  readonly kind: "challenge";
  readonly difficulty: number;
  readonly success: boolean;
  /** From the question to the answer, in seconds. */
  readonly elapsedS: number;
  /** The miner's score with it, from 0 to 1. */
  readonly score: number;
  /** Why it failed; empty for a success. */
  readonly reason: string;
}

/** Where challenges are kept, and who hears of them. */
export interface LocalChallengesOptions {
  readonly runDir: string;
  readonly host: Host;
  readonly turns: GpuTurns;
  readonly onChallenge: (event: ChallengeEvent) => void;
}

/** Challenges that run beside something else until they are ended. */
export interface LocalChallenges {
  /** Resolves after the signal given at the start, when all is closed; never rejects. */
  readonly done: Promise<void>;
}

/** Begins. @throws {WeftError} if no port can be had, or the folder cannot be written */
export async function startLocalChallenges(
  { runDir, host, turns, onChallenge }: LocalChallengesOptions,
  signal: AbortSignal,
): Promise<LocalChallenges> {
  await using opening = new AsyncDisposableStack();
  const book = new SqliteComputeBook(join(runDir, BOOK_NAME));
  opening.defer(() => book.close());
  const engines = new Engines(host);
  const solver = new Solver(host, engines);
  opening.defer(() => solver.close());
  const show = (result: RoundResult & { readonly score: number }): void => {
    const { difficulty, success, elapsedS, score, reason } = result;
    const event = { kind: "challenge", difficulty, success, elapsedS, score, reason } as const;
    onChallenge(event);
    host.storage.appendRecord(LOG_NAME, event).catch((error: unknown) => {
      host.log.warn(`a challenge could not be written down: ${error}`);
    });
  };
  const compute = await LocalCompute.open({
    place: localPlace(join(runDir, "store"), host.log),
    ...{ solver, turns, book, judge: publishedJudge(SCORE, processWallClock), onResult: show },
    specs: () => readMachineSpecs({ adapter: undefined, rates: {}, dir: runDir, hasDocker: false }),
  });
  opening.defer(() => compute.close());
  const opened = opening.move();
  const run = async (): Promise<void> => {
    await using _ = opened;
    // Compiled before the first challenge comes: its time counts.
    await solver.warmUp("blake2b");
    await compute.run(signal);
  };
  const done = run().catch((error: unknown) => {
    // Training goes on without them.
    const reason = error instanceof Error ? error.message : error;
    if (!signal.aborted) host.log.warn(`there are no more challenges: ${reason}`);
  });
  return { done };
}

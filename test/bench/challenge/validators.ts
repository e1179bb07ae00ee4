/**
 * Validators that challenge a miner and look at what comes back as the published one does.
 *
 * @module
 */

import { bytesToHex } from "@noble/hashes/utils.js";
import { isSolved, newChallenge } from "../../../core/compute/challenge/challenge_generation.ts";
import type { ChallengeFields } from "../../../core/compute/challenge/challenge_task.ts";
import { Dendrite } from "../../../core/compute/dendrite.ts";
import type { Synapse } from "../../../core/compute/synapse/synapse.ts";
import type { CHALLENGE } from "../../../core/compute/synapse/synapses.ts";
import { hashOf } from "../../../core/hash/hash_target.ts";
import { hashMode } from "../../../core/hash/modes.ts";
import type { Http, Log, RandomBytes } from "../../../core/host.ts";
import { Keypair } from "../../../core/wallet/keypair.ts";
import { processClock, processRandomBytes, processWallClock } from "../../../headless/deno_host.ts";

/** The miner's hotkey. */
export const MINER_URI = "//Bob";
const UTF8 = new TextEncoder();
/** Of no challenge's alphabet. */
const OUTSIDE_CHARACTER = "~";

/** A challenge as it is sent. */
export type Asked = Synapse<typeof CHALLENGE>;

/**
 * What came of a challenge: the password, another one, word that none was found, nothing before the
 * deadline, or no answer at all.
 */
export type Verdict = "right" | "wrong" | "gave up" | "late" | "unanswered";

/** One challenge, as its validator has seen it. */
export interface Outcome {
  readonly verdict: Verdict;
  /** From before it was signed until the answer was read. */
  readonly roundTripMs: number;
  /** What the miner says of a failure. */
  readonly reason: string;
}

/** Judges an answer. */
export function verdictOf(
  question: ChallengeFields,
  answer: {
    readonly statusCode: number | null;
    readonly output: ChallengeFields["output"];
    readonly roundTripMs: number;
    readonly timeoutMs: number;
  },
): Verdict {
  if (answer.statusCode === 408 || answer.roundTripMs > answer.timeoutMs) return "late";
  if (answer.statusCode !== 200) return "unanswered";
  if (isSolved(question, answer.output)) return "right";
  return typeof answer.output.password === "string" ? "wrong" : "gave up";
}

/** A validator with a key of its own, which asks one thing after another. */
export class Validator {
  readonly hotkey: string;
  readonly #dendrite: Dendrite;

  constructor(index: number, http: Http, log: Log) {
    const signer = Keypair.fromUri(`//validator${index}`);
    this.hotkey = signer.address;
    this.#dendrite = new Dendrite({
      ...{ signer, http, log, clock: processClock, wallClock: processWallClock },
      randomBytes: processRandomBytes,
    });
  }

  /** Challenges the miner on a port of the loopback interface. */
  async ask(port: number, question: Asked, timeoutS: number): Promise<Outcome> {
    const target = { ip: "127.0.0.1", port, hotkey: Keypair.fromUri(MINER_URI).address };
    const startMs = processClock.nowMs();
    const answer = await this.#dendrite.call(target, question, { timeoutS });
    const roundTripMs = processClock.nowMs() - startMs;
    const { statusCode, statusMessage } = answer.dendrite;
    const { output } = answer.fields;
    return {
      verdict: verdictOf(question.fields, {
        ...{ statusCode, output, roundTripMs, timeoutMs: 1000 * timeoutS },
      }),
      roundTripMs,
      reason: typeof output.error === "string" ? output.error : statusMessage ?? "",
    };
  }
}

/** A challenge without an answer: all candidates are tried, or as many as the time allows. */
export function absentChallenge(difficulty: number, randomBytes: RandomBytes): Asked {
  const { synapse } = newChallenge(difficulty, randomBytes);
  const password = UTF8.encode(OUTSIDE_CHARACTER.repeat(difficulty));
  const digest = hashOf(hashMode(610), password, UTF8.encode(synapse.fields.challenge_salt));
  const challenge_hash = `$BLAKE2$${bytesToHex(digest)}`;
  return { ...synapse, fields: { ...synapse.fields, challenge_hash } };
}

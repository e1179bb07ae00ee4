/**
 * Follows a signed call until the chain has it for good, or can never take it any more. Whatever
 * happens on the way (a cut connection, a full pool, a reorganised chain), it is the same bytes that
 * are handed in again, and the nonce in them lets them count once. Nothing is ever signed here.
 *
 * Statuses of the node are only hints when to look; what counts is in which block the call stands.
 *
 * @module
 */

import { WeftError } from "../../errors.ts";
import type { Clock, Log } from "../../host.ts";
import { type CallOptions, UnknownOutcomeError } from "../receipt.ts";
import { BlockSearch, type Sight } from "./block_search.ts";
import type { PoolRefusal } from "./pool_refusal.ts";
import { ForeignChainError } from "./rpc_client.ts";
import { StatusQueue } from "./status_queue.ts";
import type { BlockRef, CallStatus, Inclusion, SignedCall, SubmissionNode } from "./submission.ts";

/** How a call is followed. */
export interface FollowSettings extends CallOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** What is submitted, for messages: `the transfer`. */
  readonly label: string;
  /**
   * Whether doing it again later does no harm. Then a node that refuses it the second time ends the
   * wait; otherwise only the end of its mortality does, for another node may still hold it.
   */
  readonly isHarmless: boolean;
}

/** A pool did not take a call, which was therefore not executed. */
export class CallRefused extends Error {
  override name = "CallRefused";

  constructor(readonly refusal: PoolRefusal) {
    super(refusal.text);
  }
}

/** After news, look again so soon, for a node may tell of a block before it shows it ... */
const FIRST_SILENCE_MS = 500;
/** ... then after twice the time each, up to this. */
const LAST_SILENCE_MS = 12_000;
/** Between two looks where nothing follows the call, and before a node is asked again. */
const PAUSE_MS = 3_000;
/** A node that has not answered for so long is given up. */
const AWAY_MS = 300_000;
/** Twice what 128 blocks take: a chain that has not outlived the call by then stands still. */
const PATIENCE_MS = 3_600_000;

/**
 * Hands a call in and follows it into a block, or until that block is final.
 *
 * @throws {CallRefused} if the pool refused it before anyone can have held it
 * @throws {WeftError} if it was not executed and never will be
 * @throws {UnknownOutcomeError} if the node stayed away, so that nobody can tell
 */
export async function followCall(
  call: SignedCall,
  node: SubmissionNode,
  settings: FollowSettings,
): Promise<Inclusion> {
  return await new Follower(call, node, settings).run();
}

class Follower {
  readonly #call: SignedCall;
  readonly #node: SubmissionNode;
  readonly #settings: FollowSettings;
  readonly #search: BlockSearch;
  /** What the node says; undefined while it does not follow the call. */
  #watch: { readonly statuses: StatusQueue; readonly stop: () => void } | undefined;
  /** Whether some node may hold the call. */
  #mayBeHeld = false;
  #wasHandedIn = false;
  #lastRefusal: PoolRefusal | undefined;
  #lastAnswerMs: number;
  #silenceMs = LAST_SILENCE_MS;
  /** The block of the last `inBlock`. */
  #announced: BlockRef | undefined;
  /** The one error that ends the search; all others mean that there was no answer. */
  #verdict: Error | undefined;

  constructor(call: SignedCall, node: SubmissionNode, settings: FollowSettings) {
    this.#call = call;
    this.#node = node;
    this.#settings = settings;
    this.#search = new BlockSearch(call, node);
    this.#lastAnswerMs = settings.clock.nowMs();
  }

  async run(): Promise<Inclusion> {
    const { clock } = this.#settings;
    const endMs = clock.nowMs() + PATIENCE_MS;
    try {
      while (clock.nowMs() < endMs) {
        const inclusion = await this.#round();
        if (inclusion !== undefined) return inclusion;
      }
    } finally {
      this.#unwatch();
    }
    throw this.#unknown(
      this.#announced === undefined
        ? "the chain stands still"
        : `it was in block ${this.#announced.number}, which does not become final`,
    );
  }

  /** Looks once, hands the call in (again) if it is nowhere, and waits for news. */
  async #round(): Promise<Inclusion | undefined> {
    try {
      const sight = this.#wasHandedIn ? await this.#look() : undefined;
      if (sight !== undefined && this.#isFarEnough(sight)) return sight.inclusion;
      if (sight === undefined && this.#watch === undefined) await this.#handIn();
      this.#lastAnswerMs = this.#settings.clock.nowMs();
      await this.#news();
    } catch (error) {
      if (error === this.#verdict) throw error;
      await this.#reconnect(error);
    }
    return undefined;
  }

  /**
   * Where the call is now, or undefined.
   *
   * @throws {WeftError} if no block can take the call any more, and none has
   */
  async #look(): Promise<Sight | undefined> {
    // Read before looking, so that the look covers all that is final here.
    const final = await this.#node.finalizedHead();
    const sight = await this.#search.look(final);
    if (sight.inclusion !== undefined) return sight;
    if (sight.isFinal) await this.#checkStillPossible(final);
    return undefined;
  }

  #isFarEnough({ inclusion, isFinal }: Sight): boolean {
    const { onProgress, waitFor = "finalized" } = this.#settings;
    if (this.#announced?.hash !== inclusion?.hash) onProgress?.("inBlock");
    this.#announced = inclusion;
    if (waitFor === "inBlock") return true;
    if (isFinal) onProgress?.("finalized");
    return isFinal;
  }

  async #handIn(): Promise<void> {
    const { clock, log, label, isHarmless, onProgress } = this.#settings;
    const statuses = new StatusQueue(clock);
    const couldBeHeld = this.#mayBeHeld;
    // If there is no answer, the bytes may still have arrived.
    this.#mayBeHeld = this.#wasHandedIn = true;
    const answer = await this.#node.handIn(this.#call.bytes, (status) => statuses.push(status));
    if ("stop" in answer) {
      this.#watch = { statuses, stop: answer.stop };
      onProgress?.("submitted");
      return;
    }
    const { refusal } = answer;
    log.debug(`${label}: ${this.#call.hash} was refused (${refusal.text})`);
    this.#mayBeHeld = couldBeHeld || refusal.isKnown;
    this.#lastRefusal = refusal;
    const isAgainstIt = refusal.kind !== "passing" && refusal.kind !== "stale";
    if (isAgainstIt && (!couldBeHeld || isHarmless)) throw this.#end(new CallRefused(refusal));
  }

  /** Waits until there is a reason to look. */
  async #news(): Promise<void> {
    const { clock, log, label } = this.#settings;
    if (this.#watch === undefined) return await clock.sleep(PAUSE_MS);
    let status: CallStatus | undefined;
    do {
      status = await this.#watch.statuses.next(this.#silenceMs);
    } while (status === "waiting");
    this.#silenceMs = status === undefined
      ? Math.min(2 * this.#silenceMs, LAST_SILENCE_MS)
      : FIRST_SILENCE_MS;
    switch (status) {
      case "lost":
        throw new Error("the connection was cut");
      case "dropped":
      case "invalid":
      case "usurped":
      case "finalityTimeout":
        log.debug(`${label}: the node says "${status}"`);
        this.#unwatch();
    }
  }

  /** @throws {WeftError} if no block can take the call any more, and none has */
  async #checkStillPossible(final: BlockRef): Promise<void> {
    const { label } = this.#settings;
    const { address, deathBlock } = this.#call;
    const safe = "it was not executed, and it is safe to repeat it";
    if (await this.#node.nonceAt(final.hash, address) > this.#call.nonce) {
      throw this.#end(
        new WeftError(`another call of ${address} took the place of ${label}: ${safe}`),
      );
    }
    if (final.number < deathBlock - 1) return;
    const refusal = this.#lastRefusal === undefined ? "" : ` (last: ${this.#lastRefusal.text})`;
    throw this.#end(
      new WeftError(
        `the chain took ${label} into none of the blocks up to ${deathBlock - 1}, after which it ` +
          `is not valid any more${refusal}: ${safe}`,
      ),
    );
  }

  /** @throws {UnknownOutcomeError} if the node has been away for long, or has given way to another */
  async #reconnect(cause: unknown): Promise<void> {
    const { clock, log, label, onProgress } = this.#settings;
    const why = cause instanceof Error ? cause.message : String(cause);
    this.#unwatch();
    const isGone = clock.nowMs() - this.#lastAnswerMs > AWAY_MS;
    if (isGone || cause instanceof ForeignChainError) throw this.#unknown(why, cause);
    log.debug(`${label}: no answer from the node (${why})`);
    onProgress?.("reconnecting");
    await clock.sleep(PAUSE_MS);
    // If it stays away for now, the next question will tell.
    await this.#node.ready().catch(() => {});
  }

  #unwatch(): void {
    this.#watch?.stop();
    this.#watch = undefined;
  }

  #end(error: Error): Error {
    this.#verdict = error;
    return error;
  }

  #unknown(why: string, cause?: unknown): UnknownOutcomeError {
    const { hash, birthBlock, deathBlock } = this.#call;
    return new UnknownOutcomeError(
      `${this.#settings.label} was sent, and whether it was executed is not known: ${why}. ` +
        `Before repeating it, look for ${hash} in blocks ${birthBlock + 1} to ${deathBlock - 1}`,
      hash,
      birthBlock,
      { cause },
    );
  }
}

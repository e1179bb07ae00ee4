/**
 * The next piece of work: asked for, downloaded and looked at, so that the stage can begin at once.
 *
 * Source: macrocosm-os/iota @ 56aee24, `step` and `forward` of `miner/miner.py`.
 *
 * @module
 */

import { UsageError, WeftError } from "../../errors.ts";
import type { HostTensor } from "../../formats/dtype.ts";
import { RefusedError, WrongPhaseError } from "../api/client.ts";
import type { Activation } from "../api/schemas.ts";
import { uuid4 } from "../../formats/uuid.ts";
import { ActivationTransfer } from "./activation_transfer.ts";
import { consequenceOf } from "./consequences.ts";
import { type MinerContext, pause } from "./miner_context.ts";
import type { Seat } from "./seat.ts";

/** A batch and what is to be done with it. */
export type Job =
  /** Layer 0: a batch of its own, whose tokens the orchestrator has. */
  | { readonly kind: "tokens"; readonly uid: string; readonly tokens: HostTensor }
  | { readonly kind: "forward"; readonly uid: string; readonly activation: HostTensor }
  /** Last layer: forward, loss and backward. */
  | {
    readonly kind: "loss";
    readonly uid: string;
    readonly activation: HostTensor;
    readonly tokens: HostTensor;
  }
  | { readonly kind: "backward"; readonly uid: string; readonly gradient: HostTensor };

/** Resolves when nothing is left to report. */
export type Reported = () => Promise<void>;

/** Before who refused without a reason that passes is asked again. */
const REFUSED_PAUSE_MS = 10_000;

/** See the module. */
export class WorkSource {
  readonly #transfer: ActivationTransfer;
  readonly #context: MinerContext;
  /** Tokens that the orchestrator did not take; they are the next ones. */
  #tokens: HostTensor | undefined;

  constructor(readonly seat: Seat) {
    this.#context = seat.context;
    this.#transfer = new ActivationTransfer(seat.context);
  }

  /**
   * Waits for the next piece of work. What is no good is passed over; the orchestrator hands it out
   * anew some time later.
   *
   * @param reported resolves when the orchestrator knows of all that was done
   * @throws {WrongPhaseError} if the layer does not train
   * @throws {WeftError} for any other failure that concerns more than one piece of work
   */
  async next(reported: Reported, signal: AbortSignal): Promise<Job> {
    for (;;) {
      this.seat.cache.dropStale();
      try {
        const work = await this.#ask(signal);
        const job = work && await this.#take(work, reported, signal);
        if (job) return job;
      } catch (error) {
        await this.#passOver(error, signal);
      }
    }
  }

  /** Undefined if there is nothing to do, after a pause. */
  async #ask(signal: AbortSignal): Promise<Activation | undefined> {
    const { client, clock, longPollMs, pollMs } = this.#context;
    const askedMs = clock.nowMs();
    const waitMs = longPollMs > 0 ? { waitMs: longPollMs } : {};
    const beginsNone = this.seat.holdsBatches;
    const work = await client.ask("randomActivation", {}, { ...waitMs, beginsNone, signal });
    const canBegin = this.seat.layer === 0 && work.reason !== "out_of_cache" && !beginsNone;
    if (work.direction !== null || canBegin) return work;
    // A server that does not hold its answers back must not be asked without a pause.
    const isHeldBack = longPollMs > 0 && clock.nowMs() - askedMs >= longPollMs / 2;
    if (!isHeldBack) await pause(this.#context, longPollMs > 0 ? pollMs : 2 * pollMs, signal);
    return undefined;
  }

  async #take(
    work: Activation,
    reported: Reported,
    signal: AbortSignal,
  ): Promise<Job | undefined> {
    const { activation_uid: uid, activation_path: path, direction } = work;
    if (direction === null) return await this.#begin(reported, signal);
    if (uid === null || path === null) {
      throw new WeftError("work without its uid or path was given");
    }
    const { cache, isLast } = this.seat;
    if (direction === "backward") {
      if (!cache.has(uid)) throw new WeftError(`a gradient of ${uid} was given, which is unknown`);
      const gradient = await this.#transfer.fetch(path, signal);
      // It may have been dropped while its gradient was on its way.
      return cache.has(uid) ? { kind: "backward", uid, gradient } : undefined;
    }
    if (direction !== "forward") throw new WeftError(`work in direction ${direction} was given`);
    if (isLast) return await this.#loss(uid, path, work.initial_activation_path, signal);
    if (!cache.has(uid) && !await this.#hasRoom(reported, signal)) {
      throw new WeftError(`there is no room for activation ${uid}`);
    }
    return { kind: "forward", uid, activation: await this.#transfer.fetch(path, signal) };
  }

  async #loss(
    uid: string,
    path: string,
    tokensPath: string | null,
    signal: AbortSignal,
  ): Promise<Job> {
    if (tokensPath === null) throw new WeftError(`activation ${uid} came without its tokens`);
    const [activation, tokens] = await Promise.all([
      this.#transfer.fetch(path, signal),
      this.#transfer.fetchTokens(tokensPath, signal),
    ]);
    return { kind: "loss", uid, activation, tokens };
  }

  /** Begins a batch; undefined if there is no room for it, here or there. */
  async #begin(reported: Reported, signal: AbortSignal): Promise<Job | undefined> {
    const { client, nextBatch, randomBytes, log, pollMs } = this.#context;
    if (!nextBatch) throw new UsageError("layer 0 needs texts: give the miner a corpus");
    if (!await this.#hasRoom(reported, signal)) {
      await pause(this.#context, pollMs, signal);
      return undefined;
    }
    const tokens = this.#tokens ??= await nextBatch();
    if (!tokens) return undefined;
    this.#checkTokens(tokens);
    const uid = uuid4(randomBytes);
    const name = { uid, layer: 0, direction: "initial" } as const;
    const path = await this.#transfer.put(name, tokens, signal);
    const body = { status: "initial", activation_uid: uid, activation_path: path } as const;
    try {
      await client.ask("updateStatus", { body }, { signal });
    } catch (error) {
      if (!isRefusal(error) || consequenceOf(error) !== "go on") throw error;
      log.debug(`no batch is begun at present: ${error.message}`);
      await pause(this.#context, pollMs, signal);
      return undefined;
    }
    this.#tokens = undefined;
    return { kind: "tokens", uid, tokens };
  }

  /** @throws {UsageError} for tokens that are not of this model */
  #checkTokens(tokens: HostTensor): void {
    try {
      this.#transfer.checkTokens(tokens);
    } catch (error) {
      if (!(error instanceof WeftError)) throw error;
      throw new UsageError(`the batches do not fit the model: ${error.message}`, { cause: error });
    }
  }

  /** What is reported makes room at the orchestrator, so it is asked only after that. */
  async #hasRoom(reported: Reported, signal: AbortSignal): Promise<boolean> {
    if (!this.seat.cache.isFull) return true;
    await reported();
    return await this.seat.cache.makeRoom(signal);
  }

  /** @throws the error if it concerns more than one piece of work */
  async #passOver(error: unknown, signal: AbortSignal): Promise<void> {
    // Of this route any text means that the layer is not training.
    if (error instanceof WrongPhaseError || consequenceOf(error) !== "go on") throw error;
    if (!(error instanceof WeftError)) throw error;
    this.#context.log.warn(`passed over: ${error.message}`);
    this.#context.onEvent({ kind: "lost", reason: error.message });
    const isRefused = error instanceof RefusedError;
    await pause(this.#context, isRefused ? REFUSED_PAUSE_MS : this.#context.pollMs, signal);
  }
}

function isRefusal(error: unknown): error is RefusedError | WrongPhaseError {
  return error instanceof RefusedError || error instanceof WrongPhaseError;
}

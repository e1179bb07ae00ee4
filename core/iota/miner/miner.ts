/**
 * A miner of subnet 9, from top to bottom.
 *
 * It registers and is told its layer. It loads the layer's stage, with the merged weights if there
 * are any. It takes batches of the layer below, or of its own texts, runs them forward, and passes
 * them on; the last layer makes a loss of them, and gradients come back the same road. When the
 * layer has enough of them, its miners step, merge their weights chunk by chunk, and go on from the
 * result. A miner that is forgotten, or whose orchestrator has begun anew, registers again.
 *
 * Source: macrocosm-os/iota @ 56aee24, `miner/miner.py`.
 *
 * @module
 */

import { WeftError } from "../../errors.ts";
import { RefusedError, WrongPhaseError } from "../api/client.ts";
import type { MinerHealth } from "../api/schemas.ts";
import { ActivationWork } from "./activation_work.ts";
import { compute, consequenceOf } from "./consequences.ts";
import { loadLayerWeights } from "./layer_weights.ts";
import {
  type MinerContext,
  minerContext,
  type MinerOptions,
  type MinerPhase,
  pause,
} from "./miner_context.ts";
import { watchRegistration } from "./registration_watch.ts";
import { Seat } from "./seat.ts";
import { WeightSync } from "./weight_sync.ts";

export type {
  MinerApi,
  MinerEvent,
  MinerOptions,
  MinerPhase,
  MinerUploader,
} from "./miner_context.ts";

/** Before what failed at the orchestrator is tried again. */
const RETRY_MS = 10_000;

/** What a registered miner does next. */
type Next = MinerPhase | "register";

/** See the module. */
export class Miner {
  readonly #context: MinerContext;
  #layer: number | null = null;
  #isRegistered = false;

  constructor(options: MinerOptions) {
    this.#context = minerContext(options);
  }

  /** What the health endpoint answers. */
  health(): MinerHealth {
    const { hotkey, uid, wallClock } = this.#context;
    const timestamp = wallClock.unixMs() / 1000;
    const registered = this.#isRegistered;
    return { status: "healthy", hotkey, layer: this.#layer, uid, registered, timestamp };
  }

  /**
   * Mines until the signal is aborted, whatever orchestrator, store and network do meanwhile.
   *
   * @throws {RefusedError} if the hotkey may not mine
   * @throws {SpecMismatchError} if this Weft is too old or too new
   * @throws {ComputeError} if the stage fails
   * @throws {UsageError} if there are no texts for layer 0, or they do not fit the model
   */
  async run(signal: AbortSignal): Promise<void> {
    try {
      for (;;) {
        const seat = await this.#join(signal);
        await this.#serve(seat, signal);
        this.#isRegistered = false;
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.#isRegistered = false;
    }
  }

  /** Registers and loads the layer's stage, however long it takes. */
  async #join(signal: AbortSignal): Promise<Seat> {
    let seat: Seat | undefined;
    for (;;) {
      try {
        seat ??= await this.#register(signal);
        await loadLayerWeights(seat, signal);
        this.#isRegistered = true;
        return seat;
      } catch (error) {
        const isUnwanted = error instanceof RefusedError && error.status === 403;
        if (!(error instanceof WeftError) || consequenceOf(error) === "give up" || isUnwanted) {
          throw error;
        }
        if (consequenceOf(error) === "register") seat = undefined;
        this.#context.log.warn(`cannot begin yet: ${error.message}`);
        await pause(this.#context, RETRY_MS, signal);
      }
    }
  }

  async #register(signal: AbortSignal): Promise<Seat> {
    const { client, log, onEvent, trainerFor } = this.#context;
    const { layer } = await client.ask("registerMiner", { body: {} }, { signal });
    if (layer === null) throw new WeftError("the orchestrator has no layer for this miner");
    this.#layer = layer;
    log.info(`registered for layer ${layer}`);
    onEvent({ kind: "registered", layer });
    return new Seat(this.#context, layer, await compute(() => trainerFor(layer)));
  }

  /** Trains and merges until the miner must register again. */
  async #serve(seat: Seat, signal: AbortSignal): Promise<void> {
    const stop = new AbortController();
    const stopToo = (): void => stop.abort(signal.reason);
    if (signal.aborted) stopToo();
    signal.addEventListener("abort", stopToo);
    const watch = watchRegistration(this.#context, stop);
    const [work, sync] = [new ActivationWork(seat), new WeightSync(seat)];
    let next: Next = "train";
    let told: MinerPhase | undefined;
    try {
      while (next !== "register") {
        const doing: MinerPhase = next;
        if (doing !== told) this.#context.onEvent({ kind: "phase", phase: doing });
        told = doing;
        try {
          if (doing === "train") await work.run(stop.signal);
          else if (doing === "sync") await sync.run(stop.signal);
          else await this.#waitForAnswer(stop.signal);
          // The orchestrator may have gone on without us.
          next = doing === "wait" ? "sync" : "train";
        } catch (error) {
          next = this.#after(doing, error);
        }
      }
    } finally {
      stop.abort();
      signal.removeEventListener("abort", stopToo);
      await watch;
      seat.cache.clear();
    }
  }

  /** What follows from a failure. @throws the error if nothing can */
  #after(doing: Next, error: unknown): Next {
    const consequence = consequenceOf(error);
    if (!(error instanceof WeftError) || consequence === "give up") throw error;
    const { log } = this.#context;
    if (error instanceof WrongPhaseError) {
      log.debug(error.message);
      // The phase itself is answered in every phase, but who knows what else there may be to refuse.
      return doing === "sync" ? "wait" : "sync";
    }
    log.warn(error.message);
    if (consequence === "register" || consequence === "wait") return consequence;
    return doing === "sync" ? "register" : "sync";
  }

  /** Asks for the orchestrator's health until there is an answer. */
  async #waitForAnswer(signal: AbortSignal): Promise<void> {
    const { client, log } = this.#context;
    for (;;) {
      await pause(this.#context, RETRY_MS, signal);
      try {
        await client.ask("health", {}, { signal });
        return;
      } catch (error) {
        if (!(error instanceof WeftError) || consequenceOf(error) !== "wait") throw error;
        log.warn(`still waiting for the orchestrator: ${error.message}`);
      }
    }
  }
}

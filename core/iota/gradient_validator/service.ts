/**
 * What a gradient validator does on its own: it registers with its orchestrator, again where it has
 * been forgotten, and sets weights on the chain.
 *
 * Source: macrocosm-os/iota @ 56aee24, `weight_loop` of `gradient_validator/gradient_validator.py`.
 *
 * @module
 */

import { WeftError } from "../../errors.ts";
import type { Clock, Log, WallClock } from "../../host.ts";
import { RefusedError, SpecMismatchError } from "../api/client_errors.ts";
import type { MinerScores, ValidatorAddress } from "../api/schemas.ts";
import type { ValidatorEvent } from "./events.ts";
import type { OrchestratorLink } from "./orchestrator_link.ts";
import type { GradientValidator } from "./validator.ts";

/** How often it looks whether the orchestrator is there, and the same; the published interval. */
const CHECK_MS = 100_000;
/** How long it waits for an orchestrator that is not there. */
const RETRY_MS = 30_000;
/** Not asked anything for so long, it must have been forgotten. */
const FORGOTTEN_MS = 1_800_000;

/** Sets weights from scores by uid. @returns the uids that have a weight now */
export type SetWeights = (scores: MinerScores) => Promise<readonly number[]>;

/** What {@linkcode ValidatorService} works with. */
export interface ValidatorServiceOptions {
  readonly validator: GradientValidator;
  readonly client: OrchestratorLink;
  /** Where the validator answers. */
  readonly address: ValidatorAddress;
  readonly clock: Clock;
  readonly wallClock: WallClock;
  readonly log: Log;
  /** Undefined for a swarm without a chain. */
  readonly setWeights: SetWeights | undefined;
  readonly weightsIntervalMs: number;
  readonly onEvent?: (event: ValidatorEvent) => void;
}

/** See the module. */
export class ValidatorService {
  #isRegistered = false;
  #hasBeenRegistered = false;
  #registeredMs = 0;
  #nextWeightsMs = -Infinity;

  constructor(readonly options: ValidatorServiceOptions) {}

  /**
   * Runs until aborted; scores that are left are submitted at the end.
   * @throws {RefusedError} if the orchestrator does not want this validator from the first
   * @throws {SpecMismatchError} if it speaks another version of the protocol
   */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, validator } = this.options;
    try {
      while (!signal.aborted) {
        await this.#turn();
        await clock.sleep(this.#isRegistered ? CHECK_MS : RETRY_MS, signal);
      }
    } finally {
      await validator.close();
    }
  }

  async #turn(): Promise<void> {
    const { client, log } = this.options;
    try {
      if (!this.#isRegistered || this.#seemsForgotten) await this.#register();
      // Also tells whether the orchestrator is still the one of the registration.
      const scores = await client.ask("globalScores", {});
      await this.#setWeightsIfDue(scores);
    } catch (error) {
      if (!(error instanceof WeftError)) throw error;
      if (this.#isFinal(error)) throw error;
      log.warn(`the orchestrator is asked to take this validator again: ${error.message}`);
      this.#isRegistered = false;
    }
  }

  get #seemsForgotten(): boolean {
    const { clock, validator } = this.options;
    return clock.nowMs() - Math.max(this.#registeredMs, validator.lastAskedMs) > FORGOTTEN_MS;
  }

  async #register(): Promise<void> {
    const { client, address, clock, wallClock, onEvent } = this.options;
    const { version } = await client.ask("registerValidator", { query: address });
    this.#isRegistered = true;
    this.#hasBeenRegistered = true;
    this.#registeredMs = clock.nowMs();
    onEvent?.({ kind: "registered", unixMs: wallClock.unixMs(), version });
  }

  /** Whether trying again is of no use. Who was taken once may be taken again. */
  #isFinal(error: WeftError): boolean {
    if (error instanceof SpecMismatchError) return true;
    return error instanceof RefusedError && !this.#hasBeenRegistered;
  }

  async #setWeightsIfDue(scores: MinerScores): Promise<void> {
    const { clock, wallClock, log, setWeights, weightsIntervalMs, onEvent } = this.options;
    if (!setWeights || clock.nowMs() < this.#nextWeightsMs) return;
    this.#nextWeightsMs = clock.nowMs() + weightsIntervalMs;
    if (Object.values(scores).every((score) => score === 0)) {
      log.info("the orchestrator has no scores: the weights on the chain stay as they are");
      return;
    }
    try {
      const uids = await setWeights(scores);
      if (uids.length === 0) return log.info("no miner has earned anything: no weights are set");
      onEvent?.({ kind: "weights set", unixMs: wallClock.unixMs(), uids });
    } catch (error) {
      if (!(error instanceof WeftError)) throw error;
      log.warn(`weights were not set, and will be tried again later: ${error.message}`);
    }
  }
}

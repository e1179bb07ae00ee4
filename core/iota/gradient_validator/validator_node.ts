/**
 * A whole gradient validator but for its listener: what it answers, and what it does on its own.
 *
 * @module
 */

import type { Chain } from "../../chain/chain.ts";
import type { Clock, Http, HttpHandler, Log, RandomBytes, WallClock } from "../../host.ts";
import type { Signer } from "../../wallet/signer.ts";
import { ApiClient } from "../api/client.ts";
import type { ValidatorAddress } from "../api/schemas.ts";
import type { Trainer } from "../miner/trainer.ts";
import type { TrainingSettings } from "../orchestrator/settings.ts";
import { download } from "../transfer/download.ts";
import { chainWeights } from "./chain_weights.ts";
import type { ValidatorEvent } from "./events.ts";
import { ValidatorService } from "./service.ts";
import { GradientValidator } from "./validator.ts";
import { validatorServer } from "./validator_routes.ts";

/** How weights are set on the chain. */
export interface WeightSettings {
  readonly netuid: number;
  /** With N, all but 1/N of the weights goes to the burn uid; 1 burns nothing. */
  readonly burnFactor: number;
  readonly burnUid: number;
  readonly weightsIntervalMs: number;
}

/** What a validator is made of. */
export interface ValidatorNodeOptions {
  readonly orchestratorUrl: string;
  /** Hotkey of the orchestrator, the only one that may ask. */
  readonly orchestratorKey: string;
  /** The validator's hotkey. */
  readonly signer: Signer;
  readonly http: Http;
  readonly clock: Clock;
  readonly wallClock: WallClock;
  readonly randomBytes: RandomBytes;
  readonly log: Log;
  readonly training: TrainingSettings;
  /** As of `ValidatorOptions`. */
  readonly trainerFor: (layer: number) => Promise<Trainer>;
  readonly maxInFlight: number;
  /** Undefined for a swarm without a chain: no weights are set. */
  readonly chain: Chain | undefined;
  readonly weights: WeightSettings;
  /** The uid of a miner. @default what the chain says */
  readonly uidOf?: (hotkey: string) => Promise<number | undefined>;
  readonly onEvent?: (event: ValidatorEvent) => void;
}

/** See the module. */
export class ValidatorNode {
  /** Answers the orchestrator. */
  readonly handler: HttpHandler;
  readonly validator: GradientValidator;
  readonly #client: ApiClient;

  constructor(readonly options: ValidatorNodeOptions) {
    const { http, clock, wallClock, log, randomBytes, signer, orchestratorUrl } = options;
    const { training, trainerFor, maxInFlight, onEvent, orchestratorKey } = options;
    this.#client = new ApiClient({
      ...{ baseUrl: orchestratorUrl, signer, http, clock, wallClock, randomBytes, log },
    });
    this.validator = new GradientValidator({
      ...{ client: this.#client, clock, wallClock, log, training, trainerFor, maxInFlight },
      fetchBytes: (url, limits) => download(http, url, { ...limits, clock, log }),
      uidOf: options.uidOf ?? ((hotkey) => this.#uidOnChain(hotkey)),
      ...onEvent ? { onEvent } : {},
    });
    this.handler = validatorServer(this.validator, { orchestratorKey, clock, wallClock, log });
  }

  /**
   * Registers under an address where `handler` answers, and works until aborted; what is left to be
   * submitted is then. Throws as `ValidatorService.run`.
   */
  async run(address: ValidatorAddress, signal: AbortSignal): Promise<void> {
    const { clock, wallClock, log, chain, signer, weights, onEvent } = this.options;
    const service = new ValidatorService({
      ...{ validator: this.validator, client: this.#client, address, clock, wallClock, log },
      setWeights: chain && chainWeights(chain, signer, weights),
      weightsIntervalMs: weights.weightsIntervalMs,
      ...onEvent ? { onEvent } : {},
    });
    await service.run(signal);
  }

  async #uidOnChain(hotkey: string): Promise<number | undefined> {
    const { chain, weights } = this.options;
    return await chain?.uidOf(weights.netuid, hotkey);
  }
}

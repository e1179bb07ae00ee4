/**
 * A miner of a swarm elsewhere as a node runs it: its stages on the GPU, its texts, and what keeps it
 * going when the device is lost.
 *
 * @module
 */

import type { HostTensor } from "../formats/dtype.ts";
import type { Clock, Http, Log, RandomBytes, WallClock } from "../host.ts";
import { ApiClient } from "../iota/api/client.ts";
import type { MinerHealth } from "../iota/api/schemas.ts";
import { Miner, type MinerEvent } from "../iota/miner/miner.ts";
import { PUBLISHED_SEED, publishedTraining } from "../iota/miner/swarm_options.ts";
import { PUBLISHED_SWARM, type TrainingSettings } from "../iota/orchestrator/settings.ts";
import { Uploader } from "../iota/transfer/upload.ts";
import type { PrecisionName } from "../model/parameters.ts";
import type { Signer } from "../wallet/signer.ts";
import { DeviceWatch } from "./device_watch.ts";
import type { GpuTurns } from "./gpu_turns.ts";
import type { SwarmFacts } from "./swarm_facts.ts";
import { openTexts, type TextSettings, TokenBatches, type TokenRows } from "./texts.ts";
import type { StageFacts, StagesOptions, Trainers } from "./trainers.ts";
import { TurnTakingTrainer } from "./turn_taking_trainer.ts";

/** How long an orchestrator of Weft's holds its answers back, and the pause where it does not. */
const WEFT_PACE = { longPollMs: 15_000, pollMs: 200 };

/** What a miner of a swarm elsewhere trains. */
export interface SwarmTraining {
  readonly training: TrainingSettings;
  readonly precision: PrecisionName;
  /** Decides the weights before the first merge: every miner of a layer begins with the same. */
  readonly seed: number;
}

/** What happens to the node beside what the miner itself does. */
export type DeviceEvent =
  | ({ readonly kind: "stage" } & StageFacts)
  | { readonly kind: "device lost"; readonly reason: string };

/** What a miner is made of. */
export interface SwarmMinerOptions extends SwarmTraining {
  readonly clock: Clock;
  readonly wallClock: WallClock;
  readonly randomBytes: RandomBytes;
  readonly http: Http;
  readonly log: Log;
  /** The orchestrator's, `http://host:port`. */
  readonly url: string;
  /** Whether it is one of Weft's, which holds answers back until there is something to tell. */
  readonly isWeft: boolean;
  readonly signer: Signer;
  /** Undefined where no chain is asked. */
  readonly uid: number | undefined;
  readonly texts: Omit<TextSettings, "training" | "seed">;
  readonly turns: GpuTurns;
  openStages(options: StagesOptions): Trainers;
  readonly onEvent: (event: MinerEvent | DeviceEvent) => void;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** What the orchestrator tells, or what the published one trains. */
export function toldTraining(facts: SwarmFacts | undefined): SwarmTraining {
  const { cacheTimeoutMs } = PUBLISHED_SWARM;
  const training = facts ? { ...facts, cacheTimeoutMs } : publishedTraining();
  // Published miners compute in bfloat16, and take no other activations.
  const precision = training.weightsDtype === "bfloat16" ? "bf16" : "f32";
  return { training, precision, seed: facts?.seed ?? PUBLISHED_SEED };
}

/** See the module. */
export class SwarmMiner {
  readonly #device: DeviceWatch;
  readonly #stages: Trainers;
  readonly #texts: MinerTexts;
  readonly #miner: Miner;

  constructor(readonly options: SwarmMinerOptions) {
    const { clock, log, training, precision, seed, onEvent } = options;
    this.#device = new DeviceWatch(clock, (reason) => onEvent({ kind: "device lost", reason }));
    this.#stages = options.openStages({
      ...{ training, precision, seed, log, slots: training.maxCachedActivations },
      onStage: (facts) => onEvent({ kind: "stage", ...facts }),
      onLost: (reason) => this.#device.lost(reason),
    });
    this.#texts = new MinerTexts(options);
    this.#miner = this.#createMiner();
  }

  /** What the health endpoint answers. */
  health(): MinerHealth {
    return this.#miner.health();
  }

  /**
   * Mines until the signal of the options.
   *
   * @throws what the miner throws, and WeftError if there are no texts for layer 0
   */
  async run(): Promise<void> {
    const { signal } = this.options;
    const { ended } = this.#texts;
    const until = AbortSignal.any([signal, ended.signal]);
    try {
      await this.#device.survive((until) => this.#miner.run(until), until);
    } catch (error) {
      if (!ended.signal.aborted) throw error;
    }
    if (!signal.aborted) ended.signal.throwIfAborted();
  }

  close(): void {
    this.#stages.close();
  }

  #createMiner(): Miner {
    const { clock, wallClock, randomBytes, http, log, url, signer, uid, training, turns, onEvent } =
      this.options;
    const shared = { clock, wallClock, randomBytes, http, log };
    const client = new ApiClient({ ...shared, baseUrl: url, signer });
    return new Miner({
      ...{ ...shared, client, training, uid: uid ?? null, hotkey: signer.address },
      uploader: new Uploader({ client, http, clock, log }),
      trainerFor: async (layer) =>
        new TurnTakingTrainer(await this.#stages.trainerFor(layer), turns),
      onEvent: (event) => {
        if (event.kind === "backward" || event.kind === "step") this.#device.progressed();
        onEvent(event);
      },
      nextBatch: () => this.#texts.next(),
      ...this.options.isWeft ? WEFT_PACE : {},
    });
  }
}

/** The texts of a run. If they cannot be had they end it, whatever the miner is doing. */
class MinerTexts {
  /** Aborted with the reason. */
  readonly ended = new AbortController();
  readonly #batches: TokenBatches;

  constructor(readonly options: SwarmMinerOptions) {
    const { texts, training, randomBytes, http, clock, log } = options;
    const seed = new DataView(randomBytes(4).buffer).getUint32(0);
    const open = (opened: number): Promise<TokenRows> =>
      openTexts({ ...texts, training, seed }, http, opened);
    this.#batches = new TokenBatches(training, open, { clock, log });
  }

  async next(): Promise<HostTensor | undefined> {
    try {
      return await this.#batches.next(this.options.signal);
    } catch (error) {
      this.ended.abort(error);
      throw error;
    }
  }
}

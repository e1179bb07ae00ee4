/**
 * A swarm of one miner a layer without sockets: what they compute lies in a map, and the validator's
 * orchestrator is an object that answers from it. A test may change what one of them hands in.
 *
 * @module
 */

import * as v from "valibot";
import { WeftError } from "../../../core/errors.ts";
import {
  bfloat16Tensor,
  float32Tensor,
  type HostTensor,
  int64Tensor,
  tensorToFloat32,
} from "../../../core/formats/dtype.ts";
import { writeTorchTensor } from "../../../core/formats/torch_pt.ts";
import { type Answer, type Asked, type RouteName, ROUTES } from "../../../core/iota/api/routes.ts";
import type {
  ChunkData,
  Direction,
  Partition,
  VectorMetadata,
} from "../../../core/iota/api/schemas.ts";
import type { ValidatorEvent } from "../../../core/iota/gradient_validator/events.ts";
import type { OrchestratorLink } from "../../../core/iota/gradient_validator/orchestrator_link.ts";
import { GradientValidator } from "../../../core/iota/gradient_validator/validator.ts";
import type { Upload } from "../../../core/iota/gradient_validator/weight_check.ts";
import type { Trainer } from "../../../core/iota/miner/trainer.ts";
import {
  PUBLISHED_SWARM,
  type TrainingSettings,
} from "../../../core/iota/orchestrator/settings.ts";
import { FakeClock } from "../../harness/memory_host.ts";
import { learnableTokens, stageShapes, tinyModel } from "../../model/tiny_model.ts";
import { chunksOf, metadataOf } from "./flat_files.ts";
import { ReferenceTrainer } from "./reference_trainer.ts";
import { TestStore } from "./test_store.ts";

export const [HEAD, BODY, TAIL] = [0, 1, 2];
/** The hotkey of the miner that is tracked in every test, and its uid. */
export const MINER = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
export const UID = 7;

const MODEL = tinyModel();
const [B, T] = [2, 8];
const LEARNING_RATE = 1e-3;

/** What may be done to a result before it is handed in; null hands in nothing. */
export type Tamper = (result: HostTensor, name: { direction: Direction; layer: number }) =>
  | HostTensor
  | Uint8Array
  | null;

/** Rounds a result to bf16, as the published miner sends it. */
export const asBf16: Tamper = (result) => bfloat16Tensor(result.shape, tensorToFloat32(result));

/** What differs from one test to another. */
export interface TestSwarmOptions {
  readonly training?: Partial<TrainingSettings>;
  readonly maxInFlight?: number;
  /** @default {1e-3} */
  readonly learningRate?: number;
  readonly uidOf?: (hotkey: string) => Promise<number | undefined>;
  /** The validator's own stages. @default as the miners' */
  readonly trainerFor?: (layer: number) => Promise<Trainer>;
}

/** See the module. */
export class TestSwarm implements OrchestratorLink {
  readonly training: TrainingSettings;
  readonly store: TestStore;
  /** Of `direction uid layer` to an address. */
  readonly paths = new Map<string, string>();
  readonly miners: readonly ReferenceTrainer[];
  readonly clock = new FakeClock();
  /** What addresses of files begin with. */
  filesUrl = "memory:";
  readonly events: ValidatorEvent[] = [];
  readonly messages: string[] = [];
  /** Every request to the orchestrator, by route. */
  readonly asked: RouteName[] = [];
  readonly submitted: Record<string, number>[] = [];
  /** Trainers that the validator got. */
  readonly trainers: ReferenceTrainer[] = [];
  layerWeights: Partition[] | null = null;
  globalScores: Record<string, number> = {};
  /** Addresses that the store does not answer for, and routes the orchestrator does not. */
  readonly down = new Set<string>();
  /** What the orchestrator answers some routes with. */
  readonly failures = new Map<RouteName, WeftError>();
  readonly validator: GradientValidator;
  #files = 0;

  constructor(readonly options: TestSwarmOptions = {}) {
    this.training = {
      ...PUBLISHED_SWARM,
      ...{ model: MODEL, batch: B, seq: T },
      ...{ globalOptimizerSteps: 2, localOptimizerSteps: 2 },
      ...options.training,
    };
    this.miners = MODEL.splits.map((_, layer) => newTrainer(layer));
    const log = (message: string): void => void this.messages.push(message);
    const logs = { debug: log, info: log, warn: log, error: log };
    this.store = new TestStore(logs, (url) => this.down.has(url) || this.down.has("store"));
    this.validator = new GradientValidator({
      client: this,
      fetchBytes: this.store.fetchBytes,
      clock: this.clock,
      wallClock: { unixMs: () => 1_795_000_000_000 + this.clock.nowMs() },
      log: logs,
      training: this.training,
      trainerFor: options.trainerFor ?? ((layer) => {
        const trainer = newTrainer(layer);
        this.trainers.push(trainer);
        return Promise.resolve(trainer);
      }),
      maxInFlight: options.maxInFlight ?? 4,
      uidOf: options.uidOf ?? ((hotkey) => Promise.resolve(hotkey === MINER ? UID : undefined)),
      onEvent: (event) => this.events.push(event),
    });
  }

  /** By address. */
  get files(): Map<string, Uint8Array<ArrayBuffer>> {
    return this.store.files;
  }

  /** Begins to track the miner of a layer. */
  async track(layer: number): Promise<void> {
    await this.validator.track({ layer, miner_hotkey: MINER, weight_path: null });
  }

  /** One batch through all layers and back; the results are handed in. */
  async run(uid: string, tamper: Tamper = asBf16): Promise<void> {
    const tokens = int64Tensor([B, T], learnableTokens(MODEL.V, B, T, seedOf(uid)));
    this.put(tokens, { uid, direction: "initial", layer: TAIL });
    let tensor = await this.miners[HEAD].forwardTokens(uid, tokens);
    this.#handIn(tensor, uid, "forward", HEAD, tamper);
    tensor = await this.miners[BODY].forward(uid, asFloats(tensor));
    this.#handIn(tensor, uid, "forward", BODY, tamper);
    tensor = (await this.miners[TAIL].forwardLoss(uid, asFloats(tensor), tokens)).gradient;
    this.#handIn(tensor, uid, "backward", TAIL, tamper);
    tensor = await this.miners[BODY].backward(uid, asFloats(tensor));
    this.#handIn(tensor, uid, "backward", BODY, tamper);
    tensor = await this.miners[HEAD].backward(uid, asFloats(tensor));
    this.#handIn(tensor, uid, "backward", HEAD, tamper);
  }

  /** As many batches as a merge needs, each mirrored by the validator. */
  async round(layer: number, uids: readonly string[] = ["a", "b"]): Promise<void> {
    await this.track(layer);
    for (const uid of uids) {
      await this.run(uid);
      await this.validator.pass(uid, "forward");
      await this.validator.pass(uid, "backward");
    }
  }

  /** The step of every miner before a merge, at a multiple of the rate that the validator gets. */
  async step(factor = 1): Promise<void> {
    for (const miner of this.miners) await miner.step(factor * this.#learningRate);
  }

  /** What the miner of a layer uploads. */
  async upload(layer: number, changes: {
    weights?: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>;
    state?: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>;
    metadata?: (metadata: VectorMetadata) => unknown;
  } = {}): Promise<Upload> {
    const same = <Value>(value: Value): Value => value;
    const { weights = same, state = same, metadata = same } = changes;
    const bytes = await this.miners[layer].exportWeights("bfloat16");
    const moments = await this.miners[layer].exportOptimizerState("bfloat16");
    const text = JSON.stringify(metadata(metadataOf(bytes.length, 3)));
    return {
      weightsUrl: this.putBytes(weights(bytes)),
      metadataUrl: this.putBytes(new TextEncoder().encode(text)),
      optimizerStateUrl: this.putBytes(state(moments)),
    };
  }

  /** What a merge of the layer's one miner gives, in one chunk of files of its own. */
  async merged(layer: number): Promise<Partition> {
    const [whole] = await this.mergedInChunks(layer, 1);
    const unranged = (data: ChunkData | null): ChunkData | null =>
      data && { ...data, chunk_start_byte: null, chunk_end_byte: null };
    const { weight_data, optimizer_state_data } = whole;
    return {
      ...whole,
      weight_data: unranged(weight_data),
      optimizer_state_data: unranged(optimizer_state_data),
    };
  }

  /** The same in several chunks, each a piece of the files. */
  async mergedInChunks(layer: number, chunks: number): Promise<Partition[]> {
    const weights = await this.miners[layer].exportWeights("bfloat16");
    const state = await this.miners[layer].exportOptimizerState("bfloat16");
    const [weight_path, optimizer_state_path] = [weights, state].map((each) => this.putBytes(each));
    const [weightData, stateData] = [weights, state].map(({ length }) => chunksOf(length, chunks));
    return weightData.map((weight_data, chunk_number) => ({
      ...{ layer, chunk_number, weight_path, weight_data, optimizer_state_path },
      ...{ optimizer_state_data: stateData[chunk_number], miner_hotkey: MINER },
      ...{ weight_metadata_path: null, optimizer_state_metadata_path: null },
      other_miner_hotkey: null,
    }));
  }

  /** Puts a tensor where the orchestrator finds it. */
  put(
    tensor: HostTensor | Uint8Array,
    { uid, direction, layer }: { uid: string; direction: Direction; layer: number },
  ): void {
    const bytes = tensor instanceof Uint8Array ? tensor : writeTorchTensor(tensor);
    this.paths.set(`${direction} ${uid} ${layer}`, this.putBytes(new Uint8Array(bytes)));
  }

  /** Puts a file; its address. */
  putBytes(bytes: Uint8Array<ArrayBuffer>): string {
    const url = `${this.filesUrl}${this.#files++}`;
    this.files.set(url, bytes);
    return url;
  }

  ask<Name extends RouteName>(
    name: Name,
    asked: Asked<(typeof ROUTES)[Name]>,
  ): Promise<Answer<(typeof ROUTES)[Name]>> {
    this.asked.push(name);
    const failure = this.failures.get(name);
    if (failure) return Promise.reject(failure);
    if (this.down.has(name)) return Promise.reject(new WeftError(`${name} fails`));
    return Promise.resolve(v.parse(ROUTES[name].answer, this.#answer(name, asked)));
  }

  #answer(name: RouteName, asked: { readonly body?: unknown }): unknown {
    switch (name) {
      case "downloadActivation": {
        const body = v.parse(ROUTES.downloadActivation.body, asked.body);
        const key = `${body.direction} ${body.activation_uid} ${body.layer}`;
        return { message: "", data: { path: this.paths.get(key) ?? null } };
      }
      case "submitScores":
        this.submitted.push(v.parse(ROUTES.submitScores.body, asked.body));
        return { message: "" };
      case "learningRate":
        return this.#learningRate;
      case "layerWeights":
        return this.layerWeights;
      case "globalScores":
        return this.globalScores;
      case "registerValidator":
        return { message: "", version: `version ${this.asked.length}` };
      case "health":
        return { status: "healthy" };
      default:
        throw new TypeError(`a validator does not ask for ${name}`);
    }
  }

  get #learningRate(): number {
    return this.options.learningRate ?? LEARNING_RATE;
  }

  #handIn(
    tensor: HostTensor,
    uid: string,
    direction: Direction,
    layer: number,
    tamper: Tamper,
  ): void {
    const handed = tamper(tensor, { direction, layer });
    const target = direction === "forward" ? layer + 1 : layer - 1;
    if (handed) this.put(handed, { uid, direction, layer: target });
  }
}

/** A stage of the swarm's model as every miner of the layer begins with. */
export function newTrainer(layer: number): ReferenceTrainer {
  return new ReferenceTrainer(stageShapes(MODEL, B, T)[layer], MODEL.totalGlobalParams, layer + 1);
}

function asFloats(tensor: HostTensor): HostTensor {
  return float32Tensor(tensor.shape, tensorToFloat32(tensor));
}

function seedOf(uid: string): number {
  return [...uid].reduce((seed, letter) => 31 * seed + (letter.codePointAt(0) ?? 0), 7);
}

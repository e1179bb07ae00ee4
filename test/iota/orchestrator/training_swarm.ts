/**
 * The training half of an orchestrator without servers: phases that a test sets, and miners that do
 * what they are told, with files that are as they should be unless a test says otherwise.
 *
 * @module
 */

import { assert } from "chai";
import { bfloat16Tensor, type HostTensor, int64Tensor } from "../../../core/formats/dtype.ts";
import { writeTorchTensor } from "../../../core/formats/torch_pt.ts";
import type { Activation, Direction, Phase } from "../../../core/iota/api/schemas.ts";
import { Refusal } from "../../../core/iota/api/service.ts";
import {
  type AcceptedUpload,
  Activations,
  type LayerPhases,
} from "../../../core/iota/orchestrator/activations.ts";
import {
  type ActivationRecord,
  ACTIVATIONS,
  changeRecord,
  type LayerRecord,
  LAYERS,
  type MinerRecord,
  readRecord,
  TOPICS,
} from "../../../core/iota/orchestrator/records.ts";
import { Registry } from "../../../core/iota/orchestrator/registry.ts";
import type { WorkWish } from "../../../core/iota/orchestrator/work_giver.ts";
import { type TestContext, testContext, type TestContextOptions } from "./context.ts";

export const [HEAD, BODY, TAIL] = [0, 1, 2];

/** How work is asked for: waiting for it, unless changed. */
export function wish(changes: Partial<WorkWish> = {}): WorkWish {
  return { waitMs: 20_000, beginsNone: false, signal: new AbortController().signal, ...changes };
}

/** Phases that stay as they are until a test changes them. */
export class SetPhases implements LayerPhases {
  constructor(readonly context: TestContext) {}

  async layer(layer: number): Promise<LayerRecord> {
    const { records } = this.context.state;
    const fresh: LayerRecord = {
      ...{ layer, phase: "is_training", phaseSinceMs: this.context.time.unixMs(), merges: 0 },
      ...{ numSections: 1, batchesBegun: 0 },
    };
    const found = await readRecord(records, LAYERS, `${layer}`);
    return found ?? await changeRecord(records, LAYERS, `${layer}`, (now) => now ?? fresh) ?? fresh;
  }

  async guard(layer: number, wanted: Phase): Promise<LayerRecord> {
    const record = await this.layer(layer);
    if (record.phase !== wanted) throw new Refusal(409, record.phase);
    return record;
  }

  async set(layer: number, given: Partial<LayerRecord>): Promise<void> {
    const now = await this.layer(layer);
    const phaseSinceMs = this.context.time.unixMs();
    const next = { ...now, phaseSinceMs, ...given };
    await changeRecord(this.context.state.records, LAYERS, `${layer}`, () => next);
    this.context.state.signals.raise(TOPICS.phase(layer));
  }
}

/** What a miner hands in; a test may give something else than what is right. */
export interface HandedIn {
  readonly tensor?: HostTensor | Uint8Array<ArrayBuffer> | null;
  /** Instead of that of the file that was uploaded. */
  readonly address?: string | null;
}

/** See the module. */
export class TrainingSwarm {
  readonly registry: Registry;
  readonly phases: SetPhases;
  readonly activations: Activations;
  readonly uploaded: AcceptedUpload[] = [];
  readonly backwards: MinerRecord[] = [];
  #files = 0;

  constructor(readonly context: TestContext) {
    this.registry = new Registry(context);
    this.phases = new SetPhases(context);
    this.activations = new Activations(context, this.registry, this.phases, {
      uploaded: (upload) => Promise.resolve(void this.uploaded.push(upload)),
      backwardDone: (miner) => Promise.resolve(void this.backwards.push(miner)),
    });
  }

  /** A swarm with one miner a layer, or as many as are named by layer. */
  static async make(
    options: TestContextOptions = {},
    miners: readonly (readonly string[])[] = [["head"], ["body"], ["tail"]],
  ): Promise<TrainingSwarm> {
    const swarm = new TrainingSwarm(await testContext(options));
    for (let layer = 0; layer < miners.length; layer++) {
      for (const hotkey of miners[layer]) await swarm.join(hotkey, layer);
    }
    return swarm;
  }

  /** Registers a miner for a certain layer. */
  async join(hotkey: string, layer: number): Promise<void> {
    await this.registry.register(hotkey);
    await this.registry.change(hotkey, (now) => ({ ...now, layer }));
  }

  /** Asks for work at once. */
  ask(hotkey: string): Promise<Activation> {
    return this.activations.random(hotkey, wish({ waitMs: 0 }));
  }

  /** Asks for work, and makes sure of what it is. */
  async take(hotkey: string, direction: "forward" | "backward", uid?: string): Promise<Activation> {
    const found = await this.ask(hotkey);
    assert.deepInclude(found, { direction, ...uid === undefined ? {} : { activation_uid: uid } });
    return found;
  }

  /** Uploads a file and reports it. */
  async handIn(
    hotkey: string,
    status: Direction,
    uid: string,
    { tensor, address }: HandedIn = {},
  ): Promise<void> {
    const { layer } = await this.registry.find(hotkey);
    const file = tensor === undefined ? this.rightTensor(status) : tensor;
    const activation_path = address === undefined
      ? file && this.put(uid, layer, status, file)
      : address;
    await this.activations.submit(hotkey, { status, activation_uid: uid, activation_path });
  }

  /** Puts a file where a miner would; its key. */
  put(
    uid: string,
    layer: number,
    direction: Direction,
    content: HostTensor | Uint8Array<ArrayBuffer> = this.rightTensor(direction),
  ): string {
    const key = `activations/${uid}/${layer}/${direction}/file-${this.#files++}.pt`;
    const bytes = content instanceof Uint8Array ? content : writeTorchTensor(content);
    this.context.store.objects.set(key, new Uint8Array(bytes));
    return key;
  }

  /** Tokens or floats of the right shape. */
  rightTensor(direction: Direction): HostTensor {
    const { batch, seq, model } = this.context.settings;
    const count = batch * seq;
    if (direction === "initial") return int64Tensor([batch, seq], new Int32Array(count).fill(3));
    const width = model.K ?? model.C;
    return bfloat16Tensor([batch, seq, width], new Float32Array(count * width).fill(0.5));
  }

  /** Layer 0 begins a batch, and runs its forward. */
  async begin(uid: string, hotkey = "head"): Promise<void> {
    await this.handIn(hotkey, "initial", uid);
    await this.handIn(hotkey, "forward", uid);
  }

  /** A batch goes forward through all layers, and its loss is reported. */
  async forwards(uid: string, [head, body, tail] = ["head", "body", "tail"]): Promise<void> {
    await this.begin(uid, head);
    await this.take(body, "forward", uid);
    await this.handIn(body, "forward", uid);
    await this.take(tail, "forward", uid);
    await this.reportLoss(tail, uid);
    await this.handIn(tail, "forward", uid, { tensor: null });
  }

  /** A batch goes through all layers and back. */
  async run(uid: string, [head, body, tail] = ["head", "body", "tail"]): Promise<void> {
    await this.forwards(uid, [head, body, tail]);
    await this.handIn(tail, "backward", uid);
    await this.take(body, "backward", uid);
    await this.handIn(body, "backward", uid);
    await this.take(head, "backward", uid);
    await this.handIn(head, "backward", uid);
  }

  async reportLoss(hotkey: string, uid: string, loss = 2.5): Promise<void> {
    await this.activations.reportLoss(hotkey, { activation_uid: uid, loss_value: loss });
  }

  record(uid: string): Promise<ActivationRecord | undefined> {
    return readRecord(this.context.state.records, ACTIVATIONS, uid);
  }

  /** All layers go through a merge. */
  async merge(): Promise<void> {
    const layers = this.context.settings.model.splits.keys();
    for (const layer of layers) await this.phases.set(layer, { phase: "weights_uploading" });
    await this.context.time.pass(1000);
    for (const layer of this.context.settings.model.splits.keys()) {
      const { merges } = await this.phases.layer(layer);
      await this.phases.set(layer, { phase: "is_training", merges: merges + 1, batchesBegun: 0 });
    }
  }

  /** Values of a journal, oldest first. */
  async journal(name: string): Promise<unknown[]> {
    return (await this.context.state.journals.last(name, 1000)).map(({ value }) => value);
  }

  /** Lines of the log from a level. */
  lines(level: "debug" | "info" | "warn" | "error"): string[] {
    return this.context.lines.filter((line) => line.startsWith(`${level}: `));
  }
}

/** The refusal that a promise ends with. */
export async function refusal(promise: Promise<unknown>): Promise<Refusal> {
  const ended = await promise.then(() => undefined, (error: unknown) => error);
  if (ended instanceof Refusal) return ended;
  throw new Error(`expected a refusal, got ${ended}`);
}

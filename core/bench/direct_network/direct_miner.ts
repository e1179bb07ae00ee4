/**
 * One miner: it drives one stage (a layer, on the wire) through whatever its orchestrator asks for.
 *
 * Text becomes tokens, tokens a batch; the head's forward makes activations, torch files carry them
 * through the store to the next stage, the tail makes a loss, and gradients come back the same road
 * until enough batches are in for the optimizer step.
 *
 * @module
 */
import type { Batch } from "../../data/packing.ts";
import { bfloat16Tensor, float32Tensor, int64Tensor } from "../../formats/dtype.ts";
import { type HostTensor, tensorToFloat32, tensorToInt32 } from "../../formats/dtype.ts";
import { readTorchTensor, writeTorchTensor } from "../../formats/torch_pt.ts";
import type { PassTimer } from "../../gpu/timer.ts";
import type { Stage } from "../../model/stage.ts";
import type { ActivationStore } from "./memory_store.ts";
import type { Orchestrator, Submission, Work } from "./work.ts";

/** What a miner works with. */
export interface DirectMinerOptions {
  layer: number;
  stage: Stage;
  orchestrator: Orchestrator;
  store: ActivationStore;
  /** Batches of the first layer; other layers need none. */
  nextBatch: (() => Batch) | undefined;
  /** False keeps the weights as they are: gradients pass through, steps change nothing. */
  trains: boolean;
  timer: PassTimer | undefined;
}

/** See the module. */
export class DirectMiner {
  /** Slots of the stage that hold no batch. */
  readonly #freeSlots: number[];
  /** The slot of each batch between its forward and its backward. */
  readonly #slots = new Map<string, number>();
  /** What is on its way back from the device; the miner takes up other work meanwhile. */
  readonly #pending = new Set<Promise<void>>();
  /** Rejects when something pending fails. */
  readonly #failure = Promise.withResolvers<never>();

  constructor(readonly options: DirectMinerOptions) {
    this.#freeSlots = Array.from({ length: options.stage.options.slots }, (_, slot) => slot);
    // Whoever runs the miner hears of a failure through `run`.
    this.#failure.promise.catch(() => {});
  }

  /** Works until the orchestrator says stop. */
  async run(): Promise<void> {
    // One race for all work: each leaves something behind on a promise that stays pending.
    await Promise.race([this.#workToEnd(), this.#failure.promise]);
  }

  async #workToEnd(): Promise<void> {
    const { orchestrator, layer } = this.options;
    for (;;) {
      const work = await orchestrator.nextWork(layer);
      if (work.kind === "stop") break;
      await this.#do(work);
    }
    await Promise.all(this.#pending);
  }

  async #do(work: Exclude<Work, { kind: "stop" }>): Promise<void> {
    switch (work.kind) {
      case "initial":
        return await this.#startBatch(work.uid);
      case "forward":
        return this.options.stage.shape.kind === "tail"
          ? await this.#forwardToLoss(work)
          : await this.#forward(work);
      case "backward":
        return await this.#backward(work);
      case "merge":
        return await this.#merge();
    }
  }

  /** Head: a batch of tokens goes into the store, its activations to the next stage. */
  async #startBatch(uid: string): Promise<void> {
    const { stage, nextBatch } = this.options;
    if (!nextBatch) throw new RangeError("only the first layer starts batches, and needs a corpus");
    const { tokens } = nextBatch();
    const slot = this.#takeSlot(uid);
    stage.writeTokens(slot, tokens);
    const { B, T } = stage.shape;
    const path = await this.#put(uid, "initial", int64Tensor([B, T], tokens));
    await this.#submit(uid, "initial", path);
    this.#passOn(uid, slot);
  }

  async #forward({ uid, path }: { uid: string; path: string }): Promise<void> {
    const activation = await this.#take(path);
    const slot = this.#takeSlot(uid);
    this.options.stage.writeInput(slot, tensorToFloat32(activation));
    this.#passOn(uid, slot);
  }

  /** Runs the stage, and sends its output on once the device has it. */
  #passOn(uid: string, slot: number): void {
    const { stage, timer } = this.options;
    stage.forward(slot, timer);
    const output = stage.readOutput(slot);
    this.#later(async () => {
      const tensor = this.#activation(await output, stage.outputWidth);
      await this.#submit(uid, "forward", await this.#put(uid, "forward", tensor));
    });
  }

  /** Tail: forward, loss and backward at once, as the published miner does. */
  async #forwardToLoss(
    { uid, path, tokensPath }: { uid: string; path: string; tokensPath: string },
  ): Promise<void> {
    const { stage, orchestrator, timer } = this.options;
    const activation = await this.#take(path);
    const tokens = await this.#take(tokensPath);
    const slot = this.#takeSlot(uid);
    stage.writeInput(slot, tensorToFloat32(activation));
    stage.writeTargets(tensorToInt32(tokens));
    stage.forward(slot, timer);
    stage.loss(slot, timer);
    stage.backward(slot, timer);
    this.#releaseSlot(uid);
    const reads = Promise.all([stage.readLoss(), stage.readInputGradient()]);
    this.#later(async () => {
      const [loss, gradient] = await reads;
      await orchestrator.reportLoss(uid, loss);
      const tensor = this.#activation(gradient, stage.inputWidth);
      await this.#submit(uid, "backward", await this.#put(uid, "backward", tensor));
    });
  }

  async #backward({ uid, path }: { uid: string; path: string }): Promise<void> {
    const { stage, timer } = this.options;
    const gradient = await this.#take(path);
    stage.writeOutputGradient(tensorToFloat32(gradient));
    stage.backward(this.#slotOf(uid), timer);
    this.#releaseSlot(uid);
    if (stage.shape.kind === "head") return await this.#submit(uid, "backward", null);
    const gradientOfInput = stage.readInputGradient();
    this.#later(async () => {
      const tensor = this.#activation(await gradientOfInput, stage.inputWidth);
      await this.#submit(uid, "backward", await this.#put(uid, "backward", tensor));
    });
  }

  /** The optimizer step. */
  async #merge(): Promise<void> {
    const { stage, orchestrator, layer, trains, timer } = this.options;
    const learningRate = trains ? await orchestrator.learningRate(layer) : 0;
    const outcome = stage.optimizer.step(learningRate, timer);
    this.#later(async () => await orchestrator.reportMerge(layer, await outcome));
  }

  /** Finishes something in the background: a readback takes long and the device need not wait. */
  #later(finish: () => Promise<void>): void {
    const pending = finish();
    this.#pending.add(pending);
    pending.then(() => this.#pending.delete(pending), this.#failure.reject);
  }

  /** Activations travel in the dtype they are stored in on the device. */
  #activation(values: Float32Array<ArrayBuffer>, width: number): HostTensor {
    const { shape, options } = this.options.stage;
    const dims = [shape.B, shape.T, width];
    return options.precision.activation === "bf16"
      ? bfloat16Tensor(dims, values)
      : float32Tensor(dims, values);
  }

  async #put(uid: string, direction: Submission["direction"], tensor: HostTensor): Promise<string> {
    const { store, layer } = this.options;
    const path = `activations/${uid}/${layer}/${direction}.pt`;
    await store.put(path, writeTorchTensor(tensor));
    return path;
  }

  async #take(path: string): Promise<HostTensor> {
    const { store } = this.options;
    const tensor = readTorchTensor(await store.get(path));
    await store.remove(path);
    return tensor;
  }

  #submit(uid: string, direction: Submission["direction"], path: string | null): Promise<void> {
    const { orchestrator, layer } = this.options;
    return orchestrator.submit({ layer, uid, direction, path });
  }

  #takeSlot(uid: string): number {
    const slot = this.#freeSlots.pop();
    if (slot === undefined) throw new RangeError(`no slot is free for ${uid}`);
    this.#slots.set(uid, slot);
    return slot;
  }

  #slotOf(uid: string): number {
    const slot = this.#slots.get(uid);
    if (slot === undefined) throw new RangeError(`${uid} is not in flight on this miner`);
    return slot;
  }

  #releaseSlot(uid: string): void {
    this.#freeSlots.push(this.#slotOf(uid));
    this.#slots.delete(uid);
  }
}

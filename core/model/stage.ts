/**
 * One pipeline stage on the device: parameters, optimizer, and the forward and backward passes for
 * several batches in flight. `core/reference/stage.ts` is the same in plain loops.
 *
 * A stage's programs are prepared once; after that a step allocates nothing.
 *
 * @module
 */
import type { Gpu } from "../gpu/gpu.ts";
import type { Dispatch } from "../gpu/kernel.ts";
import { Program } from "../gpu/program.ts";
import {
  createTensor,
  destroyTensor,
  readTensor,
  type Tensor,
  writeTensor,
} from "../gpu/tensor.ts";
import type { PassTimer } from "../gpu/timer.ts";
import { paddedHead } from "../ops/attention.ts";
import { crossEntropy, NO_TARGET } from "../ops/cross_entropy.ts";
import { embeddingBackward, embeddingForward, segmentTokens } from "../ops/embedding.ts";
import { rmsnormBackward, rmsnormForward } from "../ops/rmsnorm.ts";
import { blockShapes, type StageShape } from "../reference/stage_shape.ts";
import {
  blockBackward,
  type BlockContext,
  blockForward,
  type BlockScratch,
  createBlockScratch,
  createSavedBlock,
  destroySavedBlock,
  linear,
  type SavedBlock,
} from "./block.ts";
import { Optimizer } from "./optimizer.ts";
import { layoutParameters } from "./parameter_layout.ts";
import { Parameters, type Precision } from "./parameters.ts";
import type { Tuning } from "./tuning.ts";

/** How a stage is set up. */
export interface StageOptions {
  precision: Precision;
  tuning: Tuning;
  /** What the clip norm is measured against. */
  totalGlobalParams: number;
  /** Batches whose activations are kept at once. */
  slots: number;
}

/** Tensors of one batch in flight. */
interface Slot {
  /** Tokens of a head (1, R) with their sorted form for the backward pass. */
  tokens: Tensor | undefined;
  order: Tensor | undefined;
  segments: Tensor | undefined;
  /** Input of the first block, (R, K) or (R, C). */
  inp: Tensor;
  blocks: SavedBlock[];
  forward: Program;
  backward: Program;
  loss: Program | undefined;
}

/** The tail's part after its blocks; shared by all slots, since a loss is followed by its backward. */
interface LossTensors {
  normed: Tensor;
  rstd: Tensor;
  logits: Tensor;
  targets: Tensor;
  losses: Tensor;
  dnormed: Tensor;
}

/** A stage that trains. */
export class Stage {
  #slots: Slot[] = [];
  #loss: LossTensors | undefined;
  #scratch: BlockScratch;
  /** Gradients between blocks: a block reads one and writes the other. */
  #gradients: [Tensor, Tensor];
  #tables: { cosines: Tensor; sines: Tensor };
  /** Gradient of the stage's output, (R, K) or (R, C); unused in a tail. */
  #outputGradient: Tensor;
  #inputGradient: Tensor;

  private constructor(
    readonly gpu: Gpu,
    readonly shape: StageShape,
    readonly options: StageOptions,
    readonly parameters: Parameters,
    readonly optimizer: Optimizer,
  ) {
    const { B, T, C, NH } = shape;
    const activation = options.precision.activation;
    const make = (label: string, cols: number): Tensor =>
      createTensor(gpu, label, activation, B * T, cols);
    this.#tables = ropeTables(gpu, shape, paddedHead(C / NH));
    this.#scratch = createBlockScratch(this.#context);
    this.#gradients = [make("gradient a", C), make("gradient b", C)];
    this.#outputGradient = make("output gradient", this.outputWidth);
    this.#inputGradient = make("input gradient", this.inputWidth);
    if (shape.kind === "tail") this.#loss = createLossTensors(gpu, shape, activation);
  }

  /**
   * Allocates and compiles a stage with zeroed parameters: follow with `parameters.initialise` or
   * `parameters.writeParameter`.
   */
  static async create(gpu: Gpu, shape: StageShape, options: StageOptions): Promise<Stage> {
    const parameters = new Parameters(gpu, layoutParameters(shape), options.precision);
    const optimizer = await Optimizer.create(parameters, options.totalGlobalParams);
    const stage = new Stage(gpu, shape, options, parameters, optimizer);
    for (let slot = 0; slot < options.slots; slot++) {
      stage.#slots.push(await stage.#createSlot());
    }
    return stage;
  }

  /** Columns of the stage's output. */
  get outputWidth(): number {
    const { kind, K, C, V } = this.shape;
    return kind === "tail" ? V : K ?? C;
  }

  /** Columns of the stage's input; a head's are its embedding's. */
  get inputWidth(): number {
    const { kind, K, C } = this.shape;
    return kind === "head" ? C : K ?? C;
  }

  /** Puts a batch of tokens (B·T) into a head's slot. */
  writeTokens(slot: number, tokens: Int32Array): void {
    const { tokens: target, order, segments } = this.#slots[slot];
    if (!target || !order || !segments) throw new RangeError("only a head takes tokens");
    const ids = checkedTokens(tokens, this.shape.V);
    const sorted = segmentTokens(ids);
    writeTensor(this.gpu, target, ids);
    writeTensor(this.gpu, order, sorted.order);
    writeTensor(this.gpu, segments, sorted.segments);
  }

  /** Puts activations (B·T, K or C) into a body's or tail's slot. */
  writeInput(slot: number, values: Float32Array): void {
    if (this.shape.kind === "head") throw new RangeError("a head takes tokens, not activations");
    writeTensor(this.gpu, this.#slots[slot].inp, values);
  }

  /** Puts a batch of tokens (B·T) into a tail: each position's target is the next token. */
  writeTargets(tokens: Int32Array): void {
    const { T, V } = this.shape;
    const ids = checkedTokens(tokens, V);
    const targets = ids.map((_, row) => row % T === T - 1 ? NO_TARGET : ids[row + 1]);
    writeTensor(this.gpu, this.#lossTensors.targets, targets);
  }

  /** Runs the blocks, and in a tail the logits. */
  forward(slot: number, timer?: PassTimer): void {
    this.#slots[slot].forward.run(timer);
  }

  /** Output of a head or body (B·T, K or C) after `forward`. */
  readOutput(slot: number): Promise<Float32Array<ArrayBuffer>> {
    const last = this.#slots[slot].blocks.at(-1);
    if (!last || this.#loss) {
      throw new RangeError("a tail gives logits and losses, not activations");
    }
    return readTensor(this.gpu, last.out);
  }

  /** Logits of a tail (B·T, V) after `forward` and before `loss`. */
  readLogits(): Promise<Float32Array<ArrayBuffer>> {
    return readTensor(this.gpu, this.#lossTensors.logits);
  }

  /** Turns a tail's logits into losses and their gradient. */
  loss(slot: number, timer?: PassTimer): void {
    const { loss } = this.#slots[slot];
    if (!loss) throw new RangeError("only a tail has a loss");
    loss.run(timer);
  }

  /** Mean loss in nats over the B·(T - 1) positions that have a target. */
  async readLoss(): Promise<number> {
    const { B, T } = this.shape;
    const losses = await readTensor(this.gpu, this.#lossTensors.losses);
    return losses.reduce((sum, one) => sum + one, 0) / (B * (T - 1));
  }

  /** Puts the gradient of a head's or body's output (B·T, K or C) in place. */
  writeOutputGradient(values: Float32Array): void {
    writeTensor(this.gpu, this.#outputGradient, values);
  }

  /** Adds the slot's batch to the weight gradients. */
  backward(slot: number, timer?: PassTimer): void {
    this.#slots[slot].backward.run(timer);
  }

  /** Gradient of a body's or tail's input (B·T, K or C) after `backward`. */
  readInputGradient(): Promise<Float32Array<ArrayBuffer>> {
    return readTensor(this.gpu, this.#inputGradient);
  }

  /** The programs of one slot, for profiling. */
  programs(slot: number): Program[] {
    const { forward, loss, backward } = this.#slots[slot];
    return [forward, ...(loss ? [loss] : []), backward, this.optimizer.stepProgram];
  }

  /** Frees all the stage holds on the device. */
  destroy(): void {
    for (const slot of this.#slots) this.#destroySlot(slot);
    const tensors = [
      ...Object.values(this.#scratch),
      ...this.#gradients,
      ...Object.values(this.#tables),
      ...Object.values(this.#loss ?? {}),
      this.#outputGradient,
      this.#inputGradient,
    ];
    for (const tensor of tensors) destroyTensor(this.gpu, tensor);
    this.optimizer.destroy();
    this.parameters.destroy();
  }

  get #lossTensors(): LossTensors {
    if (!this.#loss) throw new RangeError("only a tail has targets, logits and losses");
    return this.#loss;
  }

  get #context(): BlockContext {
    const { gpu, shape, parameters } = this;
    return { gpu, shape, parameters, tuning: this.options.tuning, ...this.#tables };
  }

  async #createSlot(): Promise<Slot> {
    const { gpu, shape } = this;
    const rows = shape.B * shape.T;
    const ids = (label: string, words: number): Tensor | undefined =>
      shape.kind === "head" ? createTensor(gpu, label, "u32", 1, words) : undefined;
    const tokens = ids("tokens", rows);
    const order = ids("token order", rows);
    const segments = ids("token segments", 4 * rows);
    const activation = this.options.precision.activation;
    const inp = createTensor(gpu, "input", activation, rows, this.inputWidth);
    const blocks: SavedBlock[] = [];
    for (const [index, block] of blockShapes(shape).entries()) {
      const from = blocks.at(-1)?.out ?? inp;
      blocks.push(createSavedBlock(this.#context, { index, block }, from));
    }
    const partial = { tokens, order, segments, inp, blocks };
    return {
      ...partial,
      forward: await Program.prepare(gpu, "forward", this.#forwardDispatches(partial)),
      backward: await Program.prepare(gpu, "backward", this.#backwardDispatches(partial)),
      loss: this.#loss && await Program.prepare(gpu, "loss", this.#lossDispatches(this.#loss)),
    };
  }

  #destroySlot(slot: Slot): void {
    for (const program of [slot.forward, slot.backward, slot.loss]) program?.destroy();
    for (const saved of slot.blocks) destroySavedBlock(this.gpu, saved);
    for (const tensor of [slot.tokens, slot.order, slot.segments, slot.inp]) {
      if (tensor) destroyTensor(this.gpu, tensor);
    }
  }

  #forwardDispatches(slot: Pick<Slot, "tokens" | "inp" | "blocks">): Dispatch[] {
    const { shape, parameters } = this;
    const dispatches: Dispatch[] = [];
    if (slot.tokens) {
      const weight = parameters.tensor("embedding");
      dispatches.push(...embeddingForward({ out: slot.inp, tokens: slot.tokens, weight }));
    }
    for (const [index, block] of blockShapes(shape).entries()) {
      dispatches.push(...blockForward(this.#context, { index, block }, slot.blocks[index]));
    }
    const last = slot.blocks.at(-1);
    if (this.#loss && last) dispatches.push(...this.#logitsDispatches(this.#loss, last.out));
    return dispatches;
  }

  #logitsDispatches({ normed, rstd, logits }: LossTensors, x: Tensor): Dispatch[] {
    const { tuning } = this.options;
    const weight = this.parameters.tensor("final norm");
    return [
      rmsnormForward({ out: normed, rstd, inp: x, weight }, tuning.lanes),
      ...linear(tuning).forward("logits", logits, normed, this.parameters.tensor("logits")),
    ];
  }

  #lossDispatches({ losses, logits, targets }: LossTensors): Dispatch[] {
    const { B, T } = this.shape;
    const scale = 1 / (B * (T - 1));
    return crossEntropy({ losses, logits, targets }, scale, this.options.tuning.lanes);
  }

  #backwardDispatches(slot: Omit<Slot, "forward" | "backward" | "loss">): Dispatch[] {
    const { parameters } = this;
    const dispatches: Dispatch[] = [];
    let dout = this.#outputGradient;
    const last = slot.blocks.at(-1);
    if (this.#loss && last) {
      dout = this.#gradients[slot.blocks.length % 2];
      dispatches.push(...this.#logitsBackwardDispatches(this.#loss, last.out, dout));
    }
    const shapes = blockShapes(this.shape);
    for (let index = shapes.length - 1; index >= 0; index--) {
      const isFirst = index === 0;
      const dinp = isFirst ? this.#inputGradient : this.#gradients[index % 2];
      const place = { index, block: shapes[index] };
      dispatches.push(
        ...blockBackward(this.#context, place, slot.blocks[index], this.#scratch, { dinp, dout }),
      );
      dout = dinp;
    }
    if (slot.order && slot.segments) {
      const dweight = parameters.tensor("embedding", "gradient");
      const { order, segments } = slot;
      dispatches.push(...embeddingBackward({ dweight, order, segments, dout }));
    }
    return dispatches;
  }

  #logitsBackwardDispatches(
    { normed, rstd, logits, dnormed }: LossTensors,
    x: Tensor,
    dinp: Tensor,
  ): Dispatch[] {
    const { tuning } = this.options;
    const { backwardInput, backwardWeight } = linear(tuning);
    const dlogits = logits;
    return [
      ...backwardWeight(
        "logits dW",
        this.parameters.tensor("logits", "gradient"),
        dlogits,
        normed,
      ),
      ...backwardInput("logits dX", dnormed, dlogits, this.parameters.tensor("logits")),
      ...rmsnormBackward({
        dinp,
        dweight: this.parameters.tensor("final norm", "gradient"),
        dout: dnormed,
        inp: x,
        weight: this.parameters.tensor("final norm"),
        rstd,
      }, tuning.lanes),
    ];
  }
}

function createLossTensors(
  gpu: Gpu,
  { B, T, C, V }: StageShape,
  activation: Tensor["dtype"],
): LossTensors {
  const rows = B * T;
  return {
    normed: createTensor(gpu, "final normed", activation, rows, C),
    rstd: createTensor(gpu, "final rstd", "f32", 1, rows),
    logits: createTensor(gpu, "logits", activation, rows, V),
    targets: createTensor(gpu, "targets", "u32", 1, rows),
    losses: createTensor(gpu, "losses", "f32", 1, rows),
    dnormed: createTensor(gpu, "final dnormed", activation, rows, C),
  };
}

/** The rotation tables with each half head padded to whole groups of channels. */
function ropeTables(
  gpu: Gpu,
  { T, rope }: StageShape,
  paddedHeadDim: number,
): { cosines: Tensor; sines: Tensor } {
  const half = rope.cos.length / T;
  const upload = (label: string, values: Float32Array): Tensor => {
    const padded = new Float32Array(T * paddedHeadDim / 2);
    for (let t = 0; t < T; t++) {
      padded.set(values.subarray(t * half, (t + 1) * half), t * paddedHeadDim / 2);
    }
    const tensor = createTensor(gpu, label, "f32", T, paddedHeadDim / 2);
    writeTensor(gpu, tensor, padded);
    return tensor;
  };
  return { cosines: upload("cosines", rope.cos), sines: upload("sines", rope.sin) };
}

function checkedTokens(tokens: Int32Array, V: number): Uint32Array<ArrayBuffer> {
  const wrong = tokens.find((token) => token < 0 || token >= V);
  if (wrong !== undefined) {
    throw new RangeError(`token ${wrong} is outside the vocabulary of ${V}`);
  }
  return Uint32Array.from(tokens);
}

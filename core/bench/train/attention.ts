/**
 * Times causal attention by shape, forward and backward, after a look at the answers.
 *
 * @module
 */
import { seededRandom } from "../../data/random.ts";
import { WeftError } from "../../errors.ts";
import type { Gpu } from "../../gpu/gpu.ts";
import type { Dispatch } from "../../gpu/kernel.ts";
import { Program } from "../../gpu/program.ts";
import {
  createTensor,
  destroyTensor,
  readTensor,
  type Tensor,
  writeTensor,
} from "../../gpu/tensor.ts";
import type { Tuning } from "../../model/tuning.ts";
import {
  attentionBackward,
  attentionForward,
  attentionTile,
  type HeadShape,
  qkvCols,
} from "../../ops/attention.ts";
import type { NowMs } from "../timing.ts";
import { type AttentionGroup, groupOf, wrongGroup } from "./attention_check.ts";
import { repeatedMs } from "./repeated.ts";

/** Attentions submitted at once, as many as a pass of a small model holds. */
const PASS_ATTENTIONS = 4;

/** Heads of the presets from micro to base, and of the published models at a longer sample. */
const SHAPES: Record<"software" | "hardware", readonly HeadShape[]> = {
  software: [
    { B: 4, T: 64, NH: 4, NKV: 2, HD: 16 },
    { B: 1, T: 256, NH: 4, NKV: 2, HD: 32 },
  ],
  hardware: [
    { B: 4, T: 128, NH: 4, NKV: 2, HD: 16 },
    { B: 8, T: 256, NH: 8, NKV: 4, HD: 32 },
    { B: 8, T: 512, NH: 8, NKV: 4, HD: 64 },
    { B: 1, T: 800, NH: 32, NKV: 8, HD: 128 },
  ],
};

/** Times of one shape. */
export interface AttentionTimes {
  readonly shape: HeadShape;
  /** Median milliseconds of one attention, and f32 operations a second. */
  readonly forwardMs: number;
  readonly forwardFlopsPerSecond: number;
  readonly backwardMs: number;
  readonly backwardFlopsPerSecond: number;
}

/** The shapes that are measured on an adapter. */
export function attentionShapes({ isSoftware }: Pick<Gpu, "isSoftware">): readonly HeadShape[] {
  return isSoftware ? SHAPES.software : SHAPES.hardware;
}

/** What an attention reads and writes on the device. */
interface Tensors {
  qkv: Tensor;
  out: Tensor;
  lse: Tensor;
  dout: Tensor;
  dqkv: Tensor;
  delta: Tensor;
}

/**
 * Times one shape in f32.
 *
 * @param shape with heads of a multiple of eight channels, which need no padding
 * @throws {WeftError} if an answer is wrong
 */
export async function timeAttention(
  gpu: Gpu,
  { attentionTile: leastTile }: Pick<Tuning, "attentionTile">,
  shape: HeadShape,
  rounds: number,
  nowMs: NowMs,
): Promise<AttentionTimes> {
  const tile = attentionTile(shape.HD, leastTile);
  const tensors = createTensors(gpu, shape);
  try {
    const group = fill(gpu, tensors, shape);
    const forward = [attentionForward(tensors, shape, tile)];
    const backward = attentionBackward(tensors, shape, tile);
    const [whole, ...parts] = await Promise.all([
      Program.prepare(gpu, "attention", [...forward, ...backward]),
      ...[forward, backward].map((dispatches) =>
        Program.prepare(gpu, "attention", repeated(dispatches))
      ),
    ]);
    whole.run();
    await check(gpu, tensors, shape, group);
    const ms: number[] = [];
    for (const part of parts) ms.push(await repeatedMs(part, rounds, nowMs) / PASS_ATTENTIONS);
    for (const program of [whole, ...parts]) program.destroy();
    const [forwardMs, backwardMs] = ms;
    return {
      ...{ shape, forwardMs, backwardMs },
      forwardFlopsPerSecond: 1000 * flopsOf(forward) / forwardMs,
      backwardFlopsPerSecond: 1000 * flopsOf(backward) / backwardMs,
    };
  } finally {
    for (const tensor of Object.values(tensors)) destroyTensor(gpu, tensor);
  }
}

function createTensors(gpu: Gpu, shape: HeadShape): Tensors {
  const { B, T, NH, HD } = shape;
  const make = (label: string, rows: number, cols: number): Tensor =>
    createTensor(gpu, label, "f32", rows, cols);
  return {
    qkv: make("qkv", B * T, qkvCols(shape)),
    dqkv: make("dqkv", B * T, qkvCols(shape)),
    out: make("out", B * T, NH * HD),
    dout: make("dout", B * T, NH * HD),
    lse: make("lse", B * NH, T),
    delta: make("delta", B * NH, T),
  };
}

/** Repeatable values within (-1, 1); gives the part of them that is checked. */
function fill(gpu: Gpu, { qkv, dout }: Tensors, shape: HeadShape): AttentionGroup {
  const random = seededRandom(shape.T * 1009 + shape.HD);
  const values = ({ rows, cols }: Tensor): Float32Array =>
    Float32Array.from({ length: rows * cols }, () => 2 * random() - 1);
  const [hostQkv, hostDout] = [values(qkv), values(dout)];
  writeTensor(gpu, qkv, hostQkv);
  writeTensor(gpu, dout, hostDout);
  return groupOf(shape, hostQkv, hostDout);
}

async function check(
  gpu: Gpu,
  { out, dqkv }: Tensors,
  shape: HeadShape,
  group: AttentionGroup,
): Promise<void> {
  const wrong = wrongGroup(shape, group, await readTensor(gpu, out), await readTensor(gpu, dqkv));
  if (wrong === undefined) return;
  const { B, T, NH, HD } = shape;
  throw new WeftError(`attention of ${B}x${T}x${NH}x${HD} is wrong: ${wrong}`);
}

function repeated(dispatches: readonly Dispatch[]): Dispatch[] {
  return Array.from({ length: PASS_ATTENTIONS }, () => dispatches).flat();
}

function flopsOf(dispatches: readonly Dispatch[]): number {
  return dispatches.reduce((sum, { flops }) => sum + flops, 0);
}

/**
 * A whole pipeline stage of the IOTA model. Read this file, then block.ts, to learn the model.
 *
 *     head: tokens (B, T) → tok_emb → blocks → activations (B, T, K)
 *     body: activations (B, T, K)   → blocks → activations (B, T, K)
 *     tail: activations (B, T, K)   → blocks → final_norm → out_head → logits (B, T, V)
 *
 * Without a bottleneck activations are (B, T, C). The stages are chained by handing the output of
 * one to the next as input, and the dinp of one to the previous as dout.
 *
 * @module
 */

import { blockBackward, blockForward, type SavedBlock } from "./block.ts";
import { crossEntropy, nextTokenTargets } from "./cross_entropy.ts";
import { embeddingBackward, embeddingForward } from "./embedding.ts";
import { linearBackward, linearForward } from "./linear.ts";
import { gradient, parameter, type Parameters } from "./parameters.ts";
import { rmsnormBackward, rmsnormForward } from "./rmsnorm.ts";
import { blockShapes, parameterShapes, type StageShape } from "./stage_shape.ts";

/** Tokens (B, T) for a head, activations (B, T, K or C) for body and tail. */
export type StageInput = Int32Array | Float32Array;

/** What a stage's forward keeps for its backward. */
export interface SavedStage {
  input: StageInput;
  blocks: SavedBlock[];
  /** Output of the last block; in the tail what final_norm reads (B, T, C). */
  last: Float32Array;
  /** Output of final_norm (B, T, C), in the tail only. */
  normed: Float32Array | null;
}

/**
 * Runs a stage forward.
 *
 * @param params values by wire name, see `parameterShapes`
 * @returns output: activations (B, T, K or C), or the tail's logits (B, T, V)
 * @throws TypeError if a head is not given tokens, or another stage is
 * @throws RangeError if a parameter is missing or has the wrong length, or the input does
 */
export function stageForward(
  shape: StageShape,
  params: Parameters,
  input: StageInput,
): { output: Float32Array; saved: SavedStage } {
  const { kind, B, T, C, V } = shape;
  const R = B * T;
  checkParameters(shape, params);

  let x = stageInput(shape, params, input);
  const blocks: SavedBlock[] = [];
  for (const block of blockShapes(shape)) {
    const { out, saved } = blockForward(shape, block, params, x);
    blocks.push(saved);
    x = out;
  }
  if (kind !== "tail") return { output: x, saved: { input, blocks, last: x, normed: null } };

  const normed = new Float32Array(R * C);
  rmsnormForward(normed, x, parameter(params, "final_norm.weight"), R, C);
  const logits = new Float32Array(R * V);
  linearForward(logits, normed, parameter(params, "out_head.weight"), R, C, V);
  return { output: logits, saved: { input, blocks, last: x, normed } };
}

/**
 * Runs a stage backward.
 *
 * @param dout gradient of the output: (B, T, K or C), or dlogits (B, T, V) for the tail
 * @returns dinp (B, T, K or C), null for a head, whose input is tokens; grads by wire name in wire
 * order, without the parameters that took no part (an optimizer must skip those, not feed zeros)
 */
export function stageBackward(
  shape: StageShape,
  params: Parameters,
  saved: SavedStage,
  dout: Float32Array,
): { dinp: Float32Array | null; grads: Parameters } {
  const { kind, B, T, C, V } = shape;
  const R = B * T;
  const grads: Parameters = new Map();

  let dx = dout;
  if (saved.normed !== null) {
    const dnormed = new Float32Array(R * C);
    const outHead = parameter(params, "out_head.weight");
    const doutHead = gradient(grads, params, "out_head.weight");
    linearBackward(dnormed, doutHead, dout, saved.normed, outHead, R, C, V);
    const dfinalNorm = gradient(grads, params, "final_norm.weight");
    dx = new Float32Array(R * C);
    const finalNorm = parameter(params, "final_norm.weight");
    rmsnormBackward(dx, dfinalNorm, dnormed, saved.last, finalNorm, R, C);
  }
  for (const [index, block] of [...blockShapes(shape).entries()].reverse()) {
    dx = blockBackward(grads, shape, block, params, saved.blocks[index], dx);
  }
  if (kind === "head") {
    embeddingBackward(gradient(grads, params, "tok_emb.weight"), saved.input, dx, R, C);
  }
  return { dinp: kind === "head" ? null : dx, grads: inWireOrder(shape, grads) };
}

/**
 * What the tail is trained on: the mean cross-entropy of predicting `tokens[b, t+1]` at (b, t) over
 * the B (T-1) positions that have a next token.
 *
 * @param logits (B, T, V)
 * @param tokens (B, T)
 * @returns the loss and dlogits (B, T, V), the tail's dout
 */
export function nextTokenLoss(
  logits: Float32Array,
  tokens: Int32Array,
  { B, T, V }: Pick<StageShape, "B" | "T" | "V">,
): { loss: number; dlogits: Float32Array } {
  const losses = new Float32Array(B * T);
  const dlogits = new Float32Array(B * T * V);
  const scale = 1 / (B * (T - 1));
  crossEntropy(losses, dlogits, logits, nextTokenTargets(tokens, B, T), scale, B * T, V);
  const loss = losses.reduce((sum, rowLoss) => sum + rowLoss, 0) * scale;
  return { loss, dlogits };
}

/** The first block's input: embedded tokens (R, C) in a head, the activations as they are elsewhere. */
function stageInput(shape: StageShape, params: Parameters, input: StageInput): Float32Array {
  const { kind, B, T, C, K } = shape;
  const expected = B * T * (kind === "head" ? 1 : K ?? C);
  if (input.length !== expected) {
    throw new RangeError(`input of ${kind} has ${input.length} values, expected ${expected}`);
  }
  if (kind === "head") {
    if (input instanceof Float32Array) throw new TypeError("head takes tokens as an Int32Array");
    const embedded = new Float32Array(B * T * C);
    embeddingForward(embedded, input, parameter(params, "tok_emb.weight"), B * T, C);
    return embedded;
  }
  if (input instanceof Float32Array) return input;
  throw new TypeError(`${kind} takes activations as a Float32Array`);
}

function checkParameters(shape: StageShape, params: Parameters): void {
  for (const { name, dims } of parameterShapes(shape)) {
    const expected = dims.reduce((product, dim) => product * dim, 1);
    const { length } = parameter(params, name);
    if (length !== expected) {
      throw new RangeError(`parameter ${name} has ${length} values, expected ${expected}`);
    }
  }
}

function inWireOrder(shape: StageShape, grads: Parameters): Parameters {
  const ordered: Parameters = new Map();
  for (const { name } of parameterShapes(shape)) {
    const grad = grads.get(name);
    if (grad !== undefined) ordered.set(name, grad);
  }
  return ordered;
}

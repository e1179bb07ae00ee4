/**
 * Looks into what a miner has uploaded before others get it: one that sends a wrong shape, or NaN,
 * would spoil the gradients of all.
 *
 * @module
 */

import { WeftError } from "../../errors.ts";
import type { ByteStream } from "../../host.ts";
import {
  type Dtype,
  type HostTensor,
  ITEM_SIZE_BYTES,
  tensorToInt32,
} from "../../formats/dtype.ts";
import { readTorchTensor } from "../../formats/torch_pt.ts";
import type { Direction } from "../api/schemas.ts";
import type { TrainingSettings } from "./settings.ts";

/** Of a torch file beside its tensor, and more than that. */
const FILE_OVERHEAD_BYTES = 64 * 1024;
const WIDEST_ITEM_BYTES = 8;

/** What is wrong with an upload, in one line. */
export class BadUploadError extends WeftError {
  override name = "BadUploadError";
}

/** More bytes than this has no activation, and no batch of tokens. */
export function maxFileBytes({ model, batch, seq }: TrainingSettings): number {
  return batch * seq * (model.K ?? model.C) * WIDEST_ITEM_BYTES + FILE_OVERHEAD_BYTES;
}

/**
 * Looks into a file: tokens must be int64 (B, T) below V, all else finite floats (B, T, K) or
 * (B, T, C).
 *
 * @throws {BadUploadError} if it is anything else
 */
export function inspectActivation(
  bytes: Uint8Array,
  direction: Direction,
  settings: TrainingSettings,
): void {
  const { model, batch, seq } = settings;
  const tensor = readTensor(bytes, maxFileBytes(settings));
  if (direction === "initial") {
    checkShape(tensor, "i64", [batch, seq]);
    checkTokens(tensor, model.V);
    return;
  }
  checkShape(tensor, "floats", [batch, seq, model.K ?? model.C]);
  const at = firstNotFinite(tensor);
  if (at >= 0) throw new BadUploadError(`element ${at} is NaN or infinite`);
}

/**
 * Reads a stream of a bounded length.
 *
 * @throws {BadUploadError} if it is longer
 */
export async function readBounded(
  stream: ByteStream,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of stream) {
    length += piece.length;
    if (length > maxBytes) throw new BadUploadError(`it is longer than ${maxBytes} bytes`);
    pieces.push(piece);
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

function readTensor(bytes: Uint8Array, maxBytes: number): HostTensor {
  try {
    return readTorchTensor(bytes, { maxBytes });
  } catch (error) {
    if (!(error instanceof WeftError)) throw error;
    throw new BadUploadError(error.message, { cause: error });
  }
}

function checkShape(
  { dtype, shape }: HostTensor,
  expected: "i64" | "floats",
  expectedShape: readonly number[],
): void {
  const isOfType = expected === "i64" ? dtype === "i64" : exponentOf(dtype) !== undefined;
  if (isOfType && `${shape}` === `${expectedShape}`) return;
  throw new BadUploadError(`expected ${expected} [${expectedShape}], got ${dtype} [${shape}]`);
}

function checkTokens(tensor: HostTensor, V: number): void {
  let ids: Int32Array;
  try {
    ids = tensorToInt32(tensor);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new BadUploadError(`a token is not below ${V}`, { cause: error });
  }
  const at = ids.findIndex((id) => id < 0 || id >= V);
  if (at >= 0) throw new BadUploadError(`token ${at} is ${ids[at]}, not below ${V}`);
}

/** The bits of a float's exponent in its upper bytes, as wide as `wordBytes`. */
function exponentOf(dtype: Dtype): { wordBytes: 2 | 4; mask: number } | undefined {
  switch (dtype) {
    case "bf16":
      return { wordBytes: 2, mask: 0x7f80 };
    case "f16":
      return { wordBytes: 2, mask: 0x7c00 };
    case "f32":
      return { wordBytes: 4, mask: 0x7f800000 };
    case "f64":
      return { wordBytes: 4, mask: 0x7ff00000 };
    default:
      return undefined;
  }
}

/** Index of the first NaN or infinity: all bits of its exponent are set. -1 if there is none. */
function firstNotFinite({ dtype, bytes }: HostTensor): number {
  const { wordBytes, mask } = exponentOf(dtype) ?? { wordBytes: 2, mask: 0 };
  const { buffer, byteOffset } = bytes.byteOffset % wordBytes === 0 ? bytes : bytes.slice();
  const count = bytes.length / wordBytes;
  const words = wordBytes === 2
    ? new Uint16Array(buffer, byteOffset, count)
    : new Uint32Array(buffer, byteOffset, count);
  const step = ITEM_SIZE_BYTES[dtype] / wordBytes;
  for (let word = step - 1; word < count; word += step) {
    if ((words[word] & mask) === mask) return (word - step + 1) / step;
  }
  return -1;
}

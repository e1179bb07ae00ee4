/**
 * Tensors of batches between a miner and the store: torch files that are looked at before they are
 * used, and before they are sent.
 *
 * Source: macrocosm-os/iota @ 56aee24, `upload_activation` of `miner/miner.py`.
 *
 * @module
 */

import { WeftError } from "../../errors.ts";
import { type HostTensor, tensorToFloat32, tensorToInt32 } from "../../formats/dtype.ts";
import { readTorchTensor, writeTorchTensor } from "../../formats/torch_pt.ts";
import type { Direction } from "../api/schemas.ts";
import { uuid4 } from "../../formats/uuid.ts";
import type { MinerContext } from "./miner_context.ts";

/** Of a torch file beside its tensor, and more than that. */
const FILE_OVERHEAD_BYTES = 64 * 1024;
/** Of the widest dtype. */
const MAX_ITEM_BYTES = 8;
const FLOATS: ReadonlySet<string> = new Set(["f64", "f32", "bf16", "f16"]);

/** Which tensor of a batch. */
export interface TensorName {
  readonly uid: string;
  /** The layer that it is from. */
  readonly layer: number;
  readonly direction: Direction;
}

/** See the module. */
export class ActivationTransfer {
  constructor(readonly context: MinerContext) {}

  /**
   * What goes between two layers, (B, T, K) or (B, T, C) of finite floats.
   * @throws {WeftError} if it cannot be had, or is something else
   */
  async fetch(url: string, signal: AbortSignal): Promise<HostTensor> {
    const { batch, seq, model } = this.context.training;
    const tensor = await this.#read(url, [batch, seq, model.K ?? model.C], signal);
    if (!FLOATS.has(tensor.dtype)) throw new WeftError(`an activation of ${tensor.dtype} came`);
    checkFinite(tensor, "an activation that came");
    return tensor;
  }

  /**
   * Tokens (B, T), int64 below V.
   * @throws {WeftError} as `fetch`
   */
  async fetchTokens(url: string, signal: AbortSignal): Promise<HostTensor> {
    const { batch, seq } = this.context.training;
    const tensor = await this.#read(url, [batch, seq], signal);
    this.checkTokens(tensor);
    return tensor;
  }

  /** @throws {WeftError} unless it is int64 (B, T), each token below V */
  checkTokens(tensor: HostTensor): void {
    const { batch, seq, model: { V } } = this.context.training;
    checkShape(tensor, [batch, seq]);
    if (tensor.dtype !== "i64") throw new WeftError(`expected tokens of i64, got ${tensor.dtype}`);
    const isToken = (id: number): boolean => id >= 0 && id < V;
    if (unpacked(() => tensorToInt32(tensor)).every(isToken)) return;
    throw new WeftError(
      `expected tokens from 0 to ${V - 1}, got others: is it the right tokenizer?`,
    );
  }

  /**
   * Uploads a tensor; gives the path to report.
   * @throws {WeftError} if it holds NaN or infinity, or cannot be uploaded
   */
  async put(name: TensorName, tensor: HostTensor, signal: AbortSignal): Promise<string> {
    const { uid, layer, direction } = name;
    if (FLOATS.has(tensor.dtype)) checkFinite(tensor, `${direction} of activation ${uid}`);
    const { transfers, randomBytes } = this.context;
    const key = `activations/${uid}/${layer}/${direction}/${uuid4(randomBytes)}.pt`;
    const file = writeTorchTensor(tensor);
    return await transfers.upload(key, new Uint8Array(file), signal);
  }

  async #read(url: string, shape: readonly number[], signal: AbortSignal): Promise<HostTensor> {
    const elements = shape.reduce((product, size) => product * size, 1);
    const maxBytes = elements * MAX_ITEM_BYTES + FILE_OVERHEAD_BYTES;
    const bytes = await this.context.transfers.fetch(url, { maxBytes }, signal);
    const tensor = unpacked(() => readTorchTensor(bytes, { maxBytes }));
    checkShape(tensor, shape);
    return tensor;
  }
}

function checkShape(tensor: HostTensor, shape: readonly number[]): void {
  if (`${tensor.shape}` === `${shape}`) return;
  throw new WeftError(`a tensor of shape [${tensor.shape}] came, expected [${shape}]`);
}

/** @throws {WeftError} for NaN or infinity */
export function checkFinite(tensor: HostTensor, what: string): void {
  if (tensorToFloat32(tensor).every(Number.isFinite)) return;
  throw new WeftError(`${what} holds NaN or infinity`);
}

/** What unpacking gives; bytes that say one thing and hold another are somebody else's fault. */
function unpacked<Value>(unpack: () => Value): Value {
  try {
    return unpack();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new WeftError(error.message, { cause: error });
  }
}

/**
 * The tensors of a batch on its way through the layers: what each layer got and gave.
 *
 * They are known by the layer that they are for: what layer 1 sends forward is `forward` of layer 2,
 * what it sends back `backward` of layer 0, and `backward` of layer -1 is the piece of the embedding's
 * gradient that layer 0 shows in place of one.
 *
 * @module
 */

import { WeftError } from "../../errors.ts";
import { type HostTensor, tensorToInt32 } from "../../formats/dtype.ts";
import { readTorchTensor } from "../../formats/torch_pt.ts";
import type { Direction } from "../api/schemas.ts";
import type { FetchBytes } from "../merging/chunk_merge.ts";
import type { TrainingSettings } from "../orchestrator/settings.ts";
import { elementBlocks } from "./comparison.ts";
import { ContentError, NoPathError, type OrchestratorLink } from "./orchestrator_link.ts";

/** Of a torch file beside its tensor, and more than that. */
const FILE_OVERHEAD_BYTES = 64 * 1024;

const FLOATS: ReadonlySet<string> = new Set(["f64", "f32", "bf16", "f16"]);

/** Which tensor of a batch. */
export interface TensorName {
  readonly uid: string;
  readonly direction: Direction;
  /** The layer that it is for. */
  readonly layer: number;
}

/** What {@linkcode Activations} works with. */
export interface ActivationsOptions {
  readonly client: OrchestratorLink;
  readonly fetchBytes: FetchBytes;
  readonly training: TrainingSettings;
}

/** Fetches tensors, and looks whether they are what they should be. */
export class Activations {
  constructor(readonly options: ActivationsOptions) {}

  /**
   * The tokens of a batch, int64 (B, T), each below V.
   * @throws {NoPathError} if the orchestrator has none
   * @throws {ContentError} if they are something else
   * @throws {WeftError} if they cannot be had
   */
  async tokens(uid: string): Promise<HostTensor> {
    const { model, batch, seq } = this.options.training;
    const tensor = await this.result({ uid, direction: "initial", layer: model.splits.length - 1 });
    const isTokens = tensor.dtype === "i64" && `${tensor.shape}` === `${[batch, seq]}`;
    if (!isTokens) throw this.#notWhatItShouldBe("tokens", tensor, `i64 [${[batch, seq]}]`);
    const ids = unpacked(() => tensorToInt32(tensor));
    if (ids.some((id) => id < 0 || id >= model.V)) {
      throw new ContentError(`the tokens of ${uid} are not all below ${model.V}`);
    }
    return tensor;
  }

  /**
   * What went between two layers, (B, T, K) or (B, T, C) of finite floats; errors as of `tokens`.
   */
  async between(name: TensorName): Promise<HostTensor> {
    const { model, batch, seq } = this.options.training;
    const shape = [batch, seq, model.K ?? model.C];
    const tensor = await this.result(name);
    if (!isFloats(tensor) || `${tensor.shape}` !== `${shape}`) {
      throw this.#notWhatItShouldBe(name.direction, tensor, `floats [${shape}]`);
    }
    for (const block of elementBlocks(tensor)) {
      if (!block.every(Number.isFinite)) {
        throw new ContentError(`${name.direction} of ${name.uid} holds NaN or infinity`);
      }
    }
    return tensor;
  }

  /** Whatever tensor lies there; errors as of `tokens`. */
  async result({ uid, direction, layer }: TensorName): Promise<HostTensor> {
    const { client, fetchBytes } = this.options;
    const { data } = await client.ask("downloadActivation", {
      body: { activation_uid: uid, direction, layer, delete: false, fetch_historic: true },
    });
    const path = data?.path ?? null;
    if (path === null) {
      throw new NoPathError(`there is no ${direction} of ${uid} for layer ${layer}`);
    }
    const maxBytes = this.#maxTensorBytes + FILE_OVERHEAD_BYTES;
    const bytes = await fetchBytes(path, { maxBytes });
    return unpacked(() => readTorchTensor(bytes, { maxBytes }));
  }

  /** Of tokens, activations and the embedding's piece, in the widest dtype. */
  get #maxTensorBytes(): number {
    const { model, batch, seq } = this.options.training;
    return 8 * batch * seq * model.C;
  }

  #notWhatItShouldBe(what: string, { dtype, shape }: HostTensor, expected: string): ContentError {
    return new ContentError(`${what}: expected ${expected}, got ${dtype} [${shape}]`);
  }
}

/** Whether a tensor is of floats, in whatever width. */
export function isFloats({ dtype }: HostTensor): boolean {
  return FLOATS.has(dtype);
}

/** What unpacking gives; what is wrong with the bytes is the fault of whoever wrote them. */
function unpacked<Value>(unpack: () => Value): Value {
  try {
    return unpack();
  } catch (error) {
    if (!(error instanceof WeftError) && !(error instanceof RangeError)) throw error;
    throw new ContentError(error.message, { cause: error });
  }
}

/**
 * A trainer in plain loops: one stage of `core/reference` with AdamW.
 *
 * @module
 */

import {
  bfloat16Tensor,
  float32Tensor,
  type HostTensor,
  tensorToFloat32,
  tensorToInt32,
} from "../../../core/formats/dtype.ts";
import type { Trainer } from "../../../core/iota/miner/trainer.ts";
import type { WeightsDtype } from "../../../core/iota/orchestrator/settings.ts";
import { PUBLISHED_ADAMW } from "../../../core/model/optimizer.ts";
import type { StepOutcome } from "../../../core/ops/adamw.ts";
import { adamwStep, clipScale, gradientSquares } from "../../../core/reference/adamw.ts";
import { parameter, type Parameters } from "../../../core/reference/parameters.ts";
import {
  nextTokenLoss,
  type SavedStage,
  stageBackward,
  stageForward,
  type StageInput,
} from "../../../core/reference/stage.ts";
import { parameterShapes, type StageShape } from "../../../core/reference/stage_shape.ts";
import { randomArray, seededRandom } from "../../reference/random.ts";

/** See the module. The same seed gives the same weights. */
export class ReferenceTrainer implements Trainer {
  readonly params: Parameters;
  readonly #moments: { m: Parameters; v: Parameters };
  #gradients: Parameters = new Map();
  readonly #inFlight = new Map<string, SavedStage>();
  #steps = 0;

  constructor(readonly shape: StageShape, readonly totalGlobalParams: number, seed: number) {
    const random = seededRandom(seed);
    this.params = new Map(
      parameterShapes(shape).map(({ name, dims }) => {
        const length = dims.reduce((product, dim) => product * dim, 1);
        return [name, dims.length === 1 ? ones(length) : randomArray(length, random, 0.3)];
      }),
    );
    this.#moments = { m: zerosLike(this.params), v: zerosLike(this.params) };
  }

  /** Batches between forward and backward. */
  get inFlight(): readonly string[] {
    return [...this.#inFlight.keys()];
  }

  forwardTokens(uid: string, tokens: HostTensor): Promise<HostTensor> {
    return Promise.resolve(this.#forward(uid, tensorToInt32(tokens)));
  }

  forward(uid: string, activation: HostTensor): Promise<HostTensor> {
    return Promise.resolve(this.#forward(uid, tensorToFloat32(activation)));
  }

  forwardLoss(
    _uid: string,
    activation: HostTensor,
    tokens: HostTensor,
  ): Promise<{ loss: number; gradient: HostTensor }> {
    const { output, saved } = stageForward(this.shape, this.params, tensorToFloat32(activation));
    const { loss, dlogits } = nextTokenLoss(output, tensorToInt32(tokens), this.shape);
    return Promise.resolve({ loss, gradient: this.#backward(saved, dlogits) });
  }

  backward(uid: string, gradient: HostTensor): Promise<HostTensor> {
    const saved = this.#inFlight.get(uid);
    if (!saved) throw new RangeError(`${uid} is not in flight`);
    this.#inFlight.delete(uid);
    return Promise.resolve(this.#backward(saved, tensorToFloat32(gradient)));
  }

  forget(uid: string): void {
    if (!this.#inFlight.delete(uid)) throw new RangeError(`${uid} is not in flight`);
  }

  step(learningRate: number): Promise<StepOutcome> {
    const norm = Math.sqrt(sum([...this.#gradients.values()].map(gradientSquares)));
    if (!Number.isFinite(norm)) return Promise.resolve({ step: this.#steps, applied: false, norm });
    this.#steps += 1;
    const { beta1, beta2, epsilon, weightDecay } = PUBLISHED_ADAMW;
    const count = sum([...this.params.values()].map(({ length }) => length));
    const scale = clipScale(norm, Math.sqrt(count / this.totalGlobalParams));
    for (const [name, grad] of this.#gradients) {
      const [param, m, v] = [this.params, this.#moments.m, this.#moments.v].map((array) =>
        parameter(array, name)
      );
      adamwStep(param, m, v, grad, {
        ...{ lr: learningRate, beta1, beta2, eps: epsilon, weightDecay, step: this.#steps, scale },
      });
    }
    this.#gradients = new Map();
    return Promise.resolve({ step: this.#steps, applied: true, norm });
  }

  exportWeights(dtype: WeightsDtype): Promise<Uint8Array<ArrayBuffer>> {
    return Promise.resolve(flat([...this.params.values()], dtype));
  }

  exportOptimizerState(dtype: WeightsDtype): Promise<Uint8Array<ArrayBuffer>> {
    return Promise.resolve(flat(this.#momentArrays(), dtype));
  }

  importWeights(bytes: Uint8Array<ArrayBuffer>, dtype: WeightsDtype): Promise<void> {
    fill([...this.params.values()], bytes, dtype);
    return Promise.resolve();
  }

  importOptimizerState(bytes: Uint8Array<ArrayBuffer>, dtype: WeightsDtype): Promise<void> {
    fill(this.#momentArrays(), bytes, dtype);
    return Promise.resolve();
  }

  reset(): Promise<void> {
    this.#gradients = new Map();
    this.#inFlight.clear();
    return Promise.resolve();
  }

  #momentArrays(): Float32Array[] {
    const { m, v } = this.#moments;
    return [...this.params.keys()].flatMap((name) => [parameter(m, name), parameter(v, name)]);
  }

  #forward(uid: string, input: StageInput): HostTensor {
    const { output, saved } = stageForward(this.shape, this.params, input);
    this.#inFlight.set(uid, saved);
    return this.#activation(output);
  }

  #backward(saved: SavedStage, dout: Float32Array): HostTensor {
    const { T, C, K } = this.shape;
    const { dinp, grads } = stageBackward(this.shape, this.params, saved, dout);
    for (const [name, grad] of grads) {
      const before = this.#gradients.get(name);
      this.#gradients.set(name, before ? grad.map((value, i) => value + before[i]) : grad);
    }
    if (dinp) return this.#activation(dinp);
    const embedding = parameter(this.#gradients, "tok_emb.weight");
    const rows = Math.min(T, this.shape.V);
    const cols = K ?? C;
    const corner = Array.from(
      { length: rows },
      (_, row) => [...embedding.subarray(row * C, row * C + cols)],
    );
    return float32Tensor([rows, cols], Float32Array.from(corner.flat()));
  }

  #activation(values: Float32Array): HostTensor {
    const { B, T, C, K } = this.shape;
    return float32Tensor([B, T, K ?? C], values);
  }
}

function ones(length: number): Float32Array {
  return new Float32Array(length).fill(1);
}

function zerosLike(arrays: Parameters): Parameters {
  return new Map([...arrays].map(([name, { length }]) => [name, new Float32Array(length)]));
}

function flat(arrays: readonly Float32Array[], dtype: WeightsDtype): Uint8Array<ArrayBuffer> {
  const values = Float32Array.from(arrays.flatMap((array) => [...array]));
  const tensor = dtype === "bfloat16" ? bfloat16Tensor : float32Tensor;
  return tensor([values.length], values).bytes.slice();
}

function fill(arrays: readonly Float32Array[], bytes: Uint8Array, dtype: WeightsDtype): void {
  const size = dtype === "bfloat16" ? 2 : 4;
  const shape = [sum(arrays.map(({ length }) => length))];
  if (bytes.length !== shape[0] * size) throw new RangeError(`${bytes.length} bytes`);
  const values = tensorToFloat32({ dtype: size === 2 ? "bf16" : "f32", shape, bytes });
  let at = 0;
  for (const array of arrays) array.set(values.subarray(at, at += array.length));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

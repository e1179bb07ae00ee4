/**
 * A whole pipeline trained by core/reference, one stage after another.
 *
 * @module
 */

import { PUBLISHED_ADAMW } from "../../core/model/optimizer.ts";
import { adamwStep, clipScale, gradientSquares } from "../../core/reference/adamw.ts";
import { parameter, type Parameters } from "../../core/reference/parameters.ts";
import {
  nextTokenLoss,
  stageBackward,
  stageForward,
  type StageInput,
} from "../../core/reference/stage.ts";
import type { StageShape } from "../../core/reference/stage_shape.ts";

/** What one batch gives. */
export interface ReferenceBatch {
  loss: number;
  /** (B, T, V) */
  logits: Float32Array;
  /** By stage. */
  gradients: Parameters[];
}

/** Stages with their moments. */
export class ReferencePipeline {
  readonly #moments: { m: Parameters; v: Parameters }[];
  #step = 0;

  /** @param params by stage, updated in place */
  constructor(
    readonly shapes: readonly StageShape[],
    readonly params: readonly Parameters[],
    readonly totalGlobalParams: number,
  ) {
    const zeros = (like: Parameters): Parameters =>
      new Map([...like].map(([name, values]) => [name, new Float32Array(values.length)]));
    this.#moments = params.map((own) => ({ m: zeros(own), v: zeros(own) }));
  }

  /** Forward and backward through all stages. */
  run(tokens: Int32Array): ReferenceBatch {
    let input: StageInput = tokens;
    const passes = this.shapes.map((shape, stage) => {
      const { output, saved } = stageForward(shape, this.params[stage], input);
      input = output;
      return { output, saved };
    });
    const last = this.shapes.length - 1;
    const logits = passes[last].output;
    const { loss, dlogits } = nextTokenLoss(logits, tokens, this.shapes[last]);
    const gradients: Parameters[] = [];
    let dout = dlogits;
    for (let stage = last; stage >= 0; stage--) {
      const { saved } = passes[stage];
      const { dinp, grads } = stageBackward(this.shapes[stage], this.params[stage], saved, dout);
      gradients.unshift(grads);
      dout = dinp ?? dout;
    }
    return { loss, logits, gradients };
  }

  /** One optimizer step of every stage, clipped to its share of the norm. */
  step(gradients: readonly Parameters[], learningRate: number): void {
    this.#step += 1;
    const { beta1, beta2, epsilon, weightDecay } = PUBLISHED_ADAMW;
    gradients.forEach((grads, stage) => {
      const params = this.params[stage];
      const norm = Math.sqrt(sum([...grads.values()].map(gradientSquares)));
      const count = sum([...params.values()].map(({ length }) => length));
      const scale = clipScale(norm, Math.sqrt(count / this.totalGlobalParams));
      const { m, v } = this.#moments[stage];
      for (const [name, grad] of grads) {
        const of = (array: Parameters): Float32Array => parameter(array, name);
        adamwStep(of(params), of(m), of(v), grad, {
          ...{ lr: learningRate, beta1, beta2, eps: epsilon, weightDecay },
          ...{ step: this.#step, scale },
        });
      }
    });
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

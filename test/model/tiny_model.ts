/**
 * Models small enough for a test, and tokens for them.
 *
 * @module
 */

import { checkModelConfig, type ModelConfig, stageShape } from "../../core/model/config.ts";
import { countParameters, OWN_PRESETS } from "../../core/model/presets.ts";
import type { StageShape } from "../../core/reference/stage_shape.ts";
import { seededRandom } from "../reference/random.ts";

/**
 * A head, a body and a tail of one block each, with heads of 8 channels. Its clip norm is that of
 * a model of its own size.
 */
export function tinyModel(changes: Partial<ModelConfig> = {}): ModelConfig {
  const draft: ModelConfig = {
    name: "tiny",
    totalGlobalParams: 1,
    V: 16,
    C: 16,
    K: 4,
    NH: 2,
    NKV: 1,
    H: 24,
    blocks: 3,
    rope: OWN_PRESETS[0].model.rope,
    splits: [[-1, 1], [1, 2], [2, -1]],
    ...changes,
  };
  checkModelConfig(draft);
  return { ...draft, totalGlobalParams: changes.totalGlobalParams ?? countParameters(draft) };
}

/** Shapes of all stages for batches of B samples of T tokens. */
export function stageShapes(model: ModelConfig, B: number, T: number): StageShape[] {
  return model.splits.map((split) => stageShape(model, split, B, T));
}

/** Tokens (B, T) that can be learnt: each one and its position decide most of the next. */
export function learnableTokens(V: number, B: number, T: number, seed: number): Int32Array {
  const random = seededRandom(seed);
  const tokens = new Int32Array(B * T);
  for (let row = 0; row < B * T; row++) {
    const next = row % T === 0 ? Math.floor(random() * V) : (3 * tokens[row - 1] + row % T) % V;
    tokens[row] = random() < 0.1 ? Math.floor(random() * V) : next;
  }
  return tokens;
}

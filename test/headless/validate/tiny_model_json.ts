/**
 * A model file in the published fields: the tiny model of the other tests.
 *
 * @module
 */

import { tinyModel } from "../../model/tiny_model.ts";

const { rope, ...model } = tinyModel();

/** What the file holds. */
export const TINY_MODEL_JSON = {
  model_name: model.name,
  total_global_params: model.totalGlobalParams,
  vocab_size: model.V,
  context_length: rope.contextLength,
  orig_context_length: rope.origContextLength,
  emb_dim: model.C,
  bottleneck_dim: model.K,
  n_heads: model.NH,
  n_layers: model.blocks,
  hidden_dim: model.H,
  n_kv_groups: model.NKV,
  rope_base: rope.ropeBase,
  rope_freq: {
    factor: rope.factor,
    low_freq_factor: rope.lowFreqFactor,
    high_freq_factor: rope.highFreqFactor,
    original_context_length: rope.originalContextLength,
  },
  splits: model.splits,
};

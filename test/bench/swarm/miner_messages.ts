/**
 * What a miner in a process of its own is told.
 *
 * @module
 */

import * as v from "valibot";

/** The argument of `miner_process.ts`, as JSON. The tuning is the measuring process's own. */
export const MinerTask = v.object({
  url: v.string(),
  model: v.string(),
  precision: v.picklist(["f32", "bf16", "pure-bf16"]),
  backend: v.picklist(["wgpu", "dawn"]),
  seed: v.number(),
  batches: v.number(),
  mergeEvery: v.number(),
});
export type MinerTask = v.InferOutput<typeof MinerTask>;

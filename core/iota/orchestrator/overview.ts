/**
 * A whole swarm in one JSON document: what the page shows and `--json` prints. Times are in
 * milliseconds since 1970, losses in nats a token.
 *
 * @module
 */

import * as v from "valibot";
import { Phase } from "../api/schemas.ts";

const text = v.string();
const number = v.number();
const orNull = <Schema extends v.GenericSchema>(
  schema: Schema,
): v.NullableSchema<Schema, undefined> => v.nullable(schema);

/** What a miner does to the loss; see `clasp.ts`. */
export const CreditView = v.object({
  pathways: number,
  effect: orNull(number),
  standardError: orNull(number),
  outlier: orNull(v.picklist(["harmful", "too good"])),
});

export const LayerView = v.object({
  layer: number,
  phase: Phase,
  phaseSinceMs: number,
  merges: number,
  miners: number,
  /** Miners that have asked lately. */
  activeMiners: number,
  /** Forwards that wait for a miner, and those that a miner works on. */
  waiting: number,
  leased: number,
  /** Backwards since the last merge: of the slowest miner, all together, and what one must have. */
  leastBackwards: number,
  backwards: number,
  wantedBackwards: number,
  /** Miners that have uploaded, and that have merged, in the running merge. */
  uploaded: number,
  merged: number,
  /** Pieces of work that all its miners together do in a second; 0 if not known. */
  perSecond: number,
});
export type LayerView = v.InferOutput<typeof LayerView>;

export const MinerView = v.object({
  hotkey: text,
  uid: orNull(number),
  layer: number,
  isActive: v.boolean(),
  seenMs: number,
  registeredMs: number,
  backwards: number,
  forwardsEver: number,
  backwardsEver: number,
  /** Milliseconds from the handing out of work to its upload; 0 if not known. */
  meanWorkMs: number,
  /** Batches between its forward and its backward. */
  cached: number,
  /** Null for a miner without a uid. */
  score: orNull(number),
  credit: orNull(CreditView),
});
export type MinerView = v.InferOutput<typeof MinerView>;

export const LossPoint = v.object({
  timeMs: number,
  upTo: number,
  mean: number,
  least: number,
  most: number,
});

export const MergeView = v.object({
  layer: number,
  merge: number,
  startMs: number,
  uploadedMs: orNull(number),
  endMs: orNull(number),
  status: v.picklist(["running", "completed", "failed"]),
});

export const EventView = v.object({
  sequence: number,
  timeMs: number,
  kind: text,
  layer: orNull(number),
  hotkey: orNull(text),
  text,
});
export type EventView = v.InferOutput<typeof EventView>;

export const Overview = v.object({
  timeMs: number,
  /** The orchestrator's. */
  hotkey: text,
  version: text,
  netuid: number,
  model: v.object({ name: text, parameters: number, layers: number, batch: number, seq: number }),
  totals: v.object({
    miners: number,
    activeMiners: number,
    /** Finished batches, by their reported losses. */
    batches: number,
    batchesPerMinute: number,
    tokensPerSecond: number,
    merges: number,
    /** Mean of the last 32; null before the first. */
    loss: orNull(number),
    learningRate: number,
  }),
  layers: v.array(LayerView),
  /** At most a thousand: first those that stand out. */
  miners: v.array(MinerView),
  losses: v.array(LossPoint),
  merges: v.array(MergeView),
  validators: v.array(v.object({
    hotkey: text,
    url: text,
    tracked: orNull(v.object({ hotkey: text, layer: number, sinceMs: number })),
  })),
  credit: v.object({
    pathways: number,
    noise: orNull(number),
    /** Hotkeys, the largest effect first. */
    outliers: v.array(v.object({ hotkey: text, layer: number, effect: number })),
  }),
  /** The latest first. */
  events: v.array(EventView),
});
export type Overview = v.InferOutput<typeof Overview>;

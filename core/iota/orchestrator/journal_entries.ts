/**
 * What stands in the orchestrator's journals, for those who write them and those who show them.
 * Entries that cannot be read are left out when shown.
 *
 * @module
 */

import * as v from "valibot";
import { Direction, LossRecord, Phase } from "../api/schemas.ts";

const whole = v.pipe(v.number(), v.integer(), v.minValue(0));
const unixMs = v.number();

/** A finished batch: who ran it on each layer, how long each took, and the loss. */
export const PathwayEntry = v.object({
  uid: v.string(),
  hotkeys: v.array(v.string()),
  /** In nats a token. */
  loss: v.number(),
  /** By layer: milliseconds of forward and backward together. */
  ms: v.array(v.number()),
  timeMs: unixMs,
});
export type PathwayEntry = v.InferOutput<typeof PathwayEntry>;

/** A loss, as it was reported. */
export const LossEntry = LossRecord;
export type LossEntry = v.InferOutput<typeof LossEntry>;

/** Something that happened to the swarm. */
export const EventEntry = v.object({
  timeMs: unixMs,
  /** One word: `phase`, `merge`, `refused`, `registered`, `gone`, `check`, `weights` … */
  kind: v.string(),
  layer: v.optional(v.nullable(whole), null),
  hotkey: v.optional(v.nullable(v.string()), null),
  /** One line for a person. */
  text: v.string(),
  /** Of `phase`: the phase that begins, and the merges done so far. */
  phase: v.optional(Phase),
  merges: v.optional(whole),
  /** Of work on an activation. */
  uid: v.optional(v.string()),
  direction: v.optional(Direction),
});
export type EventEntry = v.InferOutput<typeof EventEntry>;

/**
 * What goes between the benchmark and the process that mines.
 *
 * @module
 */

import * as v from "valibot";
import { BACKENDS } from "../../../headless/webgpu.ts";

/** How to mine, as JSON in the process's argument. */
export const ServeTask = v.object({
  /** An empty folder of its own. */
  dir: v.string(),
  /** Validators that may ask. */
  hotkeys: v.array(v.string()),
  /** A preset's name. */
  model: v.string(),
  backend: v.picklist(BACKENDS),
  /** Whether a second axon lets hashcat search, with everything else the same. */
  hashcat: v.boolean(),
});
export type ServeTask = v.InferOutput<typeof ServeTask>;

const Count = v.pipe(v.number(), v.minValue(0));

/** Said once, when the first optimizer step is done. */
export const Serving = v.object({
  kind: v.literal("serving"),
  adapter: v.string(),
  isSoftware: v.boolean(),
  /** What searches, such as `wasm`. */
  variant: v.string(),
  port: v.number(),
  /** The version and the port of the axon that lets hashcat search, or why there is none. */
  hashcat: v.union([v.object({ version: v.string(), port: v.number() }), v.string()]),
});
export type Serving = v.InferOutput<typeof Serving>;

/** Said of each challenge of the axon that searches by itself. */
export const Answered = v.object({
  kind: v.literal("answered"),
  outcome: v.string(),
  elapsedMs: v.number(),
  waitedMs: v.number(),
  /** Candidates a second. */
  rate: Count,
});
export type Answered = v.InferOutput<typeof Answered>;

/** Said for each line on the process's stdin. */
export const Progress = v.object({
  kind: v.literal("progress"),
  /** Slices of training that were given to the GPU, and optimizer steps taken. */
  slices: Count,
  steps: Count,
  /** On the process's clock. */
  atMs: v.number(),
});
export type Progress = v.InferOutput<typeof Progress>;

/** A line on the process's stdout. */
export const Message = v.variant("kind", [Serving, Answered, Progress]);

/**
 * What an orchestrator in a process of its own is told, and what it tells.
 *
 * @module
 */

import * as v from "valibot";

/** The argument of `served_process.ts`, as JSON. */
export const ServeTask = v.object({
  /** Its store's, and its state's unless there is a bus. */
  dir: v.string(),
  bus: v.optional(v.string()),
  /** That check signatures; 0 for the serving thread itself. */
  threads: v.number(),
});
export type ServeTask = v.InferOutput<typeof ServeTask>;

/** The line that it prints once it answers. */
export const Serving = v.object({ url: v.string() });

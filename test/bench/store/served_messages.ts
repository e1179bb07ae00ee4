/**
 * What goes between the benchmark and the process that serves its store.
 *
 * @module
 */

import * as v from "valibot";

/** What is to be served, as JSON in the process's argument. */
export const ServeRequest = v.object({ dir: v.string(), syncs: v.boolean(), maxBytes: v.number() });
export type ServeRequest = v.InferOutput<typeof ServeRequest>;

/** What the process prints as JSON when it serves. */
export const Served = v.object({
  /** Where one object may be put, and got from; and the file that it becomes. */
  putUrl: v.string(),
  getUrl: v.string(),
  objectPath: v.string(),
  /** Answers {@linkcode MemoryAnswer}. */
  memoryUrl: v.string(),
});
export type Served = v.InferOutput<typeof Served>;

/** The most memory that the process took since it was asked last. */
export const MemoryAnswer = v.object({ mostBytes: v.number() });

/**
 * What goes between the benchmark and the process that serves its axon.
 *
 * @module
 */

import * as v from "valibot";

/** Where the axon keeps its nonces, and who may ask it, as JSON in the process's argument. */
export const ServeTask = v.object({ dir: v.string(), hotkeys: v.array(v.string()) });
export type ServeTask = v.InferOutput<typeof ServeTask>;

/** What the process prints as JSON when it serves. */
export const Serving = v.object({ port: v.number() });

/** Whom hostile clients ask, how often, and a hotkey that they pretend to have. */
export const HostileTask = v.object({
  ...{ port: v.number(), axonHotkey: v.string(), known: v.string(), perSecond: v.number() },
});
export type HostileTask = v.InferOutput<typeof HostileTask>;

/** What came of them: answers by status. */
export const HostileOutcome = v.object({
  sent: v.number(),
  seconds: v.number(),
  statuses: v.record(v.string(), v.number()),
});
export type HostileOutcome = v.InferOutput<typeof HostileOutcome>;

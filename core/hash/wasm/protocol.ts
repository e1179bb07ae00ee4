/**
 * What the engine and its threads tell each other.
 *
 * @module
 */
import * as v from "valibot";
import type { SearchPlan } from "../search_plan.ts";

const words = v.custom<Uint32Array<ArrayBuffer>>((value) =>
  value instanceof Uint32Array && value.buffer instanceof ArrayBuffer
);
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const DigitSchema = v.object({ charset: v.instance(Uint8Array), word: count, shift: count });

const PlanSchema: v.GenericSchema<unknown, SearchPlan> = v.object({
  algorithm: v.picklist(["blake2b", "sha256"]),
  messageBytes: count,
  message: words,
  targetWord: count,
  innerWord: count,
  inner: words,
  low: v.array(DigitSchema),
  high: v.array(DigitSchema),
  groupSize: count,
  order: v.array(count),
});

const SliceSchema = v.object({ group: v.bigint(), first: count, count });

const SuspectSchema = v.object({ outer: count, innerFirst: count, innerCount: count });

const RequestSchema = v.variant("kind", [
  v.object({ kind: v.literal("open"), search: count, plan: PlanSchema }),
  v.object({ kind: v.literal("run"), search: count, slice: SliceSchema }),
  v.object({ kind: v.literal("end"), search: count }),
]);

const ReplySchema = v.variant("kind", [
  v.object({ kind: v.literal("opened"), search: count }),
  v.object({
    kind: v.literal("done"),
    search: count,
    suspects: v.array(SuspectSchema),
    /** Whether the thread has found out which kernel is the fastest for this search. */
    isSettled: v.boolean(),
  }),
]);

/** To a thread. Searches have numbers; a thread does what it is told one after another. */
export type Request = v.InferOutput<typeof RequestSchema>;

/** From a thread: `opened` for an `open`, `done` for a `run`, in their order. */
export type Reply = v.InferOutput<typeof ReplySchema>;

/** @throws {v.ValiError} if a message is no request */
export function parseRequest(message: unknown): Request {
  return v.parse(RequestSchema, message);
}

/** @throws {v.ValiError} if a message is no reply */
export function parseReply(message: unknown): Reply {
  return v.parse(ReplySchema, message);
}

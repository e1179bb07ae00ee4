/**
 * The orchestrator's records: what is kept of each miner, layer and activation, and how one is
 * changed when several processes may do it at once.
 *
 * @module
 */

import * as v from "valibot";
import { WeftError } from "../../errors.ts";
import { Partition, Phase, SubmittedWeights } from "../api/schemas.ts";
import type { Json, Records } from "./state.ts";

const text = v.string();
const whole = v.pipe(v.number(), v.integer(), v.minValue(0));
const unixMs = v.number();

/** A miner, from its registration on. */
export const MinerRecord = v.object({
  hotkey: text,
  layer: whole,
  /** In the metagraph; null in a swarm that is open to all. */
  uid: v.nullable(whole),
  registeredMs: unixMs,
  /** When it last asked for anything, to within some seconds. */
  seenMs: unixMs,
  /** Activations between its forward and its backward. */
  cached: v.array(v.object({
    uid: text,
    sinceMs: unixMs,
    /** Key of the gradient once it is there. */
    gradientKey: v.nullable(text),
    /** Until when the gradient is handed out. */
    leasedUntilMs: unixMs,
  })),
  /** Since the layer's last merge. */
  backwards: whole,
  /** Over all time. */
  forwardsEver: whole,
  backwardsEver: whole,
  /** Mean milliseconds from the handing out of work to its upload, newest weighted most; 0 unknown. */
  meanWorkMs: v.number(),
  /** The merge in which its weights were last part. */
  lastMerge: v.nullable(whole),
});
export type MinerRecord = v.InferOutput<typeof MinerRecord>;

/** A layer. */
export const LayerRecord = v.object({
  layer: whole,
  phase: Phase,
  phaseSinceMs: unixMs,
  /** Merges done. */
  merges: whole,
  /** Sections that uploads of the present merge are cut in. */
  numSections: whole,
  /** Batches begun since the last merge; counted on layer 0. */
  batchesBegun: whole,
});
export type LayerRecord = v.InferOutput<typeof LayerRecord>;

/** A layer's merge that is under way. */
export const MergeRecord = v.object({
  layer: whole,
  /** Merges done before it. */
  merge: whole,
  /** Since when the layer had been training: tells merges apart that come to nothing. */
  trainedSinceMs: unixMs,
  /** Who may upload: those with all their backwards, and how many these were. */
  eligible: v.record(text, whole),
  /** Keys of what was uploaded. */
  submitted: v.array(SubmittedWeights),
  /** When enough had been uploaded, or merged, for the phase to end soon. */
  enoughSinceMs: v.nullable(unixMs),
  /** Who merges which chunks; empty while weights are uploaded. */
  assignments: v.record(text, v.array(whole)),
  /** Whose partitions have come in. */
  mergedBy: v.array(text),
});
export type MergeRecord = v.InferOutput<typeof MergeRecord>;

/** The chunks that one miner has merged, of the merge that is under way. */
export const PartitionsRecord = v.object({ hotkey: text, partitions: v.array(Partition) });
export type PartitionsRecord = v.InferOutput<typeof PartitionsRecord>;

/** Merged weights of a layer, and what lies in the store for their sake. */
export const WeightsRecord = v.object({
  layer: whole,
  /** Merges done with this one. */
  merges: whole,
  partitions: v.array(Partition),
  /** All objects of this merge, and of the one before. */
  keys: v.array(text),
  oldKeys: v.array(text),
});
export type WeightsRecord = v.InferOutput<typeof WeightsRecord>;

/** An activation on its way through all layers and back. */
export const ActivationRecord = v.object({
  uid: text,
  createdMs: unixMs,
  /** Since when layer 0 had been training at its begin; 0 once it is dropped. */
  round: unixMs,
  /** Key of the tokens. */
  initialKey: v.nullable(text),
  /** Where it is: the layer that is to work on it, and which way. */
  layer: whole,
  direction: v.picklist(["forward", "backward"]),
  /** Who works on it. */
  holder: v.nullable(v.object({ hotkey: text, untilMs: unixMs, sinceMs: unixMs, token: text })),
  /** By layer: who ran it, and where the results lie. */
  path: v.array(v.object({
    hotkey: text,
    forwardKey: v.nullable(text),
    backwardKey: v.nullable(text),
    /** From handing out to upload. */
    forwardMs: v.number(),
    backwardMs: v.nullable(v.number()),
  })),
  loss: v.nullable(v.number()),
  /** Whose forward of the present layer was no good; others are to try. */
  refusedFrom: v.optional(v.array(text)),
});
export type ActivationRecord = v.InferOutput<typeof ActivationRecord>;

/** A gradient validator that has told where it answers. */
export const ValidatorRecord = v.object({
  hotkey: text,
  url: text,
  registeredMs: unixMs,
  /** Whom it tracks. */
  tracked: v.nullable(v.object({ hotkey: text, layer: whole, sinceMs: unixMs })),
});
export type ValidatorRecord = v.InferOutput<typeof ValidatorRecord>;

/** How records of one kind are named and read. */
export interface RecordKind<Value> {
  readonly prefix: string;
  readonly schema: v.GenericSchema<unknown, Value>;
}

/** Kinds of records. */
export const MINERS: RecordKind<MinerRecord> = { prefix: "miner", schema: MinerRecord };
export const LAYERS: RecordKind<LayerRecord> = { prefix: "layer", schema: LayerRecord };
export const MERGES: RecordKind<MergeRecord> = { prefix: "merge", schema: MergeRecord };
export const PARTITIONS: RecordKind<PartitionsRecord> = {
  prefix: "partitions",
  schema: PartitionsRecord,
};
export const WEIGHTS: RecordKind<WeightsRecord> = { prefix: "weights", schema: WeightsRecord };
export const ACTIVATIONS: RecordKind<ActivationRecord> = {
  prefix: "activation",
  schema: ActivationRecord,
};
export const VALIDATORS: RecordKind<ValidatorRecord> = {
  prefix: "validator",
  schema: ValidatorRecord,
};

/** Journals. */
export const LOSSES = "losses";
/** Pathways of finished activations: who ran them, and the loss. */
export const PATHWAYS = "pathways";
/** Phases, merges and what was refused, for the page. */
export const EVENTS = "events";
/** Scores that validators have submitted. */
export const SCORES = "scores";

/** Queue of the forwards that wait for a layer. */
export function forwardQueue(layer: number): string {
  return `forward.${layer}`;
}

/** Topics of signals. */
export const TOPICS = {
  /** There is a forward for the layer. */
  forward: (layer: number): string => `forward.${layer}`,
  /** There is a gradient for the miner. */
  backward: (hotkey: string): string => `backward.${hotkey}`,
  /** The layer has gone over to another phase. */
  phase: (layer: number): string => `phase.${layer}`,
} as const;

/** The present state of a record, undefined if there is none. */
export async function readRecord<Value>(
  records: Records,
  kind: RecordKind<Value>,
  key: string,
): Promise<Value | undefined> {
  const entry = await records.get(`${kind.prefix}.${key}`);
  return entry && parseRecord(kind, key, entry.value);
}

/** All records of a kind. */
export async function listRecords<Value>(
  records: Records,
  kind: RecordKind<Value>,
): Promise<Value[]> {
  const entries = await records.list(kind.prefix);
  return [...entries].map(([name, { value }]) => parseRecord(kind, name, value));
}

/** Times that a change is tried before something must be wrong. */
const MAX_TRIES = 100;

/**
 * Changes a record, however many others do so at once.
 *
 * @param change gets the latest state and gives the new one: undefined removes the record, the same
 *   object leaves it as it is. It may be called several times, and what it throws is passed on.
 * @returns what the record is now
 */
export async function changeRecord<Value extends Json | undefined>(
  records: Records,
  kind: RecordKind<Value>,
  key: string,
  change: (now: Value | undefined) => Value | undefined,
): Promise<Value | undefined> {
  const name = `${kind.prefix}.${key}`;
  for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
    const entry = await records.get(name);
    const now = entry && parseRecord(kind, key, entry.value);
    const next = change(now);
    if (next === now) return now;
    const seen = entry?.revision ?? 0;
    const done = next === undefined
      ? await records.remove(name, seen)
      : await records.put(name, next, seen) !== undefined;
    if (done) return next;
  }
  throw new WeftError(
    `record ${name} was changed by others ${MAX_TRIES} times in a row: try again`,
  );
}

function parseRecord<Value>(
  { prefix, schema }: RecordKind<Value>,
  key: string,
  value: Json,
): Value {
  const parsed = v.safeParse(schema, value);
  if (parsed.success) return parsed.output;
  throw new WeftError(
    `the kept record of ${prefix} ${key} cannot be read (${
      parsed.issues[0].message
    }): it was written ` +
      `by another version of Weft; begin with an empty state`,
  );
}

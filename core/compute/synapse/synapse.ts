/**
 * A synapse: what a dendrite asks an axon and gets back, one object that both sides write into.
 *
 * Source: opentensor/bittensor v10.2, `bittensor/core/synapse.py`.
 *
 * @module
 */

import { sha3_256 } from "@noble/hashes/sha3.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import * as v from "valibot";
import { WeftError } from "../../errors.ts";
import { type PythonData, PythonFloat } from "../../formats/python_json.ts";
import { isDict, pythonNumber, pythonWhole } from "./python_fields.ts";
import { pythonStr } from "./python_str.ts";
import {
  dumpTerminal,
  type TerminalInfo,
  UNKNOWN_TERMINAL,
  WireTerminal,
} from "./terminal_info.ts";

/** Schemas of a kind's own fields, by their names on the wire. */
export type FieldEntries = Readonly<Record<string, v.GenericSchema<unknown, PythonData>>>;

/** A class of synapses. */
export interface SynapseKind<Entries extends FieldEntries = FieldEntries> {
  /** Its route. */
  readonly name: string;
  /** In the order in which they are written. A field with a default is `v.optional`. */
  readonly fields: Entries;
  /** Fields whose values the body hash is of, in this order. */
  readonly hashFields: readonly (keyof Entries & string)[];
}

/** Values of a kind's own fields. */
export type FieldsOf<Kind extends SynapseKind> = {
  readonly [Name in keyof Kind["fields"]]: v.InferOutput<Kind["fields"][Name]>;
};

/** A synapse of some kind. */
export interface Synapse<Kind extends SynapseKind = SynapseKind> {
  readonly kind: Kind;
  /** In seconds. */
  readonly timeout: number | null;
  /** Sizes in Python's memory, which nobody checks. */
  readonly totalSize: number | null;
  readonly headerSize: number | null;
  readonly dendrite: TerminalInfo;
  readonly axon: TerminalInfo;
  /** As it came; empty where it travels in a header. */
  readonly computedBodyHash: string | null;
  readonly fields: FieldsOf<Kind>;
}

/** Data that are no synapse of their kind. */
export class SynapseFormatError extends WeftError {
  override name = "SynapseFormatError";
}

const DEFAULT_TIMEOUT_S = 12;

const size = v.optional(v.nullable(v.pipe(pythonWhole, v.transform((value) => Number(value)))), 0);
const terminal = v.optional(v.nullable(WireTerminal), null);

const Base = v.object({
  timeout: v.optional(v.nullable(pythonNumber), DEFAULT_TIMEOUT_S),
  ...{ total_size: size, header_size: size, dendrite: terminal, axon: terminal },
  computed_body_hash: v.optional(v.nullable(v.string()), ""),
});

/** A new synapse of which nothing but its own fields is known. */
export function createSynapse<Kind extends SynapseKind>(
  kind: Kind,
  fields: FieldsOf<Kind>,
): Synapse<Kind> {
  return {
    ...{ kind, timeout: DEFAULT_TIMEOUT_S, totalSize: 0, headerSize: 0, computedBodyHash: "" },
    ...{ dendrite: UNKNOWN_TERMINAL, axon: UNKNOWN_TERMINAL, fields },
  };
}

/**
 * Reads the data of a body, or those that headers tell of.
 *
 * @throws {SynapseFormatError} if they do not fit the kind
 */
export function readSynapse<Kind extends SynapseKind>(
  kind: Kind,
  data: PythonData,
): Synapse<Kind> {
  if (!isDict(data)) throw new SynapseFormatError(`${kind.name}: an object is expected`);
  const base = parse(kind, Base, data);
  // The schema is made of just these entries.
  const fields = parse(kind, schemaOf(kind), data) as FieldsOf<Kind>;
  return {
    ...{ kind, timeout: base.timeout, totalSize: base.total_size, headerSize: base.header_size },
    ...{ dendrite: base.dendrite ?? UNKNOWN_TERMINAL, axon: base.axon ?? UNKNOWN_TERMINAL },
    ...{ computedBodyHash: base.computed_body_hash, fields },
  };
}

const schemas = new WeakMap<FieldEntries, v.GenericSchema>();

/** Of a kind's own fields; made once, for it takes as long as to read them. */
function schemaOf({ fields }: SynapseKind): v.GenericSchema {
  const schema = schemas.get(fields) ?? v.object(fields);
  schemas.set(fields, schema);
  return schema;
}

function parse<Schema extends v.GenericSchema>(
  kind: SynapseKind,
  schema: Schema,
  data: unknown,
): v.InferOutput<Schema> {
  const read = v.safeParse(schema, data, { abortEarly: true });
  if (read.success) return read.output;
  const [{ message, path }] = read.issues;
  const where = (path ?? []).map(({ key }) => String(key)).join(".");
  throw new SynapseFormatError(`${kind.name}.${where}: ${message}`);
}

/** Whether a field has no default. */
export function isRequired({ fields }: SynapseKind, name: string): boolean {
  return fields[name].type !== "optional";
}

/** All of it as Python dumps it, nulls included. */
export function dumpSynapse(synapse: Synapse): Record<string, PythonData> {
  const { kind, timeout, totalSize, headerSize, dendrite, axon, computedBodyHash } = synapse;
  return {
    name: kind.name,
    timeout: timeout === null ? null : new PythonFloat(timeout),
    total_size: totalSize,
    header_size: headerSize,
    dendrite: dumpTerminal(dendrite),
    axon: dumpTerminal(axon),
    computed_body_hash: computedBodyHash,
    ...synapse.fields,
  };
}

const HASH_OF_NOTHING = hash("");

/** SHA3-256 of the hashes of the values that the kind wants hashed, in hex. */
export function bodyHash({ kind, fields }: Synapse): string {
  if (kind.hashFields.length === 0) return HASH_OF_NOTHING;
  return hash(kind.hashFields.map((name) => hash(pythonStr(fields[name]))).join(""));
}

function hash(text: string): string {
  return bytesToHex(sha3_256(utf8ToBytes(text)));
}

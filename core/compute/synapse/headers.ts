/**
 * A synapse in HTTP headers: all but its own fields, whose values are in the body.
 *
 * Source: opentensor/bittensor v10.2, `to_headers` and `parse_headers_to_inputs` of
 * `bittensor/core/synapse.py`.
 *
 * @module
 */

import { base64Decode, base64Encode } from "@polkadot/util-crypto/base64";
import type { HeaderSource } from "../../host.ts";
import { type PythonData, PythonFloat, pythonJson } from "../../formats/python_json.ts";
import { readJson } from "../../formats/python_json_reader.ts";
import { pythonStr } from "./python_str.ts";
import { bodyHash, isRequired, readSynapse, type Synapse, type SynapseKind } from "./synapse.ts";
import { PING } from "./synapses.ts";
import { dumpTerminal, TERMINAL_FIELDS, type TerminalInfo } from "./terminal_info.ts";

const AXON = "bt_header_axon_";
const DENDRITE = "bt_header_dendrite_";
const INPUT = "bt_header_input_obj_";
const PLAIN = ["timeout", "header_size", "total_size", "computed_body_hash"] as const;
/** Names of all headers of a synapse that has no required fields. */
export const SYNAPSE_HEADERS: readonly string[] = [
  ...["name", "content-type", "content-length", ...PLAIN],
  ...[AXON, DENDRITE].flatMap((prefix) => TERMINAL_FIELDS.map((field) => prefix + field)),
];
/** What Python says of the size of such a dict; nobody checks it. */
const HEADER_SIZE = 464;

/**
 * The headers of a synapse. Values are Latin-1, as HTTP wants them; what is not is left out.
 *
 * @param totalSizeBytes of the body; Python counts its memory, and nobody checks it
 */
export function toHeaders(synapse: Synapse, totalSizeBytes: number): Record<string, string> {
  const { kind, timeout, axon, dendrite, fields } = synapse;
  const inputs = Object.keys(kind.fields)
    .filter((field) => isRequired(kind, field) && fields[field] !== null)
    .map((field) => [`${INPUT}${field}`, encodeInput(emptyLike(fields[field]))]);
  return {
    name: kind.name,
    timeout: timeout === null ? "None" : pythonStr(new PythonFloat(timeout)),
    ...prefixed(AXON, dumpTerminal(axon)),
    ...prefixed(DENDRITE, dumpTerminal(dendrite)),
    ...Object.fromEntries(inputs),
    header_size: `${HEADER_SIZE}`,
    total_size: `${totalSizeBytes}`,
    computed_body_hash: bodyHash(synapse),
  };
}

/**
 * What headers tell of a synapse; fields without a default have some empty value.
 *
 * @throws {SynapseFormatError} if they do not fit the kind
 */
export function fromHeaders<Kind extends SynapseKind>(
  kind: Kind,
  headers: HeaderSource,
): Synapse<Kind> {
  const plain = PLAIN.map((name) => [name, headers.get(name)] as const);
  return readSynapse(kind, {
    ...inputsOf(kind, headers),
    ...Object.fromEntries(plain),
    axon: terminalOf(AXON, headers),
    dendrite: terminalOf(DENDRITE, headers),
  });
}

/** What headers tell of both ends. @throws {SynapseFormatError} if it cannot be read */
export function terminalsOf(
  headers: HeaderSource,
): { readonly axon: TerminalInfo; readonly dendrite: TerminalInfo } {
  const { axon, dendrite } = readSynapse(PING, {
    axon: terminalOf(AXON, headers),
    dendrite: terminalOf(DENDRITE, headers),
  });
  return { axon, dendrite };
}

function prefixed(
  prefix: string,
  fields: Readonly<Record<string, PythonData>>,
): Record<string, string> {
  const known = Object.entries(fields).filter(([, value]) => value !== null);
  return Object.fromEntries(
    known.map(([name, value]) => [prefix + name, headerText(pythonStr(value))]),
  );
}

/** In one line, and of letters that a header may have. */
function headerText(text: string): string {
  return text.replaceAll(/\s+/g, " ").replaceAll(/[^\x20-\x7e\xa0-\xff]/g, "?");
}

function terminalOf(prefix: string, headers: HeaderSource): Record<string, PythonData> {
  const values = TERMINAL_FIELDS.map((name) => [name, headers.get(prefix + name)] as const);
  return Object.fromEntries(values.filter(([, value]) => value !== null));
}

function inputsOf(kind: SynapseKind, headers: HeaderSource): Record<string, PythonData> {
  const values = Object.keys(kind.fields).map((field) => {
    return [field, decodeInput(headers.get(INPUT + field.toLowerCase()))] as const;
  });
  return Object.fromEntries(values.flatMap(([field, value]) => {
    return value === undefined ? [] : [[field, value]];
  }));
}

function encodeInput(value: PythonData): string {
  return base64Encode(new TextEncoder().encode(pythonJson(value)));
}

/** Undefined for what is none: the field is missing then. */
function decodeInput(text: string | null): PythonData | undefined {
  if (text === null) return undefined;
  try {
    return readJson(new TextDecoder().decode(base64Decode(text))).asSent;
  } catch {
    return undefined;
  }
}

/** What Python makes of the value's type when it calls it. */
function emptyLike(value: PythonData): PythonData {
  if (typeof value === "string") return "";
  if (typeof value === "boolean") return false;
  if (typeof value === "number" || typeof value === "bigint") return 0;
  if (value instanceof PythonFloat) return new PythonFloat(0);
  return Array.isArray(value) ? [] : {};
}

/**
 * What a synapse tells of either end: the dendrite that asks, and the axon that answers.
 *
 * Source: opentensor/bittensor v10.2, `TerminalInfo` of `bittensor/core/synapse.py`.
 *
 * @module
 */

import * as v from "valibot";
import { type PythonData, PythonFloat } from "../../formats/python_json.ts";
import { pythonNumber, pythonWhole } from "./python_fields.ts";

/** One end of a request; null is what nobody has filled in. */
export interface TerminalInfo {
  /** An HTTP status. */
  readonly statusCode: number | null;
  readonly statusMessage: string | null;
  /** In seconds. */
  readonly processTime: number | null;
  readonly ip: string | null;
  readonly port: number | null;
  /** Of the SDK: `a·10⁶ + b·10³ + c` for a.b.c. */
  readonly version: number | null;
  /** Nanoseconds since 1970. */
  readonly nonce: bigint | null;
  readonly uuid: string | null;
  /** ss58 */
  readonly hotkey: string | null;
  /** `0x` and 128 digits. */
  readonly signature: string | null;
}

/** An end of which nothing is known. */
export const UNKNOWN_TERMINAL: TerminalInfo = {
  ...{ statusCode: null, statusMessage: null, processTime: null, ip: null, port: null },
  ...{ version: null, nonce: null, uuid: null, hotkey: null, signature: null },
};

/** Fields by their names on the wire, in the order in which Python writes them. */
const WIRE_NAMES: readonly (readonly [string, keyof TerminalInfo])[] = [
  ["status_code", "statusCode"],
  ["status_message", "statusMessage"],
  ["process_time", "processTime"],
  ["ip", "ip"],
  ["port", "port"],
  ["version", "version"],
  ["nonce", "nonce"],
  ["uuid", "uuid"],
  ["hotkey", "hotkey"],
  ["signature", "signature"],
];

/** Names on the wire. */
export const TERMINAL_FIELDS: readonly string[] = WIRE_NAMES.map(([wire]) => wire);

const whole = v.optional(
  v.nullable(v.pipe(pythonWhole, v.transform((value) => Number(value)))),
  null,
);
const text = v.optional(v.nullable(v.string()), null);

/** As Python reads it, from a body's data or from texts of headers. */
export const WireTerminal = v.pipe(
  v.object({
    ...{ status_code: whole, status_message: text },
    process_time: v.optional(v.nullable(pythonNumber), null),
    ...{ ip: text, port: whole, version: whole },
    nonce: v.optional(v.nullable(v.pipe(pythonWhole, v.transform((value) => BigInt(value)))), null),
    ...{ uuid: text, hotkey: text, signature: text },
  }),
  v.transform((wire): TerminalInfo => ({
    ...{ statusCode: wire.status_code, statusMessage: wire.status_message },
    ...{ processTime: wire.process_time, ip: wire.ip, port: wire.port, version: wire.version },
    ...{ nonce: wire.nonce, uuid: wire.uuid, hotkey: wire.hotkey, signature: wire.signature },
  })),
);

/** As Python dumps it, nulls included. */
export function dumpTerminal(terminal: TerminalInfo): Record<string, PythonData> {
  return Object.fromEntries(WIRE_NAMES.map(([wire, name]) => {
    const value = terminal[name];
    return [wire, name === "processTime" && value !== null ? float(value) : value];
  }));
}

function float(value: string | number | bigint): PythonFloat {
  return new PythonFloat(Number(value));
}

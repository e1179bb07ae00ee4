/**
 * JSON read as Python reads it. Python tells `2` from `2.0` and keeps whole numbers of any size, and
 * JavaScript does neither: a number is a float where its text has a point or an exponent.
 *
 * @module
 */

import { type PythonData, PythonFloat } from "./python_json.ts";

/** No body of the protocol is nested as deep, and no stack is filled by one that is. */
const MAX_DEPTH = 32;

/** A body that was read. */
export interface JsonBody {
  readonly value: unknown;
  /** The same as Python reads it. */
  readonly asSent: PythonData;
}

/**
 * Reads a body's JSON.
 *
 * @throws {SyntaxError} if it is none, or nested too deep
 */
export function readJson(text: string): JsonBody {
  const asSent = parse(text);
  return { value: plain(asSent, 0), asSent };
}

function parse(text: string): PythonData {
  try {
    return JSON.parse(text, readNumber);
  } catch (error) {
    // A reviver's depth is bounded by the stack only.
    if (error instanceof RangeError) throw new SyntaxError("nested too deep");
    throw error;
  }
}

/** A reviver that keeps what kind of number Python would read. */
function readNumber(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== "number") return value;
  const source = context?.source ?? `${value}`;
  if (/[.eE]/.test(source)) return new PythonFloat(value);
  return Number.isSafeInteger(value) ? value : BigInt(source);
}

function plain(data: PythonData, depth: number): unknown {
  if (depth > MAX_DEPTH) throw new SyntaxError("nested too deep");
  if (data === null || typeof data !== "object") {
    return typeof data === "bigint" ? Number(data) : data;
  }
  if (data instanceof PythonFloat) return data.value;
  if (Array.isArray(data)) return data.map((item) => plain(item, depth + 1));
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, plain(value, depth + 1)]),
  );
}

/**
 * Bodies as Python has them. What is signed tells `2` from `2.0`, and JavaScript does not: a number
 * is a float where its text has a point or an exponent, or where its model says so.
 *
 * @module
 */

import * as v from "valibot";
import { type PythonData, PythonFloat } from "../python_json.ts";

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

/** A step of a pipe; its first is a schema, which may have a pipe of its own. */
interface PipeItem {
  readonly type: string;
  readonly pipe?: readonly PipeItem[];
}

/** A schema, and what it may be made of. */
interface Schema extends v.GenericSchema {
  readonly entries?: Readonly<Record<string, Schema>>;
  readonly item?: Schema;
  readonly value?: Schema;
  readonly wrapped?: Schema;
  readonly options?: readonly (Schema | string)[];
  readonly pipe?: readonly PipeItem[];
}

/**
 * A model's content as Python has it: a number is a float unless its schema wants a whole one.
 *
 * @param value what the schema gave, with every field
 */
export function asPython(schema: Schema, value: unknown): PythonData {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (schema.wrapped !== undefined) return asPython(schema.wrapped, value);
  if (schema.type === "union") return asPython(fittingOption(schema, value), value);
  if (typeof value === "number") return isWhole(schema) ? value : new PythonFloat(value);
  const { item, entries, value: member } = schema;
  if (Array.isArray(value) && item !== undefined) return value.map((one) => asPython(item, one));
  if (typeof value === "object" && value !== null) {
    const fields = Object.entries(value).map(([key, one]) => {
      const field = entries?.[key] ?? member;
      if (field === undefined) throw new TypeError(`the schema has no field ${key}`);
      return [key, asPython(field, one)] as const;
    });
    return Object.fromEntries(fields);
  }
  throw new TypeError(`a ${schema.type} is not known here`);
}

function isWhole({ pipe = [] }: PipeItem): boolean {
  return pipe.some((item) => item.type === "integer" || isWhole(item));
}

function fittingOption(schema: Schema, value: unknown): Schema {
  for (const option of schema.options ?? []) {
    if (typeof option !== "string" && v.is(option, value)) return option;
  }
  throw new TypeError("the value is of none of the union's kinds");
}

/**
 * Kinds of fields of a synapse, which take what pydantic takes for them. What they read is data as
 * Python has it, so that a field goes back as it came.
 *
 * Source: pydantic 2, the conversion table of its lax mode.
 *
 * @module
 */

import * as v from "valibot";
import { type PythonData, PythonFloat } from "../../formats/python_json.ts";

const WHOLE_TEXT = /^\s*[+-]?\d+(?:_\d+)*\s*$/;
const NUMBER_TEXT = /^\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?\s*$/i;
/** No number of the protocol is as long; reading one takes time that grows with its square. */
const MAX_DIGITS = 64;

/** `int(…)`: a number of which a fraction is cut off, its text, or a boolean. */
export const pythonWhole = v.pipe(
  v.unknown(),
  v.check((data) => toWhole(data) !== undefined, "a whole number is expected"),
  v.transform((data): number | bigint => toWhole(data) ?? 0),
);

/** `float(…)`: a finite number, its text, or a boolean. */
export const pythonNumber = v.pipe(
  v.unknown(),
  v.check((data) => toNumber(data) !== undefined, "a number is expected"),
  v.transform((data) => toNumber(data) ?? 0),
);

/** An `int` of a model: a float only if it is whole. */
export const pythonInt = v.pipe(
  v.unknown(),
  v.check(
    (data) => toWhole(data) !== undefined && !(isFloat(data) && !Number.isInteger(data.value)),
    "a whole number is expected",
  ),
  v.transform((data): number | bigint => toWhole(data) ?? 0),
);

const TRUE: readonly unknown[] = [true, 1, "1", "on", "t", "true", "y", "yes"];
const FALSE: readonly unknown[] = [false, 0, "0", "off", "f", "false", "n", "no"];

/** A `bool` of a model. */
export const pythonBool = v.pipe(
  v.unknown(),
  v.check((data) => [...TRUE, ...FALSE].includes(plainWord(data)), "true or false is expected"),
  v.transform((data) => TRUE.includes(plainWord(data))),
);

/** A `dict` of a model, with whatever is in it. */
export const pythonDict = v.custom<Readonly<Record<string, PythonData>>>(
  isDict,
  "an object is expected",
);

/** A `list` of a model, with whatever is in it. */
export const pythonList = v.custom<readonly PythonData[]>(
  (data) => Array.isArray(data),
  "a list is expected",
);

/** Whether some data are a `dict`. */
export function isDict(data: unknown): data is Readonly<Record<string, PythonData>> {
  return typeof data === "object" && data !== null && !Array.isArray(data) && !isFloat(data);
}

function toWhole(data: unknown): number | bigint | undefined {
  if (typeof data === "bigint") return data;
  if (typeof data === "boolean") return Number(data);
  if (typeof data === "string") {
    if (data.length > MAX_DIGITS || !WHOLE_TEXT.test(data)) return undefined;
    return narrow(BigInt(data.trim().replaceAll("_", "").replace(/^\+/, "")));
  }
  const value = isFloat(data) ? Math.trunc(data.value) : data;
  if (typeof value !== "number" || !Number.isFinite(value)) return undefined;
  return Number.isSafeInteger(value) ? value : BigInt(value);
}

function toNumber(data: unknown): number | undefined {
  if (typeof data === "boolean" || typeof data === "bigint") return Number(data);
  const value = isFloat(data)
    ? data.value
    : typeof data === "string" && NUMBER_TEXT.test(data)
    ? Number(data)
    : data;
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** A number where it is exact. */
function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function plainWord(data: unknown): unknown {
  if (typeof data === "string") return data.toLowerCase();
  return isFloat(data) ? data.value : data;
}

function isFloat(data: unknown): data is PythonFloat {
  return data instanceof PythonFloat;
}

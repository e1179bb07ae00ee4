/**
 * What nodes answer, checked before it is believed.
 *
 * @module
 */

import * as v from "valibot";
import { WeftError } from "../../errors.ts";

/** Whole numbers as the library's JSON has them: plain while they are exact, hex beyond. */
export const BIG = v.pipe(
  v.union([
    v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
    v.pipe(v.string(), v.regex(/^0x[0-9a-f]+$/)),
  ]),
  v.transform((value) => BigInt(value)),
);

/** The same where they have to be exact as plain numbers: blocks, counts. */
export const COUNT = v.pipe(BIG, v.transform(Number), v.safeInteger());

/** A share that the chain keeps as a u16, from 0 to 1. */
export const SHARE = v.pipe(v.number(), v.transform((value) => value / 65535));

/** Text that the chain keeps as bytes; the library's JSON has it in hex, or number by number. */
export const TEXT = v.pipe(
  v.union([v.pipe(v.string(), v.hexadecimal()), v.array(v.number())]),
  v.transform((bytes) => new TextDecoder().decode(toBytes(bytes))),
);

/**
 * @param what of the node's answer, for the message: `for block 0`
 * @throws {WeftError} if the value is not as expected
 */
export function parseAnswer<S extends v.GenericSchema>(
  schema: S,
  value: unknown,
  what: string,
): v.InferOutput<S> {
  const parsed = v.safeParse(schema, value);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const where = v.getDotPath(issue);
  throw new WeftError(
    `the chain's node gives an answer ${what} that Weft does not know: ` +
      `${where === null ? "" : `${where}: `}${issue.message}`,
  );
}

function toBytes(bytes: string | number[]): Uint8Array {
  if (typeof bytes !== "string") return Uint8Array.from(bytes);
  return Uint8Array.from(bytes.slice(2).match(/../g) ?? [], (byte) => parseInt(byte, 16));
}

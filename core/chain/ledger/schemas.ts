/**
 * Parts of the ledger's records.
 *
 * @module
 */

import * as v from "valibot";
import { MAX_RAO } from "../amounts.ts";

/** A number from 0 on without a fraction. */
export const wholeNumber = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** 0 to 65535. */
export const u16 = v.pipe(wholeNumber, v.maxValue(65535));

/** 0 to 2^64 - 1, written as digits. */
export const u64 = v.pipe(
  v.string(),
  v.regex(/^\d{1,20}$/),
  v.transform((digits) => BigInt(digits)),
  v.maxValue(MAX_RAO),
);

/** An amount in rao. */
export const rao = u64;

/** A sum over all accounts, which may be more than one of them can hold. */
export const totalRao = v.pipe(
  v.string(),
  v.regex(/^\d{1,40}$/),
  v.transform((digits) => BigInt(digits)),
);

/** An ss58 address with prefix 42, by its looks: its checksum was checked before it was kept. */
export const address = v.pipe(v.string(), v.regex(/^5[1-9A-HJ-NP-Za-km-z]{46,47}$/));

/** 0x and 64 digits. */
export const hash = v.pipe(v.string(), v.regex(/^0x[0-9a-f]{64}$/));

/** Many numbers from 0 to 65535, checked in one go because the lists are long. */
export const u16List = v.custom<number[]>((list) =>
  Array.isArray(list) &&
  list.every((value) => Number.isInteger(value) && value >= 0 && value <= 65535)
);

/**
 * A result as the fragment of a link: JSON, deflated, in base64url. A browser sends no fragment to
 * any server.
 *
 * @module
 */

import { deflateSync, inflateSync } from "fflate";
import * as v from "valibot";
import { type Result, ResultSchema } from "./result.ts";

const PREFIX = "#r=";
/** Longer ones are not even looked at: deflate makes at most a thousand times as much of them. */
const MAX_FRAGMENT = 12_000;
/** Of JSON. */
const MAX_BYTES = 48_000;
/** Digits of a figure that noise leaves. */
const DIGITS = 5;

/** The fragment of a result, with its `#`. */
export function resultFragment(result: Result): string {
  const json = JSON.stringify(
    result,
    (_, value) => typeof value === "number" ? short(value) : value,
  );
  const bytes = deflateSync(new TextEncoder().encode(json), { level: 9 });
  const base64 = btoa(String.fromCharCode(...bytes));
  return PREFIX + base64.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** What a fragment of somebody else holds. */
export type Sent =
  | { readonly kind: "none" }
  | { readonly kind: "unreadable" }
  | { readonly kind: "result"; readonly result: Result };

/** Reads a fragment as `location.hash` gives it. */
export function readFragment(fragment: string): Sent {
  if (!fragment.startsWith(PREFIX)) return { kind: "none" };
  const base64 = fragment.slice(PREFIX.length);
  if (fragment.length > MAX_FRAGMENT || !/^[A-Za-z0-9_-]+$/.test(base64)) {
    return { kind: "unreadable" };
  }
  try {
    const text = atob(base64.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = inflateSync(Uint8Array.from(text, (character) => character.charCodeAt(0)));
    if (bytes.length > MAX_BYTES) return { kind: "unreadable" };
    const json: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    const parsed = v.safeParse(ResultSchema, json);
    return parsed.success ? { kind: "result", result: parsed.output } : { kind: "unreadable" };
  } catch {
    // Whatever is wrong with it, there is nothing that one could do with it.
    return { kind: "unreadable" };
  }
}

function short(value: number): number {
  return Number.isInteger(value) && value < 1e13 ? value : Number(value.toPrecision(DIGITS));
}

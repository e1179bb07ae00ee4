/**
 * Random names of things.
 *
 * @module
 */

import { bytesToHex } from "@noble/hashes/utils.js";
import type { RandomBytes } from "../host.ts";

/** A random UUID, version 4 of RFC 9562. */
export function uuid4(randomBytes: RandomBytes): string {
  const bytes = randomBytes(16);
  bytes[6] = 0x40 | (bytes[6] & 0x0f);
  bytes[8] = 0x80 | (bytes[8] & 0x3f);
  const hex = bytesToHex(bytes);
  const cuts = [0, 8, 12, 16, 20, 32];
  return cuts.slice(1).map((end, at) => hex.slice(cuts[at], end)).join("-");
}

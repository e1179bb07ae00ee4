/**
 * What a miner answers to the challenged places: rows of the product and their Merkle paths. The
 * published script leaves them in numpy object files; here they are JSON.
 *
 * @module
 */

import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import * as v from "valibot";
import { WeftError } from "../../errors.ts";
import { NODE_BYTES } from "./merkle.ts";
import type { ProofIndex } from "./published_files.ts";

/** The answer of one GPU: a row and a path for each place, in the places' order. */
export interface ProofReply {
  readonly indices: readonly ProofIndex[];
  /** Rows of n f32. */
  readonly rows: readonly Float32Array[];
  /** Siblings from the row's leaf to the root. */
  readonly proofs: readonly (readonly Uint8Array[])[];
}

const whole = v.pipe(v.number(), v.integer(), v.minValue(0));
const node = v.pipe(v.string(), v.regex(new RegExp(`^[0-9a-f]{${2 * NODE_BYTES}}$`)));
const replySchema = v.object({
  indices: v.array(v.strictTuple([whole, whole])),
  rows: v.array(v.pipe(v.string(), v.regex(/^(?:[0-9a-f]{8})+$/))),
  proofs: v.array(v.array(node)),
});

/** As JSON: rows and nodes in hex, rows as little-endian f32. */
export function proofReplyText({ indices, rows, proofs }: ProofReply): string {
  return JSON.stringify({
    indices,
    rows: rows.map(rowHex),
    proofs: proofs.map((path) => path.map((one) => bytesToHex(one))),
  });
}

/**
 * Reads such JSON. Whether it proves anything is for `verifyReply` to say.
 * @throws {WeftError} if it is none
 */
export function parseProofReply(text: string): ProofReply {
  const parsed = v.safeParse(replySchema, jsonOf(text));
  if (!parsed.success) {
    const [{ message }] = parsed.issues;
    throw new WeftError(`a proof of GPU cannot be read: ${message}`);
  }
  const { indices, rows, proofs } = parsed.output;
  return { indices, rows: rows.map(rowOf), proofs: proofs.map((path) => path.map(hexToBytes)) };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new WeftError("a proof of GPU cannot be read: expected JSON with rows and proofs");
  }
}

function rowHex(row: Float32Array): string {
  const view = new DataView(new ArrayBuffer(4 * row.length));
  row.forEach((value, at) => view.setFloat32(4 * at, value, true));
  return bytesToHex(new Uint8Array(view.buffer));
}

function rowOf(hex: string): Float32Array {
  const bytes = hexToBytes(hex);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from(
    { length: bytes.length / 4 },
    (_, at) => view.getFloat32(4 * at, true),
  );
}

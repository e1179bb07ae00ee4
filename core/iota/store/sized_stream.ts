/**
 * Streams of which only the right number of bytes comes through.
 *
 * @module
 */

import type { ByteStream } from "../../host.ts";
import type { SizeBounds } from "./object_store.ts";
import { StoreError } from "./store_error.ts";

/**
 * Refuses a size that an address does not permit.
 *
 * @throws {StoreError} 400 or 413
 */
export function checkSize(sizeBytes: number, { minBytes, maxBytes }: SizeBounds): void {
  if (sizeBytes < minBytes) {
    throw new StoreError("EntityTooSmall", `${sizeBytes} bytes, expected at least ${minBytes}`);
  }
  if (sizeBytes > maxBytes) {
    throw new StoreError("EntityTooLarge", `${sizeBytes} bytes, expected at most ${maxBytes}`);
  }
}

/** The stream, which throws {@linkcode StoreError} where it does not end after `sizeBytes`. */
export async function* exactly(
  content: ByteStream,
  sizeBytes: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  let count = 0;
  try {
    for await (const piece of content) {
      count += piece.length;
      if (count > sizeBytes) break;
      yield piece;
    }
  } catch (error) {
    throw brokenOff(error);
  }
  if (count !== sizeBytes) {
    throw new StoreError("IncompleteBody", `the content is not of ${sizeBytes} bytes as announced`);
  }
}

/** The stream, which throws {@linkcode StoreError} as soon as its size is not within the bounds. */
export async function* within(
  content: ByteStream,
  bounds: SizeBounds,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  let count = 0;
  try {
    for await (const piece of content) {
      count += piece.length;
      checkSize(count, { ...bounds, minBytes: 0 });
      yield piece;
    }
  } catch (error) {
    throw brokenOff(error);
  }
  checkSize(count, bounds);
}

/** A connection that breaks is the sender's matter, and not to be taken for the disk's. */
function brokenOff(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const reason = error instanceof Error ? error.message : error;
  return new StoreError("IncompleteBody", `the content broke off (${reason})`);
}

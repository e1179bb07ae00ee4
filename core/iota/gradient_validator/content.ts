/**
 * Whose fault it is that a file cannot be read: what is wrong with a file itself is that of whoever
 * wrote it, what keeps it from being had may be nobody's.
 *
 * @module
 */

import type { FetchBytes } from "../merging/chunk_merge.ts";
import { TransferRefusedError } from "../transfer/download.ts";
import { ContentError } from "./orchestrator_link.ts";

/** How a download tells of a file that is longer than it may be, and of one that ends before. */
const TOO_LONG = 200;
const TOO_SHORT = 416;

/**
 * What was fetched.
 * @throws {ContentError} if the file has another size than it should have
 * @throws {WeftError} as the fetch, if the file cannot be had
 */
export async function contentOf<Content>(fetched: Promise<Content>): Promise<Content> {
  try {
    return await fetched;
  } catch (error) {
    if (!isRefused(error, TOO_LONG) && !isRefused(error, TOO_SHORT)) throw error;
    throw new ContentError(error.message, { cause: error });
  }
}

/**
 * Whether a file goes on after `sizeBytes`, which its ranges do not tell.
 * @throws {ContentError} if it does
 * @throws {WeftError} if the file cannot be had
 */
export async function expectEnd(
  fetchBytes: FetchBytes,
  url: string,
  sizeBytes: number,
): Promise<void> {
  try {
    await fetchBytes(url, { range: { start: sizeBytes, end: sizeBytes + 1 }, maxBytes: 1 });
  } catch (error) {
    if (isRefused(error, TOO_SHORT)) return;
    throw error;
  }
  throw new ContentError(`the file goes on after its ${sizeBytes} bytes`);
}

function isRefused(error: unknown, status: number): error is TransferRefusedError {
  return error instanceof TransferRefusedError && error.status === status;
}

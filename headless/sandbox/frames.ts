/**
 * Frames on a pipe between two processes: four bytes of length (little endian), then so many bytes.
 *
 * @module
 */

import { WeftError } from "../../core/errors.ts";

const LENGTH_BYTES = 4;

/** A stream that ends within a frame. */
export class CutOffError extends WeftError {
  override readonly name = "CutOffError";
}

/** A frame that holds some JSON. @throws {WeftError} if it is more than `maxBytes` */
export function jsonFrame(data: unknown, maxBytes: number): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(JSON.stringify(data));
  if (text.length > maxBytes) throw tooLong(text.length, maxBytes);
  const frame = new Uint8Array(LENGTH_BYTES + text.length);
  new DataView(frame.buffer).setUint32(0, text.length, true);
  frame.set(text, LENGTH_BYTES);
  return frame;
}

/**
 * The JSON of each frame, until the stream ends.
 *
 * Memory: what a length announces is set aside only as far as it has come, and no more than
 * `maxBytes`.
 *
 * @throws {CutOffError} if the last frame is cut off
 * @throws {WeftError} if a frame is longer, or holds no JSON
 */
export async function* readJsonFrames(
  stream: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<unknown, void> {
  let pieces: Uint8Array[] = [];
  let held = 0;
  let wanted = LENGTH_BYTES;
  let isLength = true;
  for await (const piece of stream) {
    pieces.push(piece);
    held += piece.length;
    while (held >= wanted) {
      const all = joined(pieces, held);
      const part = all.subarray(0, wanted);
      pieces = [all.subarray(wanted)];
      held -= wanted;
      if (!isLength) yield parsed(part);
      wanted = isLength ? lengthOf(part, maxBytes) : LENGTH_BYTES;
      isLength = !isLength;
    }
  }
  if (held > 0 || !isLength) throw new CutOffError("a frame is cut off");
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  if (pieces.length === 1) return pieces[0];
  const all = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

function lengthOf(bytes: Uint8Array, maxBytes: number): number {
  const length = new DataView(bytes.buffer, bytes.byteOffset, LENGTH_BYTES).getUint32(0, true);
  if (length > maxBytes) throw tooLong(length, maxBytes);
  return length;
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new WeftError("a frame holds no JSON", { cause });
  }
}

function tooLong(length: number, maxBytes: number): WeftError {
  return new WeftError(`a frame of ${length} bytes is longer than the ${maxBytes} allowed`);
}

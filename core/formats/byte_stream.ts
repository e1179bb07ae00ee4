/**
 * Bytes that come piece by piece, put together.
 *
 * @module
 */
import { WeftError } from "../errors.ts";
import type { ByteStream } from "../host.ts";

/**
 * All bytes of a stream.
 * @param what says in the error what is being read
 * @throws {WeftError} if there are more than `maxBytes`; the rest is not waited for
 */
export async function readBytes(
  stream: ByteStream,
  maxBytes: number,
  what: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const piece of stream) {
    length += piece.length;
    if (length > maxBytes) throw new WeftError(`${what} is longer than ${maxBytes} bytes`);
    pieces.push(piece);
  }
  if (pieces.length === 1) return pieces[0];
  const all = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

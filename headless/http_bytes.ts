/**
 * Headers and bytes of `node:http`, with back-pressure both ways.
 *
 * @module
 */

import type { IncomingHttpHeaders } from "node:http";
import type { Readable, Writable } from "node:stream";
import { WeftError } from "../core/errors.ts";
import type { ByteStream, HeaderSource } from "../core/host.ts";

/** The headers that came. */
export function headerSource(headers: IncomingHttpHeaders): HeaderSource {
  return {
    get: (name) => {
      const value = headers[name];
      if (typeof value === "string") return value;
      return Array.isArray(value) ? value.join(", ") : null;
    },
  };
}

/**
 * What comes in, piece by piece, uncopied.
 *
 * @param endsConnection whether leaving the loop early ends the connection
 */
export async function* readPieces(
  source: Readable,
  { endsConnection }: { readonly endsConnection: boolean },
): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  for await (const piece of source.iterator({ destroyOnReturn: endsConnection })) {
    yield asBytes(piece);
  }
}

/**
 * Sends all of a stream, but not its end. A piece belongs to the connection from then on: its maker
 * must not write into it again.
 *
 * @returns bytes sent
 * @throws {WeftError} if the connection is closed meanwhile; the stream is left then
 */
export async function writePieces(target: Writable, body: ByteStream): Promise<number> {
  let sent = 0;
  for await (const piece of body) {
    if (target.destroyed) throw closed();
    sent += piece.length;
    if (!target.write(piece)) await drained(target);
  }
  return sent;
}

/** Until the connection takes more. */
function drained(target: Writable): Promise<void> {
  return new Promise((resolve, reject) => {
    if (target.destroyed) return reject(closed());
    const settle = (): void => {
      target.off("drain", settle).off("close", settle);
      if (target.destroyed) reject(closed());
      else resolve();
    };
    target.on("drain", settle).on("close", settle);
  });
}

function closed(): WeftError {
  return new WeftError("The connection was closed before everything was sent.");
}

/** The same bytes under the type that the core knows. */
export function asBytes(piece: unknown): Uint8Array<ArrayBuffer> {
  if (!(piece instanceof Uint8Array)) throw new TypeError("a connection gives bytes");
  const { buffer, byteOffset, byteLength } = piece;
  if (!(buffer instanceof ArrayBuffer)) throw new TypeError("bytes of one thread were expected");
  return new Uint8Array(buffer, byteOffset, byteLength);
}

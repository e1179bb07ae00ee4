/**
 * What a listener bears of those who connect: how many, how slow, and what it says to whom it
 * cannot read.
 *
 * @module
 */

import type { Server } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

/** How slow a client may be: it has so long for nothing, and more for each KiB that has come. */
export interface Slowness {
  readonly graceMs: number;
  readonly msPerKib: number;
}

/** How many connections there may be at a time. */
export interface ConnectionBounds {
  readonly total: number;
  /** Many clients may be behind one address. */
  readonly ofAddress: number;
}

/** Unless a listener says otherwise. */
export const SLOWNESS: Slowness = { graceMs: 60_000, msPerKib: 1_000 };
export const CONNECTIONS: ConnectionBounds = { total: 16_384, ofAddress: 4_096 };

/** Closes connections beyond the bounds as soon as they come. */
export function boundConnections(server: Server, { total, ofAddress }: ConnectionBounds): void {
  const counts = new Map<string, number>();
  server.maxConnections = total;
  server.on("connection", (socket: Socket) => {
    const address = socket.remoteAddress ?? "";
    const count = counts.get(address) ?? 0;
    if (count >= ofAddress) return void socket.destroy();
    counts.set(address, count + 1);
    socket.once("close", () => {
      const left = (counts.get(address) ?? 0) - 1;
      if (left > 0) counts.set(address, left);
      else counts.delete(address);
    });
  });
}

const REASONS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
  ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout",
};

/** Answers what is no HTTP, has too many headers, or is too slow, and closes. */
export function refuseUnread(error: Error, socket: Duplex): void {
  if (!socket.writable) return void socket.destroy();
  const code = "code" in error ? `${error.code}` : "";
  endWith(socket, REASONS[code] ?? "400 Bad Request");
}

/** Closes a connection with an answer that nothing follows. @param status with its words */
export function endWith(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}

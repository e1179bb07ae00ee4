/**
 * WebSockets of tabs at `/relay`, on the listener that serves the page.
 *
 * @module
 */

import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import type { Socket, SocketEvent } from "../../core/host.ts";
import { MAX_FRAME_LETTERS } from "../../core/compute/relay/relay_frames.ts";
import type { Upgrade } from "../http_server.ts";

const PATH = "/relay";
/** What a tab does not take in time is held here; beyond it the tab is gone. */
const MAX_WAITING_BYTES = 16 * 1024 ** 2;

/** Hands over each tab that connects, with its address. */
export function relaySockets(accept: (socket: Socket, remoteAddress: string) => void): Upgrade {
  const server = new WebSocketServer({ noServer: true, maxPayload: MAX_FRAME_LETTERS });
  return (request: IncomingMessage, socket: Duplex, head) => {
    if (request.url?.split("?", 1)[0] !== PATH) return void socket.destroy();
    server.handleUpgrade(request, socket, head, (connection) => {
      accept(textSocket(connection), request.socket.remoteAddress ?? "");
    });
  };
}

/** A connection of the library as the core knows it. */
function textSocket(connection: WebSocket): Socket {
  // What is wrong with a connection ends it, which is told as such.
  connection.on("error", () => {});
  return {
    addEventListener: (type, listener) => listen(connection, type, listener),
    send: (text) => {
      if (connection.bufferedAmount > MAX_WAITING_BYTES) connection.terminate();
      else if (connection.readyState === connection.OPEN) connection.send(text);
    },
    close: () => connection.close(),
  };
}

function listen(
  connection: WebSocket,
  type: "open" | "message" | "error" | "close",
  listener: (event: SocketEvent) => void,
): void {
  if (type !== "message") return void connection.on(type, () => listener({ type }));
  connection.on("message", (data: RawData, isBinary: boolean) => {
    listener({ type, data: isBinary ? undefined : `${data}` });
  });
}

/**
 * Servers and connections for tests of HTTP: ours, and bare ones that say whatever a test wants.
 *
 * @module
 */

import { connect, createServer, type Socket } from "node:net";
import type { ByteStream, HttpHandler, ServedResponse } from "../../core/host.ts";
import { type HttpListener, listenHttp } from "../../headless/http_server.ts";
import { KeptLog } from "../harness/kept_log.ts";

/** Listens while the work is done. */
export async function withServer(
  handler: HttpHandler,
  work: (server: HttpListener, log: KeptLog) => Promise<void>,
): Promise<void> {
  const log = new KeptLog();
  const server = await listenHttp(handler, { hostname: "127.0.0.1", port: 0, log });
  try {
    await work(server, log);
  } finally {
    await server.close();
  }
}

/** Runs a server of bare connections while the work is done. */
export async function withBareServer(
  serve: (socket: Socket) => void,
  work: (url: string) => Promise<void>,
): Promise<void> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  try {
    await work(`http://127.0.0.1:${port}`);
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}

/** Sends these bytes as they are. */
export function bareConnection(port: number, text: string): Socket {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  socket.write(text);
  return socket;
}

/** All that comes until the connection ends. */
export async function readAll(socket: Socket): Promise<string> {
  let text = "";
  for await (const piece of socket) text += piece;
  return text;
}

/** All bytes of a body as text. */
export async function textOf(body: ByteStream): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const piece of body) text += decoder.decode(piece, { stream: true });
  return text;
}

/** An answer in text. */
export function textAnswer(text: string, status = 200): ServedResponse {
  return { status, headers: {}, body: new TextEncoder().encode(text) };
}

/** A promise that is settled from outside. */
export class Signpost {
  readonly reached: Promise<void>;
  reach: () => void = () => {};

  constructor() {
    this.reached = new Promise((resolve) => this.reach = resolve);
  }
}

/** Until a signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

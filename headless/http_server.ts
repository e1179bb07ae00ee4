/**
 * Listens for HTTP. `node:http` rather than `Deno.serve`, because the published miner sends a body
 * with GET, which the latter hides.
 *
 * @module
 */

import type { Buffer } from "node:buffer";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { WeftError } from "../core/errors.ts";
import type { ByteStream, HttpHandler, Log, ServedRequest, ServedResponse } from "../core/host.ts";
import {
  boundConnections,
  type ConnectionBounds,
  CONNECTIONS,
  endWith,
  refuseUnread,
  SLOWNESS,
  type Slowness,
} from "./http_bounds.ts";
import { asBytes, headerSource, readPieces, writePieces } from "./http_bytes.ts";

/** In milliseconds and bytes. How long a body may take depends on its length: see {@link Slowness}. */
const LIMITS = {
  ...{ headersTimeout: 60_000, requestTimeout: 0, keepAliveTimeout: 75_000 },
  maxHeaderSize: 16 * 1024,
};
/** An SDK's request has some thirty. */
const MAX_HEADERS = 256;
/** A connection on which nothing moves for so long is closed; no answer is held back longer. */
const SILENCE_MS = 120_000;
/** Connections that may wait to be accepted: all miners may come at once after a restart. */
const BACKLOG = 4_096;
/** How long requests that are being answered may go on when the listener closes. */
const CLOSING_MS = 2_000;
/** What is left of a refused body up to here is read away, so that its connection stays good. */
const MAX_IGNORED_BYTES = 1024 ** 2;
/** How long that may take. */
const IGNORED_MS = 10_000;
/** Between two looks at who is too slow. */
const LOOK_MS = 5_000;

/** Where to listen, and what to say. */
export interface ListenOptions {
  readonly hostname: string;
  /** 0 for any free one. */
  readonly port: number;
  readonly log: Log;
  /** Takes connections that ask for another protocol. @default they are closed */
  readonly upgrade?: Upgrade;
  /** @default 16,384, and 4,096 of one address */
  readonly connections?: ConnectionBounds;
  /** @default a minute, and a second a KiB */
  readonly slowness?: Slowness;
  /** How long the rest of a refused body may take. @default {10000} */
  readonly ignoredMs?: number;
}

/** Takes a connection over, with what came on it behind the request. */
export type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** A listener that runs. */
export interface HttpListener {
  /** `http://host:port`, to be asked on this machine. */
  readonly url: string;
  readonly port: number;
  /** Lets what is being answered end, for a short while. */
  close(): Promise<void>;
}

/**
 * Answers requests until it is closed. A body that is not read is read away, or its connection
 * closed; a client that goes away aborts the request's signal.
 *
 * @throws {WeftError} if the address cannot be had
 */
export async function listenHttp(
  handler: HttpHandler,
  { hostname, port, log, upgrade, connections = CONNECTIONS, ...patience }: ListenOptions,
): Promise<HttpListener> {
  const service = new HttpService(handler, log, patience);
  const server = createServer(LIMITS, (message, response) => void service.serve(message, response));
  server.setTimeout(SILENCE_MS);
  server.maxHeadersCount = 0;
  server.on("clientError", refuseUnread);
  boundConnections(server, connections);
  if (upgrade) server.on("upgrade", upgrade);
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => {
      service.close();
      reject(notListening(hostname, port, error));
    });
    server.listen({ port, host: hostname, backlog: BACKLOG }, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("a port was expected");
  return {
    url: `http://${askableHost(hostname)}:${address.port}`,
    port: address.port,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      service.close();
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), CLOSING_MS);
      await closed;
      clearTimeout(timer);
    },
  };
}

/** Everything that is being answered. */
class HttpService {
  readonly #serving = new Map<AbortController, CountedBody>();
  readonly #looking: ReturnType<typeof setInterval>;
  readonly #slowness: Slowness;
  readonly #ignoredMs: number;
  readonly #resting = new WeakMap<Socket, Promise<void>>();
  #isClosing = false;

  constructor(
    readonly handler: HttpHandler,
    readonly log: Log,
    { slowness = SLOWNESS, ignoredMs = IGNORED_MS }: Pick<ListenOptions, "slowness" | "ignoredMs">,
  ) {
    this.#slowness = slowness;
    this.#ignoredMs = ignoredMs;
    this.#looking = setInterval(() => this.#endSlow(), Math.min(LOOK_MS, slowness.graceMs));
  }

  /** Answers one request; never throws. */
  async serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    const body = new CountedBody(message);
    this.#serving.set(gone, body);
    response.once("close", () => {
      this.#serving.delete(gone);
      if (!response.writableFinished) gone.abort();
    });
    // A reset by the client is no error of ours, and what awaits the connection learns of it.
    message.on("error", () => gone.abort());
    response.on("error", () => {});
    if (message.rawHeaders.length > 2 * MAX_HEADERS) {
      return endWith(message.socket, "431 Request Header Fields Too Large");
    }
    try {
      const answer = await this.handler(toRequest(message, body, gone.signal));
      const isLate = answer.status === 408 && body.leftBytes() > 0;
      if (this.#isClosing || isLate || body.leftBytes() > MAX_IGNORED_BYTES) {
        response.shouldKeepAlive = false;
      }
      if (answer.restMs) {
        await this.#rest(message.socket, answer.restMs, gone.signal);
        // What waits unread goes with its connection.
        response.shouldKeepAlive = false;
      }
      await send(message.method, response, answer);
      if (!message.complete) endUnlessRead(message, this.#ignoredMs);
    } catch (error) {
      if (!response.destroyed) this.#fail(message, response, error);
    }
  }

  /** Tells those who wait that they should not. */
  close(): void {
    this.#isClosing = true;
    clearInterval(this.#looking);
    for (const gone of this.#serving.keys()) gone.abort();
  }

  /** Reads nothing from a connection for a while; all that has come of it already waits together. */
  #rest(socket: Socket, restMs: number, signal: AbortSignal): Promise<void> {
    const resting = this.#resting.get(socket);
    if (resting) return resting;
    const begun = rest(socket, restMs, signal).finally(() => this.#resting.delete(socket));
    this.#resting.set(socket, begun);
    return begun;
  }

  #endSlow(): void {
    const { graceMs, msPerKib } = this.#slowness;
    for (const { waitedMs, readBytes, message } of this.#serving.values()) {
      if (waitedMs > graceMs + readBytes / 1024 * msPerKib) {
        endWith(message.socket, "408 Request Timeout");
        message.socket.destroySoon();
      }
    }
  }

  #fail(message: IncomingMessage, response: ServerResponse, error: unknown): void {
    // Not the query: it may hold a signature.
    const asked = `${message.method} ${message.url?.split("?", 1)[0]}`;
    this.log.error(`${asked} failed: ${error instanceof Error ? error.message : error}`);
    // An answer that has begun can only be cut off, so that nobody takes it for whole.
    if (response.headersSent) return void response.destroy();
    response.shouldKeepAlive = false;
    response.writeHead(500, { "content-type": "application/json" });
    response.end('{"detail":"Internal Server Error"}');
  }
}

/** The body of a request, how much of it was read, and how long its client was waited for. */
class CountedBody {
  #readBytes = 0;
  #waitedMs = 0;
  #sinceMs: number | undefined;

  constructor(readonly message: IncomingMessage) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
    // A small body comes with its headers, and to wait for it would take longer than to read it.
    if (this.message.complete && !this.message.destroyed) {
      let piece: unknown = this.message.read();
      for (; piece !== null; piece = this.message.read()) yield asBytes(piece);
      return;
    }
    this.#sinceMs = performance.now();
    try {
      for await (const piece of readPieces(this.message, { endsConnection: false })) {
        this.#readBytes += piece.length;
        this.#waitedMs = this.waitedMs;
        this.#sinceMs = undefined;
        yield piece;
        this.#sinceMs = performance.now();
      }
    } finally {
      this.#waitedMs = this.waitedMs;
      this.#sinceMs = undefined;
    }
  }

  get readBytes(): number {
    return this.#readBytes;
  }

  /** Without the time that the reader took. */
  get waitedMs(): number {
    return this.#waitedMs + (this.#sinceMs === undefined ? 0 : performance.now() - this.#sinceMs);
  }

  /** Bytes that are still to come; infinity where only the client knows. */
  leftBytes(): number {
    if (this.message.complete) return 0;
    const { "content-length": length, "transfer-encoding": encoding } = this.message.headers;
    if (encoding !== undefined) return Infinity;
    return Number(length ?? 0) - this.#readBytes;
  }
}

/** What nobody wants is read away for a while, for the sake of the connection. */
function endUnlessRead(message: IncomingMessage, waitMs: number): void {
  const timer = setTimeout(() => message.socket.destroy(), waitMs);
  message.once("close", () => clearTimeout(timer));
  message.once("end", () => clearTimeout(timer));
}

/**
 * Reads nothing from a connection for a while, or until the signal. How long differs, so that those
 * who were sent away together do not come back together.
 */
function rest(socket: Socket, restMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  socket.pause();
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, restMs * (0.5 + Math.random()));
    signal.addEventListener("abort", end);
  });
}

function toRequest(
  message: IncomingMessage,
  body: ByteStream,
  signal: AbortSignal,
): ServedRequest {
  return {
    method: message.method ?? "GET",
    target: message.url ?? "/",
    headers: headerSource(message.headers),
    body,
    remoteAddress: message.socket.remoteAddress ?? "",
    signal,
  };
}

async function send(
  method: string | undefined,
  response: ServerResponse,
  { status, headers, body }: ServedResponse,
): Promise<void> {
  const isBodiless = method === "HEAD" || status === 204 || status === 304;
  if (body instanceof Uint8Array) {
    // An answer without a body may tell the length that its body would have.
    const length = isBodiless ? {} : { "content-length": body.length };
    response.writeHead(status, { ...headers, ...length });
    return void response.end(isBodiless ? undefined : body);
  }
  response.writeHead(status, headers);
  if (isBodiless) return void response.end();
  const sentBytes = await writePieces(response, body);
  const [, promised] = Object.entries(headers).find(([name]) => /^content-length$/i.test(name)) ??
    [];
  if (promised !== undefined && Number(promised) !== sentBytes) {
    throw new WeftError(`${sentBytes} bytes were there to send, not ${promised}`);
  }
  response.end();
}

/** A wildcard listens everywhere, but nobody can ask it. */
function askableHost(hostname: string): string {
  if (hostname === "0.0.0.0") return "127.0.0.1";
  if (hostname === "::") return "[::1]";
  return hostname.includes(":") ? `[${hostname}]` : hostname;
}

function notListening(hostname: string, port: number, error: Error): WeftError {
  return new WeftError(
    `${hostname}:${port} cannot be listened on (${error.message}): choose another host or port.`,
    { cause: error },
  );
}

/**
 * Asks servers over HTTP with `node:http`: unlike `fetch` it sends a body with GET, as the published
 * orchestrator wants it, and streams both ways.
 *
 * @module
 */

import {
  Agent as HttpAgent,
  type ClientRequest,
  type IncomingMessage,
  request as requestHttp,
} from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import { UsageError, WeftError } from "../core/errors.ts";
import type { ByteStream, Http, HttpRequest, HttpResponse } from "../core/host.ts";
import { headerSource, readPieces, writePieces } from "./http_bytes.ts";

/** An idle connection is given up before servers do (uvicorn: 5 s), lest a request meets its end. */
const IDLE_MS = 4_000;
/** A connection on which nothing moves for so long is broken; no answer is held back longer. */
const SILENCE_MS = 120_000;

/** {@linkcode Http}, whose idle connections can be closed. */
export type NodeHttp = Http & { close(): void };

/** Connections that are kept for further requests. */
interface Agents {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
}

/** A client that keeps its connections for further requests. */
export function nodeHttp(): NodeHttp {
  const options = { keepAlive: true, timeout: IDLE_MS };
  const agents = { http: new HttpAgent(options), https: new HttpsAgent(options) };
  return Object.assign((asked: HttpRequest) => ask(asked, agents), {
    close: (): void => {
      agents.http.destroy();
      agents.https.destroy();
    },
  });
}

async function ask(asked: HttpRequest, agents: Agents): Promise<HttpResponse> {
  const { url, body, signal } = asked;
  signal?.throwIfAborted();
  const request = begin(asked, agents);
  request.setTimeout(SILENCE_MS, () => request.destroy(new Error(`silent for ${SILENCE_MS} ms`)));
  const { origin } = new URL(url);
  const exchange = new Exchange(request, origin, signal);
  exchange.send(body);
  const response = await exchange.response;
  return {
    status: response.statusCode ?? 0,
    headers: headerSource(response.headers),
    body: exchange.read(response),
  };
}

function begin({ method, url, headers, body }: HttpRequest, agents: Agents): ClientRequest {
  const length = body instanceof Uint8Array ? { "content-length": `${body.length}` } : {};
  const options = { method, headers: { ...headers, ...length } };
  if (url.startsWith("http://")) return requestHttp(url, { ...options, agent: agents.http });
  if (url.startsWith("https://")) return requestHttps(url, { ...options, agent: agents.https });
  throw new UsageError(
    `"${url.split(":", 1)[0]}:" cannot be asked, expected an address that begins with http:// or ` +
      "https://",
  );
}

/** One request and its answer. */
class Exchange {
  /** The answer's beginning, if there is one, even if the connection broke meanwhile. */
  readonly response: Promise<IncomingMessage>;
  #isRefused = false;
  /** The first that went wrong. */
  #failure: unknown;

  constructor(
    readonly request: ClientRequest,
    readonly origin: string,
    readonly signal: AbortSignal | undefined,
  ) {
    this.response = new Promise((resolve, reject) => {
      // Deno sends a request again whose kept connection ends, be it by us: a signature is good once.
      request.once("socket", () => request.reusedSocket = false);
      request.once("response", (response) => {
        this.#isRefused = (response.statusCode ?? 0) >= 300;
        resolve(response);
      });
      // A server may refuse and close before it has read all: its answer comes after the error.
      request.on("error", (error) => this.#failure ??= this.#broken(error));
      request.once("close", () => reject(this.#reason()));
    });
    const stop = (): void => void request.destroy();
    signal?.addEventListener("abort", stop);
    // Then the answer is whole or broken, and the connection may serve another request.
    request.once("close", () => signal?.removeEventListener("abort", stop));
  }

  /** Sends all, unless the server refuses before. */
  send(body: Uint8Array | ByteStream | undefined): void {
    if (body === undefined || body instanceof Uint8Array) return void this.request.end(body);
    this.#sendStream(body).catch((error) => {
      this.#failure ??= error;
      this.request.destroy();
    });
  }

  async #sendStream(body: ByteStream): Promise<void> {
    const promised = Number(this.request.getHeader("content-length") ?? NaN);
    if (!(promised >= 0)) throw new TypeError("a stream is sent with a content-length header");
    const sent = await writePieces(this.request, this.#wanted(body));
    if (this.#isRefused) return;
    if (sent !== promised) throw new WeftError(`${sent} bytes were there to send, not ${promised}`);
    this.request.end();
  }

  async *#wanted(body: ByteStream): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
    for await (const piece of body) {
      if (this.#isRefused) return;
      yield piece;
    }
  }

  /** The answer's body. Who leaves it early ends the connection. */
  async *read(response: IncomingMessage): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
    try {
      yield* readPieces(response, { endsConnection: true });
    } catch (error) {
      this.#failure ??= this.#broken(error);
      throw this.#reason();
    } finally {
      if (!this.request.writableEnded) this.request.destroy();
    }
  }

  #reason(): unknown {
    return this.signal?.aborted ? this.signal.reason : this.#failure ?? this.#broken("closed");
  }

  #broken(error: unknown): WeftError {
    const reason = error instanceof Error ? error.message : error;
    return new WeftError(`No answer from ${this.origin} (${reason}): is it there, and reachable?`, {
      cause: error,
    });
  }
}

/**
 * A loopback interface inside one program: what listens on it is asked by others of the same
 * program as over HTTP, where a platform lets nobody listen, such as in a tab.
 *
 * @module
 */

import { WeftError } from "../errors.ts";
import type { ByteStream, HeaderSource, Http, HttpHandler, HttpRequest } from "../host.ts";
import type { SwarmListener } from "./swarm_place.ts";

const HOST = "127.0.0.1";
const FIRST_PORT = 1024;

/** See the module. */
export class Loopback {
  readonly #handlers = new Map<string, HttpHandler>();
  #nextPort = FIRST_PORT;

  /** Answers at a port of its own until it is closed. */
  listen(handler: HttpHandler): Promise<SwarmListener> {
    const port = this.#nextPort++;
    const url = `http://${HOST}:${port}`;
    this.#handlers.set(url, handler);
    const close = (): Promise<void> => {
      this.#handlers.delete(url);
      return Promise.resolve();
    };
    return Promise.resolve({ url, port, close });
  }

  /** Asks what listens here, and nobody else. */
  readonly http: Http = async (asked) => {
    const { method, signal } = asked;
    signal?.throwIfAborted();
    const { origin, pathname, search } = new URL(asked.url);
    const handler = this.#handlers.get(origin);
    if (!handler) throw new WeftError(`No answer from ${origin}: nobody listens there`);
    const target = pathname + search;
    const request = {
      ...{ method, target, headers: headersOf(asked), body: bodyOf(asked) },
      ...{ remoteAddress: HOST, signal: signal ?? new AbortController().signal },
    };
    const { status, headers, body } = await untilGone(handler(request), signal);
    return { status, headers: lowerCase(headers), body: pieces(body) };
  };
}

function headersOf({ headers = {}, body }: HttpRequest): HeaderSource {
  const length: Record<string, string> = {};
  if (body instanceof Uint8Array) length["content-length"] = `${body.length}`;
  return lowerCase({ ...length, ...headers });
}

function bodyOf({ body }: HttpRequest): ByteStream {
  return pieces(body ?? new Uint8Array(0));
}

/** Bytes are copied, as a connection would: neither side sees what the other does to its own. */
async function* pieces(
  body: Uint8Array<ArrayBuffer> | ByteStream,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  if (body instanceof Uint8Array) {
    if (body.length > 0) yield body.slice();
    return;
  }
  for await (const piece of body) yield piece.slice();
}

function lowerCase(headers: Readonly<Record<string, string>>): HeaderSource {
  const byName = new Map(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  return { get: (name) => byName.get(name) ?? null };
}

/** Who asked does not wait on once it has given up. */
async function untilGone<Result>(
  answer: Promise<Result>,
  signal: AbortSignal | undefined,
): Promise<Result> {
  if (!signal) return await answer;
  const { promise: gone, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([answer, gone]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/**
 * Asks servers by `fetch`, as a page may: the server must let pages of other origins ask, and a GET
 * has no body.
 *
 * @module
 */

import { UsageError, WeftError } from "../../core/errors.ts";
import { readBytes } from "../../core/formats/byte_stream.ts";
import type { Http, HttpRequest } from "../../core/host.ts";

/** What a request sends is held in memory: browsers stream no uploads to most servers. */
const MAX_BODY_BYTES = 2 * 1024 ** 3;

/**
 * @param gateway of `deno task serve`, which asks in the page's stead where a server does not let
 *   pages ask: `/forward/` before the address; undefined to ask directly
 */
export function fetchHttp(gateway?: string): Http {
  return async (request) => {
    const { method, url, signal } = request;
    const body = await bodyOf(request);
    const { origin } = new URL(url);
    let response: Response;
    try {
      response = await fetch(gateway === undefined ? url : forwarded(url, gateway), {
        method,
        headers: headersOf(request),
        redirect: "manual",
        credentials: "omit",
        cache: "no-store",
        ...body && { body },
        ...signal && { signal },
      });
    } catch (error) {
      signal?.throwIfAborted();
      throw noAnswer(origin, error);
    }
    return {
      status: response.status,
      headers: response.headers,
      body: pieces(response, origin, signal),
    };
  };
}

/** `http://host/path?a=1` is `/forward/http/host/path?a=1` there. */
function forwarded(url: string, gateway: string): string {
  const { protocol, host, pathname, search } = new URL(url);
  return new URL(`/forward/${protocol.slice(0, -1)}/${host}${pathname}${search}`, gateway).href;
}

/** A browser counts the length itself, and lets nobody else. */
function headersOf({ headers = {} }: HttpRequest): Record<string, string> {
  const own = Object.entries(headers).filter(([name]) => !/^content-length$/i.test(name));
  return Object.fromEntries(own);
}

async function bodyOf(
  { method, url, body }: HttpRequest,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (body === undefined) return undefined;
  if (method === "GET" || method === "HEAD") {
    throw new UsageError(`a browser sends no body with ${method} ${new URL(url).pathname}`);
  }
  return body instanceof Uint8Array ? body : await readBytes(body, MAX_BODY_BYTES, "a body");
}

async function* pieces(
  { body }: Response,
  origin: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  const reader = body?.getReader();
  if (!reader) return;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw noAnswer(origin, error);
  } finally {
    await reader.cancel().catch(() => {});
  }
}

function noAnswer(origin: string, error: unknown): WeftError {
  const reason = error instanceof Error ? error.message : error;
  return new WeftError(
    `No answer from ${origin} (${reason}): is it there, and does it let pages ask? A page of deno ` +
      "task serve can ask through it",
    { cause: error },
  );
}

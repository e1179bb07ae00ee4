/**
 * HTTP over a unix socket, as the Docker Engine speaks it.
 *
 * @module
 */

import { type IncomingMessage, request as requestHttp } from "node:http";
import { WeftError } from "../../core/errors.ts";
import type { ByteStream, HttpResponse } from "../../core/host.ts";
import { headerSource, readPieces } from "../http_bytes.ts";

/** What to ask of a server. */
export interface SocketRequest {
  readonly method: "GET" | "POST" | "DELETE";
  /** Path and query. */
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array<ArrayBuffer>;
  /** Gives the request up, while it is asked or answered. */
  readonly signal?: AbortSignal;
}

/**
 * Asks once, over a connection of its own. The body must be read to the end, or its loop be left.
 * @throws {WeftError} if there is no connection, or it broke; the body's loop throws it too
 */
export type SocketHttp = (request: SocketRequest) => Promise<HttpResponse>;

/** A client of the server at a socket. */
export function unixHttp(socketPath: string): SocketHttp {
  return (asked) => ask(asked, socketPath);
}

async function ask(
  { method, target, headers, body, signal }: SocketRequest,
  socketPath: string,
): Promise<HttpResponse> {
  signal?.throwIfAborted();
  const fault = (error: unknown): unknown =>
    signal?.aborted ? signal.reason : broken(socketPath, error);
  const length = { "content-length": `${body?.length ?? 0}` };
  try {
    const request = requestHttp({
      ...{ socketPath, method, path: target, agent: false },
      headers: { ...headers, ...length },
    });
    const stop = (): void => void request.destroy();
    signal?.addEventListener("abort", stop);
    request.once("close", () => signal?.removeEventListener("abort", stop));
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request.once("response", resolve);
      request.on("error", reject);
      request.once("close", () => reject(new Error("closed")));
      request.end(body);
    });
    return {
      status: response.statusCode ?? 0,
      headers: headerSource(response.headers),
      body: bodyOf(response, fault),
    };
  } catch (error) {
    throw fault(error);
  }
}

async function* bodyOf(response: IncomingMessage, fault: (error: unknown) => unknown): ByteStream {
  try {
    yield* readPieces(response, { endsConnection: true });
  } catch (error) {
    throw fault(error);
  }
}

function broken(socketPath: string, error: unknown): WeftError {
  const reason = error instanceof Error ? error.message : `${error}`;
  return new WeftError(`no answer at the socket ${socketPath} (${reason})`, { cause: error });
}

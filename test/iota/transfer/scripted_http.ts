/**
 * A server that answers as a test says, and keeps what it was asked.
 *
 * @module
 */

import { readBytes } from "../../../core/formats/byte_stream.ts";
import type { ByteStream, Http, HttpRequest, HttpResponse } from "../../../core/host.ts";

/** What was asked. */
export interface AskedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly signal: AbortSignal | undefined;
}

/** An answer, or an error that takes its place; `hang` for none before the request is given up. */
export type Scripted = ScriptedAnswer | Error | "hang";

/** See {@linkcode Scripted}. */
export interface ScriptedAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array<ArrayBuffer> | string | ByteStream;
}

/** A script for each request, in order; the last one for those after. */
export class ScriptedHttp {
  readonly asked: AskedRequest[] = [];

  constructor(readonly script: readonly (Scripted | ((request: AskedRequest) => Scripted))[]) {}

  /** The `Http` of it. */
  readonly http: Http = async (request) => {
    const asked = await keep(request);
    const step = this.script[Math.min(this.asked.length, this.script.length - 1)];
    this.asked.push(asked);
    const answer = typeof step === "function" ? step(asked) : step;
    if (answer instanceof Error) throw answer;
    if (answer === "hang") return await untilAborted(asked.signal);
    return respond(answer, asked.signal);
  };
}

async function keep(
  { method, url, headers = {}, body, signal }: HttpRequest,
): Promise<AskedRequest> {
  const bytes = body instanceof Uint8Array
    ? body.slice()
    : await readBytes(body ?? pieces(), 1e9, "a test's body");
  return { method, url, headers, bytes, signal };
}

function respond(
  { status, headers = {}, body = "" }: ScriptedAnswer,
  signal: AbortSignal | undefined,
): HttpResponse {
  const content = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const known: Record<string, string> = content instanceof Uint8Array
    ? { "content-length": `${content.length}`, ...headers }
    : headers;
  return {
    status,
    headers: { get: (name) => known[name] ?? null },
    body: abortable(content instanceof Uint8Array ? pieces(content) : content, signal),
  };
}

/** The stream until the request is given up. */
async function* abortable(
  content: ByteStream,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  for await (const piece of content) {
    signal?.throwIfAborted();
    yield piece;
  }
}

/** Bytes as a connection gives them, in pieces of at most 1000. */
export async function* pieces(
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0),
): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  for (let at = 0; at < bytes.length; at += 1000) {
    yield await Promise.resolve(bytes.subarray(at, at + 1000));
  }
}

/** Rejects with the reason of the abort. */
export function untilAborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    if (signal?.aborted) reject(signal.reason);
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/** Bytes that tell their place. */
export function countingBytes(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 8)) & 255);
}

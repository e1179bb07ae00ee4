/**
 * Time that a test moves, signed requests, and servers without a connection.
 *
 * @module
 */

import type {
  ByteStream,
  Clock,
  HttpHandler,
  HttpRequest,
  HttpResponse,
  RandomBytes,
  WallClock,
} from "../../../core/host.ts";
import { signRequest } from "../../../core/iota/epistula.ts";
import type { PythonData } from "../../../core/formats/python_json.ts";
import { Keypair } from "../../../core/wallet/keypair.ts";
import { readyKeys } from "../../../core/wallet/ready.ts";

await readyKeys();
export const ALICE = Keypair.fromUri("//Alice");
export const BOB = Keypair.fromUri("//Bob");

/** When the tests take place, in milliseconds since 1970. */
const START_MS = 1_750_000_000_000;

/** Time of both kinds, which stands still until it is let pass. */
export class TestTime implements Clock, WallClock {
  #nowMs = 0;
  readonly #sleepers = new Set<{ readonly untilMs: number; readonly wake: () => void }>();

  nowMs(): number {
    return this.#nowMs;
  }

  unixMs(): number {
    return START_MS + this.#nowMs;
  }

  sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const wake = (): void => {
        this.#sleepers.delete(sleeper);
        resolve();
      };
      const sleeper = { untilMs: this.#nowMs + durationMs, wake };
      this.#sleepers.add(sleeper);
      signal?.addEventListener("abort", wake, { once: true });
    });
  }

  /** Sleeps that have not ended. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  /** Lets time pass without waking anyone. */
  advance(durationMs: number): void {
    this.#nowMs += durationMs;
  }

  /** Lets time pass, from sleep to sleep, until the work is done. */
  async until<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    const done = work.finally(() => isDone = true);
    done.catch(() => {});
    while (!isDone) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      const [next] = [...this.#sleepers].sort((a, b) => a.untilMs - b.untilMs);
      if (isDone || next === undefined) continue;
      this.#nowMs = Math.max(this.#nowMs, next.untilMs);
      next.wake();
    }
    return await done;
  }
}

let drawn = 0;
/** Other bytes at every call. */
export const randomBytes: RandomBytes = (length) => {
  const bytes = new Uint8Array(length);
  new DataView(bytes.buffer).setUint32(0, drawn++);
  return bytes;
};

/** A request to a handler. */
export interface TestRequest {
  readonly method?: string;
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as it is. */
  readonly text?: string | Uint8Array<ArrayBuffer>;
  /** Whether the body comes without its length. */
  readonly isChunked?: boolean;
  readonly remoteAddress?: string;
  readonly signal?: AbortSignal;
}

/** An answer whose body was JSON. */
export interface TestAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly data: unknown;
}

/** The headers of a signed request, in lower case as servers see them. */
export async function signedHeaders(
  signer: Keypair,
  data: PythonData,
  wallClock: WallClock,
): Promise<Record<string, string>> {
  const headers = await signRequest(signer, data, { wallClock, randomBytes });
  return Object.fromEntries(Object.entries(headers).map(([k, value]) => [k.toLowerCase(), value]));
}

/** Asks a handler as a connection does. */
export async function serve(handler: HttpHandler, request: TestRequest): Promise<TestAnswer> {
  const { method = "POST", target, text = "", isChunked = false, remoteAddress = "::1" } = request;
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  const length: Record<string, string> = isChunked
    ? { "transfer-encoding": "chunked" }
    : { "content-length": `${bytes.length}` };
  const answer = await handler({
    method,
    target,
    headers: new Headers({ ...length, ...request.headers }),
    body: stream(bytes),
    remoteAddress,
    signal: request.signal ?? new AbortController().signal,
  });
  if (!(answer.body instanceof Uint8Array)) throw new TypeError("bytes were expected");
  const data: unknown = JSON.parse(new TextDecoder().decode(answer.body));
  return { status: answer.status, headers: answer.headers, data };
}

/** Bytes in pieces of at most 64 KiB. */
export async function* stream(bytes: Uint8Array<ArrayBuffer>): AsyncGenerator<
  Uint8Array<ArrayBuffer>,
  void
> {
  for (let at = 0; at < bytes.length; at += 65_536) {
    yield await Promise.resolve(bytes.subarray(at, at + 65_536));
  }
}

/** What a scripted server says. */
export function response(
  status: number,
  data: unknown,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse {
  const text = typeof data === "string" ? data : JSON.stringify(data);
  return {
    status,
    headers: new Headers(headers),
    body: stream(new TextEncoder().encode(text)),
  };
}

/** The text of a request's body. */
export async function textOf(body: HttpRequest["body"]): Promise<string> {
  if (body === undefined) return "";
  if (body instanceof Uint8Array) return new TextDecoder().decode(body);
  return await textOfStream(body);
}

async function textOfStream(body: ByteStream): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const piece of body) text += decoder.decode(piece, { stream: true });
  return text;
}

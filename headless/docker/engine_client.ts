/**
 * Asks the Docker Engine, in a version of its API that both know, and never without a time limit.
 *
 * Source: Docker Engine API v1.43, https://docs.docker.com/reference/api/engine/version/v1.43/.
 *
 * @module
 */

import * as v from "valibot";
import { WeftError } from "../../core/errors.ts";
import { readBytes } from "../../core/formats/byte_stream.ts";
import type { Clock, HttpResponse } from "../../core/host.ts";
import type { SocketHttp, SocketRequest } from "./unix_http.ts";

/** The version that this is written against; an engine may begin or end elsewhere. */
const API_VERSION = { major: 1, minor: 43 };
const ASK_MS = 10_000;
const MAX_ANSWER_BYTES = 1024 ** 2;

const Version = v.object({
  ApiVersion: v.pipe(v.string(), v.regex(/^1\.\d{1,3}$/)),
  MinAPIVersion: v.optional(v.pipe(v.string(), v.regex(/^1\.\d{1,3}$/)), "1.12"),
});
const Message = v.object({ message: v.string() });

/** One thing to ask. */
export interface Wish extends Omit<SocketRequest, "signal"> {
  /** Follows "Docker could not", in an error. */
  readonly what: string;
  /** Statuses that are no failure. */
  readonly good: readonly number[];
  readonly limitMs?: number;
  readonly maxBytes?: number;
}

/** An answer that is no failure. */
export interface Answer {
  readonly status: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** See the module. */
export class EngineClient {
  /** Such as `/v1.43`, once it is known. */
  #prefix: string | undefined;

  constructor(readonly http: SocketHttp, readonly clock: Clock) {}

  /** Asks for it anew: another engine may have been installed. */
  forgetVersion(): void {
    this.#prefix = undefined;
  }

  /** Asks, and reads the answer. */
  async read<Schema extends v.GenericSchema>(
    schema: Schema,
    wish: Wish,
  ): Promise<v.InferOutput<Schema>> {
    return readAnswer(schema, wish, (await this.call(wish)).bytes);
  }

  /** Asks in the version that both know. */
  async call(wish: Wish): Promise<Answer> {
    this.#prefix ??= await this.#choosePrefix();
    return await this.ask({ ...wish, target: this.#prefix + wish.target });
  }

  /** The version that both know which is nearest to ours; engines forget old ones. */
  async #choosePrefix(): Promise<string> {
    const wish = { method: "GET", target: "/version", what: "tell its version" } as const;
    const all = { ...wish, good: [200] };
    const { bytes } = await this.ask(all);
    const version = readAnswer(Version, all, bytes);
    const [newest, oldest] = [version.ApiVersion, version.MinAPIVersion].map((text) =>
      Number(text.split(".")[1])
    );
    const minor = Math.min(Math.max(API_VERSION.minor, oldest), newest);
    return `/v${API_VERSION.major}.${minor}`;
  }

  /** Asks without a version. @throws {WeftError} for a status that is not good */
  async ask(wish: Wish): Promise<Answer> {
    const { what, good, limitMs = ASK_MS, maxBytes = MAX_ANSWER_BYTES, ...request } = wish;
    const [limit, done] = [new AbortController(), new AbortController()];
    const late = new WeftError(`Docker could not ${what} within ${limitMs / 1000} s: restart it`);
    this.clock.sleep(limitMs, done.signal).then(() => limit.abort(late));
    try {
      const response = await this.http({ ...request, signal: limit.signal });
      const bytes = await readBytes(response.body, maxBytes, "Docker's answer");
      if (good.includes(response.status)) return { status: response.status, bytes };
      throw failure(what, reasonOf(response, bytes));
    } finally {
      done.abort();
    }
  }
}

/** An answer that is JSON of this form. @throws {WeftError} if it is none */
export function readAnswer<Schema extends v.GenericSchema>(
  schema: Schema,
  { what }: Wish,
  bytes: Uint8Array,
): v.InferOutput<Schema> {
  const read = v.safeParse(schema, parsed(new TextDecoder().decode(bytes)));
  if (read.success) return read.output;
  throw failure(what, "its answer is not what the Engine API says");
}

/** JSON, or undefined if it is none. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** JSON as bytes. */
export function encode(data: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(data));
}

function reasonOf({ status }: HttpResponse, bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes);
  const read = v.safeParse(Message, parsed(text));
  return `${status}: ${oneLine(read.success ? read.output.message : text)}`;
}

/** The error of something that Docker did not do. */
export function failure(what: string, reason: string): WeftError {
  return new WeftError(`Docker could not ${what} (${reason})`);
}

const MAX_LINE_LETTERS = 200;

/** A text of Docker in one line. */
export function oneLine(text: string): string {
  return text.replaceAll(/[\s\p{C}]+/gu, " ").trim().slice(0, MAX_LINE_LETTERS);
}

/**
 * A store in memory that answers over HTTP as S3 does, and the download that reads it.
 *
 * @module
 */

import { WeftError } from "../../../core/errors.ts";
import type { Clock, Log } from "../../../core/host.ts";
import type { FetchBytes } from "../../../core/iota/merging/chunk_merge.ts";
import { parseRange } from "../../../core/iota/store/byte_range.ts";
import { download } from "../../../core/iota/transfer/download.ts";
import { type AskedRequest, type Scripted, ScriptedHttp } from "../transfer/scripted_http.ts";

/** How a store is not there. */
export const OUTAGES = {
  "answers 500": { status: 500, body: "<Error><Code>InternalError</Code></Error>" },
  "answers 503": { status: 503, body: "<Error><Code>SlowDown</Code></Error>" },
  "never answers": "hang",
  "refuses connections": new WeftError("connection refused"),
  "breaks off its answers": {
    status: 200,
    headers: { "content-length": "1000000" },
    body: "a piece",
  },
  "finds its addresses expired": { status: 403, body: "<Error><Code>AccessDenied</Code></Error>" },
} as const satisfies Record<string, Scripted>;

/**
 * What a store in memory answers is there before the next turn of the event loop: whoever still
 * waits then has waited long enough, however long that was to be.
 */
const clock: Clock = {
  nowMs: () => 0,
  sleep: (_, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const timer = setTimeout(resolve, 0);
      signal?.addEventListener("abort", () => {
        clearTimeout(timer);
        resolve();
      }, { once: true });
    }),
};

/** See the module. */
export class TestStore {
  readonly files = new Map<string, Uint8Array<ArrayBuffer>>();
  /** What the store does in place of answering for what is down. */
  outage: keyof typeof OUTAGES = "answers 500";
  readonly #server = new ScriptedHttp([(request) => this.#answer(request)]);

  /** @param isDown tells which addresses the store does not answer for */
  constructor(readonly log: Log, readonly isDown: (url: string) => boolean) {}

  /** Reads a file, or a piece of it, as a validator does. */
  readonly fetchBytes: FetchBytes = (url, limits) =>
    download(this.#server.http, url, { ...limits, clock, log: this.log });

  #answer({ url, headers }: AskedRequest): Scripted {
    if (this.isDown(url)) return OUTAGES[this.outage];
    const bytes = this.files.get(url);
    if (!bytes) return { status: 404, body: "<Error><Code>NoSuchKey</Code></Error>" };
    const range = parseRange(headers.range ?? null, bytes.length);
    if (!range) return { status: 200, body: bytes };
    if (range === "unsatisfiable") {
      const body = "<Error><Code>InvalidRange</Code></Error>";
      return { status: 416, headers: { "content-range": `bytes */${bytes.length}` }, body };
    }
    const { start, end } = range;
    const contentRange = `bytes ${start}-${end - 1}/${bytes.length}`;
    const body = bytes.slice(start, end);
    return { status: 206, headers: { "content-range": contentRange }, body };
  }
}

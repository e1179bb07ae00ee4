/**
 * One client of a run, on a bare connection: sends a request, reads its answer, and keeps the
 * connection where both ends may.
 *
 * @module
 */

import { connect, type Socket } from "node:net";
import { processClock } from "../../../headless/deno_host.ts";
import type { FuzzedRequest } from "./fuzzed_requests.ts";

/** After this nobody waits for an answer that need not come. */
const MOMENT_MS = 40;
const ANSWER = /^HTTP\/1\.1 (\d{3})[^\r]*\r\n([\s\S]*?)\r\n\r\n/;

/** What came of a request. */
export interface Outcome {
  /** 0 where the connection was closed without an answer. */
  readonly status: number;
  readonly body: string;
  readonly elapsedMs: number;
}

/** Nothing came in time. */
export class HangError extends Error {
  override name = "HangError";
}

/** See the module. */
export class FuzzLane {
  #socket: Socket | undefined;
  #text = "";
  #isOver = false;
  #wake: () => void = () => {};

  /** @param boundMs no answer comes later */
  constructor(readonly port: number, readonly boundMs: number) {}

  /** Sends and reads. @throws {HangError} */
  async ask({ bytes, mayWait, isRight }: FuzzedRequest): Promise<Outcome> {
    const startMs = processClock.nowMs();
    const socket = this.#open();
    socket.write(bytes);
    if (mayWait && !await this.#within(MOMENT_MS)) {
      socket.end();
      // What is not answered must be closed.
      if (!await this.#within(this.boundMs)) throw this.#hang(`not closed in ${this.boundMs} ms`);
    } else if (!await this.#within(this.boundMs)) {
      throw this.#hang(`not answered in ${this.boundMs} ms`);
    }
    const elapsedMs = processClock.nowMs() - startMs;
    const { status, body, keeps } = answerIn(this.#text) ?? { status: 0, body: "", keeps: false };
    // After anything else there may be more to come.
    if (!isRight || !keeps) this.close();
    this.#text = "";
    return { status, body, elapsedMs };
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  #hang(what: string): HangError {
    this.close();
    return new HangError(what);
  }

  #open(): Socket {
    if (this.#socket?.writable && !this.#isOver) return this.#socket;
    this.close();
    const socket = connect({ host: "127.0.0.1", port: this.port });
    socket.setNoDelay(true);
    socket.setEncoding("utf8");
    this.#text = "";
    this.#isOver = false;
    const note = (): void => {
      if (this.#socket === socket) this.#wake();
    };
    socket.on("data", (text: string) => {
      if (this.#socket === socket) this.#text += text;
      note();
    });
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      if (this.#socket === socket) this.#isOver = true;
      note();
    });
    return this.#socket = socket;
  }

  /** Whether there is an answer, or an end, in time. */
  #within(ms: number): Promise<boolean> {
    const isThere = (): boolean => this.#isOver || answerIn(this.#text) !== undefined;
    if (isThere()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const settle = (): void => {
        clearTimeout(timer);
        this.#wake = () => {};
        resolve(isThere());
      };
      const timer = setTimeout(settle, ms);
      this.#wake = () => {
        if (isThere()) settle();
      };
    });
  }
}

/** The first whole answer; those that only tell to go on are none. */
function answerIn(
  text: string,
): { readonly status: number; readonly body: string; readonly keeps: boolean } | undefined {
  const found = ANSWER.exec(text);
  if (found === null) return undefined;
  const [head, status, headers] = found;
  const rest = text.slice(head.length);
  if (status.startsWith("1")) return answerIn(rest);
  const keeps = !/^connection: close/im.test(headers);
  const length = /^content-length: (\d+)/im.exec(headers)?.[1];
  // Those in chunks are the platform's own, and have no body.
  if (length === undefined) return { status: Number(status), body: "", keeps: false };
  if (new TextEncoder().encode(rest).length < Number(length)) return undefined;
  return { status: Number(status), body: rest, keeps };
}

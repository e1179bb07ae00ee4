/**
 * What uploads and downloads have in common: several tries, each within a limit of time, and the
 * store's refusals as errors.
 *
 * @module
 */

import { WeftError } from "../../errors.ts";
import type { ByteStream, Clock, HttpResponse, Log } from "../../host.ts";

const TRIES = 3;
/** Before the second try; each further pause is twice as long. */
const PAUSE_MS = 1_000;
/** For a store to answer, beside the time that the bytes take. */
const ANSWER_MS = 60_000;
/** A transfer that is slower has stopped: 128 KiB a second. */
const LEAST_BYTES_PER_MS = 131;
/** What is read of a refusal. */
const MAX_REASON_BYTES = 4096;

/** The store will not, and would not if it was asked again. */
export class TransferRefusedError extends WeftError {
  override name = "TransferRefusedError";

  constructor(message: string, readonly status: number) {
    super(message);
  }
}

/** The address is good no longer, or was never good: a new one is needed. */
export class ExpiredError extends TransferRefusedError {
  override name = "ExpiredError";
}

/** What tries need. */
export interface Trying {
  readonly clock: Clock;
  readonly log: Log;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Tries until it goes well or there is no point.
 *
 * @throws {TransferRefusedError} as soon as a try does
 * @throws {WeftError} of the last try
 */
export async function tryAgain<Result>(
  { clock, log, signal }: Trying,
  once: (limit: TimeLimit) => Promise<Result>,
): Promise<Result> {
  for (let attempt = 1;; attempt++) {
    signal?.throwIfAborted();
    const limit = new TimeLimit(clock, signal);
    try {
      return await once(limit);
    } catch (error) {
      limit.stop();
      signal?.throwIfAborted();
      if (!(error instanceof WeftError) || error instanceof TransferRefusedError) throw error;
      if (attempt === TRIES) throw error;
      const pauseMs = PAUSE_MS * 2 ** (attempt - 1);
      const next = `try ${attempt} of ${TRIES}, the next in ${pauseMs / 1000} s`;
      log.warn(`${error.message} (${next})`);
      await clock.sleep(pauseMs, signal);
    } finally {
      limit.end();
    }
  }
}

/** Gives up what takes too long, or is not wanted any more. */
export class TimeLimit {
  readonly #stop = new AbortController();
  readonly #ended = new AbortController();
  readonly #stopWithOuter = (): void => this.#stop.abort(this.outer?.reason);

  constructor(readonly clock: Clock, readonly outer: AbortSignal | undefined) {
    outer?.addEventListener("abort", this.#stopWithOuter, { once: true });
  }

  /** For the request. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Allows what begins now the time that some bytes take. */
  async allow<Result>(bytes: number, transfer: Promise<Result>): Promise<Result> {
    const limitMs = ANSWER_MS + bytes / LEAST_BYTES_PER_MS;
    const settled = new AbortController();
    const isOver = this.clock.sleep(limitMs, AbortSignal.any([settled.signal, this.#ended.signal]));
    void isOver.then(() => {
      if (settled.signal.aborted || this.#ended.signal.aborted) return;
      this.#stop.abort(new WeftError(`${Math.round(limitMs / 1000)} s were too short`));
    });
    try {
      return await transfer;
    } finally {
      settled.abort();
    }
  }

  /** Ends what may still be on its way. */
  stop(): void {
    this.#stop.abort();
  }

  /** Leaves no timer and no listener. */
  end(): void {
    this.#ended.abort();
    this.outer?.removeEventListener("abort", this.#stopWithOuter);
  }
}

/** The error that an answer with a status other than 2xx becomes; reads its reason. */
export async function refusalOf(
  what: string,
  { status, body }: HttpResponse,
  limit: TimeLimit,
): Promise<WeftError> {
  const text = await limit.allow(0, readReason(body));
  const [code, message] = ["Code", "Message"].map((name) =>
    new RegExp(`<${name}>([^<]{1,200})</${name}>`).exec(text)?.[1]
  );
  const reason = [code, message].filter((each) => each !== undefined).join(", ");
  const line = `${what}: the store answered ${status}${reason === "" ? "" : ` (${reason})`}`;
  if (status === 403) {
    return new ExpiredError(`${line}: the address has expired or is a wrong one`, status);
  }
  const mayPass = status >= 500 || status === 429 || status === 408 || code === "RequestTimeout";
  return mayPass ? new WeftError(line) : new TransferRefusedError(line, status);
}

async function readReason(body: ByteStream): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const piece of body) {
    text += decoder.decode(piece, { stream: true });
    if (text.length > MAX_REASON_BYTES) break;
  }
  return text;
}

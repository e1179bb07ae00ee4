/**
 * Signatures checked beside the thread that serves: a check takes an eighth to a third of a
 * millisecond, more than what is left of a small request.
 *
 * @module
 */

import * as v from "valibot";
import { Refusal } from "../core/iota/api/service.ts";
import type { Thread } from "../core/host.ts";
import { type SignatureCheck, verifyMessage } from "../core/wallet/verify.ts";
import { startThread } from "./threads.ts";

/** Checks that a thread is given at once. */
const BATCH = 16;
/** Checks that may wait, some seconds' worth; more are refused rather than answered too late. */
const MAX_WAITING = 8_192;

const Verdicts = v.array(v.boolean());

/** Threads that check signatures. */
export interface SignatureThreads {
  /** Throws a {@linkcode Refusal} 503 if too many checks are waiting. */
  readonly check: SignatureCheck;
  close(): void;
}

/** One check that was asked for. */
interface Job {
  readonly check: Parameters<SignatureCheck>;
  readonly resolve: (isSigned: boolean) => void;
}

/**
 * Starts so many threads. What a thread leaves behind that dies is checked here, and so is all when
 * none is left.
 *
 * @param start starts one @default the real one
 */
export function startSignatureThreads(
  count: number,
  start: () => Thread = () => startThread(new URL("./signature_thread.ts", import.meta.url)),
): SignatureThreads {
  const pool = new SignaturePool(count, start);
  return { check: (...check) => pool.check(check), close: () => pool.close() };
}

class SignaturePool {
  readonly #waiting: Job[] = [];
  /** What each thread is doing. */
  readonly #threads = new Map<Thread, readonly Job[]>();

  constructor(count: number, start: () => Thread) {
    for (let at = 0; at < count; at++) this.#add(start());
  }

  check(check: Parameters<SignatureCheck>): Promise<boolean> {
    if (this.#threads.size === 0) return Promise.resolve(verifyMessage(...check));
    if (this.#waiting.length >= MAX_WAITING) {
      return Promise.reject(new Refusal(503, "Too many requests are waiting to be verified"));
    }
    return new Promise((resolve) => {
      this.#waiting.push({ check, resolve });
      for (const [thread, jobs] of this.#threads) if (jobs.length === 0) return this.#give(thread);
    });
  }

  close(): void {
    for (const thread of this.#threads.keys()) this.#remove(thread);
  }

  #add(thread: Thread): void {
    this.#threads.set(thread, []);
    thread.onMessage((verdicts) => {
      const jobs = this.#threads.get(thread) ?? [];
      v.parse(Verdicts, verdicts).forEach((isSigned, at) => jobs[at].resolve(isSigned));
      this.#give(thread);
    });
    thread.onError(() => this.#remove(thread));
  }

  #give(thread: Thread): void {
    const jobs = this.#waiting.splice(0, BATCH);
    this.#threads.set(thread, jobs);
    if (jobs.length > 0) thread.post(jobs.map(({ check }) => check));
  }

  #remove(thread: Thread): void {
    const left = [...this.#threads.get(thread) ?? []];
    this.#threads.delete(thread);
    thread.stop();
    if (this.#threads.size === 0) left.push(...this.#waiting.splice(0));
    for (const { check, resolve } of left) resolve(verifyMessage(...check));
  }
}

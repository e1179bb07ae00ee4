/**
 * Many fuzzed requests against one server, and what must hold meanwhile: statuses are of the
 * protocol's table or ours, answers come in time, and honest requests are answered right.
 *
 * @module
 */

import { FuzzLane, HangError, type Outcome } from "./fuzz_lane.ts";
import { type FuzzedRequest, fuzzedRequest } from "./fuzzed_requests.ts";
import { Validator, VALIDATOR_KEYS } from "./valid_requests.ts";

/** Of the protocol, of this axon's bounds, and of HTTP. 0 is a connection closed without an answer. */
const STATUSES: ReadonlySet<number> = new Set([
  ...[0, 200, 401, 403, 404, 500],
  ...[405, 408, 413, 429, 431],
  ...[400, 417],
]);
const MAX_FAILURES = 20;

/** What to send. */
export interface FuzzTask {
  readonly port: number;
  readonly seed: number;
  /** The first index, and how many. */
  readonly from: number;
  readonly requests: number;
  readonly lanes: number;
  /** No answer is later, in milliseconds. */
  readonly boundMs: number;
  /** Called after every so many requests. */
  readonly onPart?: (done: number) => Promise<void>;
  readonly partLength?: number;
}

/** What was wrong. */
export interface FuzzFailure {
  readonly index: number;
  readonly name: string;
  readonly reason: string;
}

/** What came of a run. */
export interface FuzzResult {
  readonly sent: number;
  readonly honest: number;
  readonly answeredRight: number;
  /** Answers by status, 0 for none. */
  readonly statuses: ReadonlyMap<number, number>;
  /** Of each mutation, its answers by status. */
  readonly byName: ReadonlyMap<string, ReadonlyMap<number, number>>;
  /** Of all that had to be answered, in milliseconds. */
  readonly slowestMs: number;
  /** The first few. */
  readonly failures: readonly FuzzFailure[];
}

/** Sends them all; ends early after some failures. */
export async function fuzz(task: FuzzTask): Promise<FuzzResult> {
  const run = new FuzzRun(task);
  const keys = VALIDATOR_KEYS();
  let next = task.from;
  const end = task.from + task.requests;
  await Promise.all(Array.from({ length: Math.min(task.lanes, task.requests) }, async (_, at) => {
    const validator = new Validator(keys[at % keys.length], `lane-${at}`);
    const lane = new FuzzLane(task.port, task.boundMs);
    while (next < end && run.failures.length < MAX_FAILURES) {
      const index = next++;
      await run.one(index, lane, validator);
    }
    lane.close();
  }));
  return run;
}

class FuzzRun implements FuzzResult {
  readonly statuses = new Map<number, number>();
  readonly byName = new Map<string, Map<number, number>>();
  readonly failures: FuzzFailure[] = [];
  sent = 0;
  honest = 0;
  answeredRight = 0;
  slowestMs = 0;

  constructor(readonly task: FuzzTask) {}

  async one(index: number, lane: FuzzLane, validator: Validator): Promise<void> {
    const { seed, onPart, partLength = Infinity } = this.task;
    const request = await fuzzedRequest({ seed, index }, validator);
    const reason = await this.#ask(request, lane);
    if (reason !== undefined) this.failures.push({ index, name: request.name, reason });
    this.sent += 1;
    if (this.sent % partLength === 0) await onPart?.(this.sent);
  }

  /** What was wrong. */
  async #ask(request: FuzzedRequest, lane: FuzzLane): Promise<string | undefined> {
    const { name, isRight, mayWait } = request;
    let outcome: Outcome;
    try {
      outcome = await lane.ask(request);
    } catch (error) {
      if (error instanceof HangError) return error.message;
      throw error;
    }
    const { status, body, elapsedMs } = outcome;
    count(this.statuses, status);
    const own = this.byName.get(name) ?? new Map();
    this.byName.set(name, own);
    count(own, status);
    if (!mayWait) this.slowestMs = Math.max(this.slowestMs, elapsedMs);
    if (isRight) {
      this.honest += 1;
      if (status !== 200 || !isRight(JSON.parse(body))) {
        return `an honest request was answered with ${status} ${body.slice(0, 300)}`;
      }
      this.answeredRight += 1;
    }
    return STATUSES.has(status) ? undefined : `status ${status}`;
  }
}

function count(counts: Map<number, number>, status: number): void {
  counts.set(status, (counts.get(status) ?? 0) + 1);
}

/**
 * What a miner does while its layer trains: takes batches, runs them forward and backward, and
 * passes the results on.
 *
 * While results are read back, uploaded and reported, the next piece of work is fetched and begun:
 * with an orchestrator that holds its answers back until there is work, the stage is idle only when
 * there is none. With the published one, which answers at once, one piece is done after the other
 * with a pause between.
 *
 * Source: macrocosm-os/iota @ 56aee24, `step`, `forward` and `backward` of `miner/miner.py`.
 *
 * @module
 */

import { WeftError } from "../../errors.ts";
import type { HostTensor } from "../../formats/dtype.ts";
import type { StatusUpdate } from "../api/schemas.ts";
import { ActivationTransfer, type TensorName } from "./activation_transfer.ts";
import { compute, consequenceOf } from "./consequences.ts";
import { type MinerContext, pause } from "./miner_context.ts";
import type { Seat } from "./seat.ts";
import { type Job, WorkSource } from "./work_source.ts";
import { Submissions } from "./submissions.ts";

/** Results on their way: one is uploaded while the next is read back from the device. */
const MAX_SUBMISSIONS = 2;
/**
 * Work is handed out for a minute. Where a batch takes longer than this, the next one is fetched
 * only when it can be begun.
 */
const MAX_PREFETCH_MS = 10_000;

/** See the module. */
export class ActivationWork {
  readonly #context: MinerContext;
  readonly #transfer: ActivationTransfer;
  readonly #source: WorkSource;
  /** The next piece of work, while it is fetched. */
  #next: Promise<Job> | undefined;
  /** How long the last batch took, from its begin to its result. */
  #computeMs = 0;

  constructor(readonly seat: Seat) {
    this.#context = seat.context;
    this.#transfer = new ActivationTransfer(seat.context);
    this.#source = new WorkSource(seat);
  }

  /**
   * Works until it cannot go on; what concerns one batch only is logged. Results that are on their
   * way when the orchestrator stops answering are still submitted, others not.
   * @throws what ended it, see `consequenceOf`
   */
  async run(signal: AbortSignal): Promise<never> {
    const stop = new AbortController();
    const cut = new AbortController();
    const end = (): void => {
      stop.abort(signal.reason);
      cut.abort(signal.reason);
    };
    if (signal.aborted) end();
    signal.addEventListener("abort", end);
    const submissions = new Submissions(MAX_SUBMISSIONS, (error) => {
      // What is ended with the work is no news.
      if (!cut.signal.aborted) this.#note(error, stop);
    });
    try {
      return await this.#loop(submissions, stop.signal, cut.signal);
    } catch (error) {
      if (consequenceOf(error) !== "wait") cut.abort();
      throw error;
    } finally {
      stop.abort();
      await Promise.allSettled([submissions.idle(), this.#next]);
      this.#next = undefined;
      signal.removeEventListener("abort", end);
    }
  }

  /** @param signal ends the search for work @param cut ends submissions */
  async #loop(submissions: Submissions, signal: AbortSignal, cut: AbortSignal): Promise<never> {
    const { longPollMs, pollMs } = this.#context;
    const fetch = (): Promise<Job> => this.#source.next(() => submissions.idle(), signal);
    for (;;) {
      signal.throwIfAborted();
      await this.#stepIfDue(submissions, signal);
      const job = await (this.#next ?? fetch());
      this.#next = undefined;
      this.#begin(job, submissions, cut);
      if (longPollMs === 0) {
        await submissions.idle();
        await pause(this.#context, pollMs, signal);
      } else {
        const isSoon = this.#computeMs <= MAX_PREFETCH_MS && !this.seat.isStepDue;
        if (isSoon) this.#next = ignored(fetch());
        await submissions.room();
      }
    }
  }

  /**
   * The step between merges, where there is one; the orchestrator's rate goes by what was reported.
   * Batches in flight go on: their gradients pass through weights that are one step newer, while to
   * drop them would waste all layers' work.
   */
  async #stepIfDue(submissions: Submissions, signal: AbortSignal): Promise<void> {
    if (!this.seat.isStepDue) return;
    await submissions.idle();
    await this.seat.step(signal);
  }

  /** Gives the stage its work, and has the result submitted once it is there. */
  #begin(job: Job, submissions: Submissions, signal: AbortSignal): void {
    const { seat } = this;
    const { trainer, cache } = seat;
    const { uid } = job;
    if (job.kind === "tokens" || job.kind === "forward") {
      // One that comes once more, after its result was lost or late, begins anew.
      cache.forget(uid);
      cache.add(uid);
      const output = this.#timed(() =>
        job.kind === "tokens"
          ? trainer.forwardTokens(uid, job.tokens)
          : trainer.forward(uid, job.activation)
      );
      submissions.add((turn) => this.#submitForward(uid, output, turn, signal));
      return;
    }
    seat.countBackward();
    if (job.kind === "loss") {
      const both = this.#timed(() => trainer.forwardLoss(uid, job.activation, job.tokens));
      submissions.add((turn) => this.#submitLoss(uid, both, turn, signal));
      return;
    }
    cache.remove(uid);
    const gradient = this.#timed(() => trainer.backward(uid, job.gradient));
    submissions.add((turn) => this.#submitBackward(uid, gradient, turn, signal));
  }

  async #submitForward(
    uid: string,
    output: Promise<HostTensor>,
    turn: Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const { cache, layer } = this.seat;
    try {
      const tensor = await output;
      const path = await this.#transfer.put({ uid, layer, direction: "forward" }, tensor, signal);
      await turn;
      await this.#report("forward", uid, path, signal);
      this.#context.onEvent({ kind: "forward", uid, loss: undefined });
    } catch (error) {
      // Nobody knows of it, so nobody will send its gradient.
      if (consequenceOf(error) === "go on") cache.forget(uid);
      throw error;
    }
  }

  async #submitLoss(
    uid: string,
    both: Promise<{ loss: number; gradient: HostTensor }>,
    turn: Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const { layer } = this.seat;
    const { loss, gradient } = await both;
    if (!Number.isFinite(loss)) throw new WeftError(`the loss of activation ${uid} is ${loss}`);
    const name: TensorName = { uid, layer, direction: "backward" };
    const path = ignored(this.#transfer.put(name, gradient, signal));
    await turn;
    await this.#reportLoss(uid, loss, signal);
    await this.#report("forward", uid, null, signal);
    this.#context.onEvent({ kind: "forward", uid, loss });
    await this.#report("backward", uid, await path, signal);
    this.#context.onEvent({ kind: "backward", uid });
  }

  async #submitBackward(
    uid: string,
    gradient: Promise<HostTensor>,
    turn: Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const name: TensorName = { uid, layer: this.seat.layer, direction: "backward" };
    const path = await this.#transfer.put(name, await gradient, signal);
    await turn;
    await this.#report("backward", uid, path, signal);
    this.#context.onEvent({ kind: "backward", uid });
  }

  /** A batch counts without its loss too. */
  async #reportLoss(uid: string, loss: number, signal: AbortSignal): Promise<void> {
    const { client, log } = this.#context;
    try {
      const body = { activation_uid: uid, loss_value: loss };
      await client.ask("reportLoss", { body }, { signal });
    } catch (error) {
      if (!(error instanceof WeftError) || consequenceOf(error) !== "go on") throw error;
      log.warn(`the loss of activation ${uid} was not taken: ${error.message}`);
    }
  }

  async #report(
    status: StatusUpdate["status"],
    uid: string,
    path: string | null,
    signal: AbortSignal,
  ): Promise<void> {
    const body = { status, activation_uid: uid, activation_path: path };
    await this.#context.client.ask("updateStatus", { body }, { signal });
  }

  /** Logs what concerns one batch; ends the work for anything else. */
  #note(error: unknown, stop: AbortController): void {
    if (error instanceof WeftError && consequenceOf(error) === "go on") {
      this.#context.log.warn(`a result was lost: ${error.message}`);
      this.#context.onEvent({ kind: "lost", reason: error.message });
    } else stop.abort(error);
  }

  /** Runs the stage at once; what it gives comes later. */
  #timed<Result>(work: () => Promise<Result>): Promise<Result> {
    const { clock } = this.#context;
    const startMs = clock.nowMs();
    const result = compute(work);
    void ignored(result).then(() => this.#computeMs = clock.nowMs() - startMs, () => {});
    return result;
  }
}

/** The same promise; that nobody may come to wait for it is no error of its own. */
function ignored<Result>(promise: Promise<Result>): Promise<Result> {
  promise.catch(() => {});
  return promise;
}

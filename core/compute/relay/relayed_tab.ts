/**
 * A tab behind a relay: requests go to it and its answers come back, by their ids.
 *
 * @module
 */

import type { Clock, ServedResponse, Socket } from "../../host.ts";
import { AxonRefusal } from "../axon/refusal.ts";
import { readTabFrame, type RelayFrame, writeFrame } from "./relay_frames.ts";

/** Requests that a tab may have at a time; more are refused at once. */
const MAX_OPEN = 64;
/** Less than a listener lets a connection be silent, so that there is an answer. */
const ANSWER_MS = 100_000;
/** A tab that says nothing for so long is gone, whatever the connection says. */
const SILENCE_MS = 45_000;
const PING_MS = 15_000;
/** Of an answer, these go back. */
const MAX_HEADER_LETTERS = 8_192;

/** A request, as it is passed on. */
export type RelayedRequest = Omit<Extract<RelayFrame, { kind: "request" }>, "kind" | "id">;

/** See the module. */
export class RelayedTab {
  readonly #open = new Map<number, PromiseWithResolvers<ServedResponse>>();
  readonly #gone = new AbortController();
  #nextId = 0;
  #heardMs: number;

  constructor(readonly hotkey: string, readonly socket: Socket, readonly clock: Clock) {
    this.#heardMs = clock.nowMs();
  }

  /** Tells the tab that it is known now, and looks from then on whether it is still there. */
  welcome(): void {
    this.#send({ kind: "welcome" });
    void this.#watch();
  }

  /** Takes what the tab has said; what cannot be read ends the connection. */
  receive(data: unknown): void {
    this.#heardMs = this.clock.nowMs();
    try {
      const frame = readTabFrame(data);
      if (frame.kind === "answer") this.#answer(frame.id, frame);
      else if (frame.kind === "prove") throw new Error("a proof comes once");
    } catch (error) {
      this.close(error instanceof Error ? error.message : "a frame cannot be read", true);
    }
  }

  /**
   * Asks the tab.
   *
   * @param timeoutMs for which who asks waits; never longer than 100 seconds
   *
   * @throws {AxonRefusal} 503 if it has too much to do, is gone or does not answer
   */
  async ask(
    request: RelayedRequest,
    signal: AbortSignal,
    timeoutMs = ANSWER_MS,
  ): Promise<ServedResponse> {
    if (this.#gone.signal.aborted) throw unavailable("The miner is gone");
    if (this.#open.size >= MAX_OPEN) throw unavailable("The miner has too much to do");
    const id = this.#nextId++;
    const answer = Promise.withResolvers<ServedResponse>();
    this.#open.set(id, answer);
    const over = new AbortController();
    const cancel = (): void => answer.reject(unavailable("Who asked is gone"));
    signal.addEventListener("abort", cancel, { once: true });
    void this.clock.sleep(Math.min(Math.max(timeoutMs, 0), ANSWER_MS), over.signal).then(() => {
      answer.reject(unavailable("The miner does not answer"));
    });
    try {
      this.#send({ kind: "request", id, ...request });
      return await answer.promise;
    } catch (error) {
      this.#send({ kind: "cancel", id });
      throw error;
    } finally {
      over.abort();
      this.#open.delete(id);
      signal.removeEventListener("abort", cancel);
    }
  }

  /** Ends the connection; what is open is answered that the miner is gone. */
  close(reason: string, isFinal: boolean): void {
    if (this.#gone.signal.aborted) return;
    this.#send({ kind: "refused", reason: reason.slice(0, 200), isFinal });
    this.#gone.abort();
    for (const answer of this.#open.values()) answer.reject(unavailable("The miner is gone"));
    this.socket.close();
  }

  #answer(id: number, { status, headers, body }: ServedResponse): void {
    // A tab may name what it likes; what is no answer's header is left out.
    const own = Object.entries(headers).filter(([name, value]) =>
      /^(?:bt_header_\w{1,60}|content-type|name|timeout|header_size|total_size|computed_body_hash)$/
        .test(name) && value.length <= MAX_HEADER_LETTERS && !/[^\x20-\x7e\xa0-\xff]/.test(value)
    );
    this.#open.get(id)?.resolve({ status, headers: Object.fromEntries(own), body });
  }

  async #watch(): Promise<void> {
    const { signal } = this.#gone;
    while (!signal.aborted) {
      await this.clock.sleep(PING_MS, signal);
      if (signal.aborted) return;
      if (this.clock.nowMs() - this.#heardMs > SILENCE_MS) {
        return this.close("you are silent", false);
      }
      this.#send({ kind: "ping" });
    }
  }

  #send(frame: RelayFrame): void {
    if (!this.#gone.signal.aborted) this.socket.send(writeFrame(frame));
  }
}

function unavailable(message: string): AxonRefusal {
  return new AxonRefusal(503, message);
}

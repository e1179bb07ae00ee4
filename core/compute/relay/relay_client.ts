/**
 * A tab's side of a relay: proves its hotkey, answers the requests that come, and connects again when
 * the connection breaks.
 *
 * @module
 */

import { bytesToHex } from "@noble/hashes/utils.js";
import { WeftError } from "../../errors.ts";
import { readBytes } from "../../formats/byte_stream.ts";
import type { Clock, HttpHandler, Log, OpenSocket, Socket } from "../../host.ts";
import type { Signer } from "../../wallet/signer.ts";
import {
  MAX_RELAYED_BYTES,
  proofText,
  readRelayFrame,
  type RelayFrame,
  writeFrame,
} from "./relay_frames.ts";

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** A relay that neither asks nor pings for so long is gone. */
const SILENCE_MS = 60_000;

/** Where validators reach the tab. */
export interface RelayPlace {
  readonly ip: string;
  readonly port: number;
}

/** What a tab is made of. */
export interface RelayClientOptions {
  /** The relay's, `wss://host/relay`. */
  readonly url: string;
  readonly signer: Signer;
  /** The tab's own axon. */
  readonly handler: HttpHandler;
  readonly openSocket: OpenSocket;
  readonly clock: Clock;
  readonly log: Log;
  /** Called each time the tab is known to the relay. */
  readonly onWelcome: (place: RelayPlace) => void;
}

/** See the module. */
export class RelayClient {
  constructor(readonly options: RelayClientOptions) {}

  /**
   * Answers until the signal.
   *
   * @throws {WeftError} if the relay does not want this tab, with what it said
   */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.options;
    let pauseMs = FIRST_PAUSE_MS;
    while (!signal.aborted) {
      const connection = new RelayConnection(this.options);
      const { wasWelcome, refusal } = await connection.run(signal);
      if (signal.aborted) return;
      if (refusal?.isFinal) {
        throw new WeftError(`the relay ended the connection: ${refusal.reason}`);
      }
      pauseMs = wasWelcome ? FIRST_PAUSE_MS : Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
      const reason = refusal ? ` (${refusal.reason})` : "";
      log.warn(`the connection to the relay is gone${reason}: again in ${pauseMs / 1000} s`);
      await clock.sleep(pauseMs, signal);
    }
  }
}

/** Why the relay does not want a tab. */
interface Refusal {
  readonly reason: string;
  /** Whether there is no use in coming again. */
  readonly isFinal: boolean;
}

/** How a connection ended. */
interface Ending {
  readonly wasWelcome: boolean;
  /** What the relay said, if it was the relay that ended it. */
  readonly refusal: Refusal | undefined;
}

/** One connection. */
class RelayConnection {
  readonly #closed = Promise.withResolvers<void>();
  readonly #over = new AbortController();
  readonly #answering = new Map<number, AbortController>();
  readonly #socket: Socket;
  #place: RelayPlace | undefined;
  #heardMs: number;
  #wasWelcome = false;
  #refusal: Refusal | undefined;

  constructor(readonly options: RelayClientOptions) {
    const { clock, openSocket, url } = options;
    this.#heardMs = clock.nowMs();
    this.#socket = openSocket(url);
    this.#socket.addEventListener("message", ({ data }) => void this.#take(data));
    this.#socket.addEventListener("close", () => this.#closed.resolve());
    this.#socket.addEventListener("error", () => this.#closed.resolve());
  }

  async run(signal: AbortSignal): Promise<Ending> {
    const stop = (): void => this.#closed.resolve();
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    void this.#watch();
    await this.#closed.promise;
    signal.removeEventListener("abort", stop);
    this.#over.abort();
    for (const gone of this.#answering.values()) gone.abort();
    this.#socket.close();
    return { wasWelcome: this.#wasWelcome, refusal: this.#refusal };
  }

  async #take(data: unknown): Promise<void> {
    this.#heardMs = this.options.clock.nowMs();
    try {
      await this.#act(readRelayFrame(data));
    } catch (error) {
      const reason = error instanceof Error ? error.message : error;
      this.options.log.warn(`the relay says what cannot be: ${reason}`);
      this.#closed.resolve();
    }
  }

  async #act(frame: RelayFrame): Promise<void> {
    switch (frame.kind) {
      case "hello":
        return await this.#prove(frame);
      case "welcome":
        this.#wasWelcome = true;
        if (this.#place) this.options.onWelcome(this.#place);
        return;
      case "refused":
        this.#refusal = { ...frame, reason: frame.reason.replace(/\p{C}/gu, "?") };
        return this.#closed.resolve();
      case "ping":
        return this.#send(writeFrame({ kind: "pong" }));
      case "cancel":
        return this.#answering.get(frame.id)?.abort();
      case "request":
        return await this.#answer(frame);
    }
  }

  async #prove({ axon, nonce }: Extract<RelayFrame, { kind: "hello" }>): Promise<void> {
    if (this.#place) throw new WeftError("a second greeting");
    this.#place = axon;
    const { signer } = this.options;
    const { host: relay } = new URL(this.options.url);
    const text = new TextEncoder().encode(proofText(nonce, signer.address, relay));
    const signature = bytesToHex(await signer.sign(text));
    this.#send(writeFrame({ kind: "prove", hotkey: signer.address, relay, signature }));
  }

  async #answer(
    { id, method, target, headers, body, remoteAddress }: Extract<RelayFrame, { kind: "request" }>,
  ): Promise<void> {
    const gone = new AbortController();
    this.#answering.set(id, gone);
    const bytes = async function* (): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
      yield await Promise.resolve(body);
    };
    const known = new Map(Object.entries(headers));
    try {
      const answer = await this.options.handler({
        ...{ method, target, remoteAddress, body: bytes(), signal: gone.signal },
        headers: { get: (name) => known.get(name) ?? null },
      });
      const whole = answer.body instanceof Uint8Array
        ? answer.body
        : await readBytes(answer.body, MAX_RELAYED_BYTES, "an answer");
      const { status } = answer;
      if (gone.signal.aborted) return;
      this.#send(writeFrame({ kind: "answer", id, status, headers: answer.headers, body: whole }));
    } catch (error) {
      if (gone.signal.aborted) return;
      const reason = error instanceof Error ? error.message : error;
      this.options.log.error(`${target} failed: ${reason}`);
      const failure = new TextEncoder().encode('{"message":"Internal Server Error"}');
      const headers = { "content-type": "application/json" };
      this.#send(writeFrame({ kind: "answer", id, status: 500, headers, body: failure }));
    } finally {
      this.#answering.delete(id);
    }
  }

  async #watch(): Promise<void> {
    const { clock } = this.options;
    const { signal } = this.#over;
    while (!signal.aborted) {
      await clock.sleep(SILENCE_MS / 2, signal);
      if (clock.nowMs() - this.#heardMs > SILENCE_MS) this.#closed.resolve();
    }
  }

  #send(text: string): void {
    if (!this.#over.signal.aborted) this.#socket.send(text);
  }
}

/**
 * Miners that only ask: each with a key of its own, every two seconds, as published ones do that
 * wait for work. Their latency counts from when a request was due, so that an orchestrator that falls
 * behind cannot hide it by slowing them down. They sign ahead, for each of them has a machine of its
 * own to do it.
 *
 * @module
 */

import { signRequest } from "../../../core/iota/epistula.ts";
import { ROUTES, SPEC_VERSION, SPEC_VERSION_HEADER } from "../../../core/iota/api/routes.ts";
import { WeftError } from "../../../core/errors.ts";
import { readBytes } from "../../../core/formats/byte_stream.ts";
import type { Http } from "../../../core/host.ts";
import { Keypair } from "../../../core/wallet/keypair.ts";
import { processClock, processRandomBytes, processWallClock } from "../../../headless/deno_host.ts";
import { Latencies } from "./latencies.ts";

/** The published miner sleeps a second where there was no work, and a second after each step. */
export const POLL_MS = 2000;
const MAX_ANSWER_BYTES = 1 << 20;
/** Nobody begins a batch, so that layer 0 may and all others find none. */
const REASONS = /"direction":null.*"reason":(null|"no_activation_found")/;
/** No key takes longer to sign once, here. */
const SIGNING_MS = 0.5;
/** Between the last signature and the first request. */
const LEAD_MS = 2000;
/** Registrations at once: enough to keep the orchestrator busy, no more. */
const REGISTERING = 16;

/** What a load was answered. */
export interface PollingResult {
  readonly miners: number;
  readonly seconds: number;
  readonly latencies: Latencies;
  /** How late requests were sent: a machine that is too busy for that measures itself. */
  readonly lateness: Latencies;
  /** Answers by status; 0 for none. */
  readonly statuses: ReadonlyMap<number, number>;
}

/** Keys by number; the same number is the same key. */
export function minerKey(index: number): Keypair {
  const seed = new Uint8Array(32);
  new DataView(seed.buffer).setUint32(0, index + 1);
  return Keypair.fromSeed(seed);
}

/** Miners of one orchestrator. */
export class PollingMiners {
  readonly #keys: Keypair[] = [];

  /** @param urls of orchestrators that share one state; miners are spread over them */
  constructor(readonly urls: readonly string[], readonly http: Http) {}

  /**
   * Registers miners until there are as many.
   * @throws {Error} if one is refused
   */
  async register(count: number): Promise<void> {
    let next = this.#keys.length;
    const lane = async (): Promise<void> => {
      while (next < count) {
        const index = next++;
        this.#keys[index] = minerKey(index);
        const signed = await sign(this.#keys[index], processWallClock.unixMs());
        const { status } = await this.#ask(index, ROUTES.registerMiner, signed);
        if (status !== 200) throw new Error(`registration ${index} was answered with ${status}`);
      }
    };
    await Promise.all(Array.from({ length: REGISTERING }, lane));
  }

  /**
   * Lets all ask for work, evenly spread, for so many rounds.
   * @param onStatus hears how far it is
   */
  async poll(rounds: number, onStatus: (text: string) => void): Promise<PollingResult> {
    const latencies = new Latencies();
    const lateness = new Latencies();
    const statuses = new Map<number, number>();
    const miners = this.#keys.length;
    onStatus(`signing the requests of ${miners} miners ahead`);
    const signingMs = miners * rounds * SIGNING_MS + LEAD_MS;
    const startMs = processClock.nowMs() + signingMs;
    const startUnixMs = processWallClock.unixMs() + signingMs;
    const dueOf = (index: number, round: number): number =>
      round * POLL_MS + index * POLL_MS / miners;
    const requests: Signed[][] = [];
    for (const [index, key] of this.#keys.entries()) {
      const own: Signed[] = [];
      for (let round = 0; round < rounds; round++) {
        own.push(await sign(key, startUnixMs + dueOf(index, round)));
      }
      requests.push(own);
    }
    if (processClock.nowMs() > startMs) {
      throw new Error("signing has taken longer than was planned");
    }
    onStatus(`${miners} miners poll`);
    const pollOne = async (own: readonly Signed[], index: number): Promise<void> => {
      for (const [round, signed] of own.entries()) {
        const dueMs = startMs + dueOf(index, round);
        await processClock.sleep(Math.max(0, dueMs - processClock.nowMs()));
        lateness.add(Math.max(0, processClock.nowMs() - dueMs));
        const status = await this.#poll(index, signed);
        latencies.add(processClock.nowMs() - dueMs);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    };
    await Promise.all(requests.map(pollOne));
    return {
      miners,
      seconds: (processClock.nowMs() - startMs) / 1000,
      latencies,
      lateness,
      statuses,
    };
  }

  /** Asks for work, of which there is none; the status, 0 for no answer. */
  async #poll(index: number, signed: Signed): Promise<number> {
    try {
      const { status, text } = await this.#ask(index, ROUTES.randomActivation, signed);
      if (status === 200 && !REASONS.test(text)) throw new Error(`there was an answer of ${text}`);
      return status;
    } catch (error) {
      if (!(error instanceof WeftError)) throw error;
      return 0;
    }
  }

  async #ask(
    index: number,
    { method, path }: { readonly method: "GET" | "POST"; readonly path: string },
    signed: Signed,
  ): Promise<{ readonly status: number; readonly text: string }> {
    const { status, body } = await this.http({
      method,
      url: this.urls[index % this.urls.length] + path,
      headers: { ...signed, [SPEC_VERSION_HEADER]: `${SPEC_VERSION}` },
    });
    const bytes = await readBytes(body, MAX_ANSWER_BYTES, path);
    return { status, text: new TextDecoder().decode(bytes) };
  }
}

/** The headers of a request without a body. */
type Signed = Record<string, string>;

function sign(key: Keypair, unixMs: number): Promise<Signed> {
  const wallClock = { unixMs: () => unixMs };
  return signRequest(key, {}, { wallClock, randomBytes: processRandomBytes });
}

/**
 * Miners that only ask: each with a key of its own, once a second, as published ones do that wait
 * for work. Their latency counts from when a request was due, so that an orchestrator that falls
 * behind cannot hide it by slowing them down.
 *
 * @module
 */

import { signRequest } from "../../../core/iota/epistula.ts";
import { ROUTES, SPEC_VERSION, SPEC_VERSION_HEADER } from "../../../core/iota/api/routes.ts";
import { readBytes } from "../../../core/formats/byte_stream.ts";
import type { Http } from "../../../core/host.ts";
import { Keypair } from "../../../core/wallet/keypair.ts";
import { processClock, processRandomBytes, processWallClock } from "../../../headless/deno_host.ts";
import { Latencies } from "./latencies.ts";

/** The published miner sleeps a second between two steps. */
const POLL_MS = 1000;
const MAX_ANSWER_BYTES = 1 << 20;
/** Registrations at once: enough to keep the orchestrator busy, no more. */
const REGISTERING = 16;

/** What requests are signed with beside the key. */
const SOURCE = { wallClock: processWallClock, randomBytes: processRandomBytes };

/** What a load was answered. */
export interface PollingResult {
  readonly miners: number;
  readonly seconds: number;
  readonly latencies: Latencies;
  /** Answers by status. */
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

  constructor(readonly url: string, readonly http: Http) {}

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
        const status = await this.#ask(this.#keys[index], ROUTES.registerMiner, true);
        if (status !== 200) throw new Error(`registration ${index} was answered with ${status}`);
      }
    };
    await Promise.all(Array.from({ length: REGISTERING }, lane));
  }

  /** Lets all ask for work once a second, evenly spread, for some seconds. */
  async poll(seconds: number): Promise<PollingResult> {
    const latencies = new Latencies();
    const statuses = new Map<number, number>();
    const miners = this.#keys.length;
    const startMs = processClock.nowMs();
    const pollOne = async (key: Keypair, index: number): Promise<void> => {
      for (let round = 0; round < seconds; round++) {
        const dueMs = startMs + round * POLL_MS + index * POLL_MS / miners;
        await processClock.sleep(Math.max(0, dueMs - processClock.nowMs()));
        const status = await this.#ask(key, ROUTES.randomActivation, false);
        latencies.add(processClock.nowMs() - dueMs);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    };
    await Promise.all(this.#keys.map(pollOne));
    return { miners, seconds: (processClock.nowMs() - startMs) / 1000, latencies, statuses };
  }

  async #ask(
    key: Keypair,
    { method, path }: { readonly method: "GET" | "POST"; readonly path: string },
    hasBody: boolean,
  ): Promise<number> {
    const headers = await signRequest(key, {}, SOURCE);
    const json = hasBody ? new TextEncoder().encode("{}") : undefined;
    const { status, body: answer } = await this.http({
      method,
      url: this.url + path,
      headers: {
        ...headers,
        [SPEC_VERSION_HEADER]: `${SPEC_VERSION}`,
        ...json && { "content-type": "application/json" },
      },
      body: json,
    });
    await readBytes(answer, MAX_ANSWER_BYTES, path);
    return status;
  }
}

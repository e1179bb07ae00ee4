/**
 * An engine for seals without a device: it keeps the batches that it is given until a test lets them
 * end, takes time on a fake clock for them, and tells the nonces that a test names.
 *
 * @module
 */

import { assert } from "chai";
import type { OpenSealEngine, SealHost } from "../../core/hash/open_seal_engine.ts";
import type { SealBatch, SealEngine } from "../../core/hash/seal_engine.ts";
import { SealSearch } from "../../core/hash/seal_search.ts";
import { EngineLostError } from "../../core/hash/search_engine.ts";
import { FakeClock } from "../harness/memory_host.ts";

/** Turns of the microtask queue in which all that follows from the end of a batch has happened. */
const TURNS = 50;
/** More batches than any test needs. */
const MOST_BATCHES = 1000;

interface WaitingBatch {
  readonly batch: SealBatch;
  readonly atMs: number;
  readonly resolve: (found: number | undefined) => void;
  readonly reject: (error: Error) => void;
}

/** What the fake engines are like; may be changed on the way. */
export interface FakeSealOptions {
  /** Nonces tried a millisecond. @default {100} */
  perMs?: number;
  /** Nonces a millisecond that the search is told to expect. @default as many */
  expectedPerMs?: number;
  /** Called before an engine opens. */
  onOpen?: () => void | Promise<void>;
}

/** Opens fake engines, a new one each time, and searches on them. */
export class FakeSealEngines {
  readonly clock = new FakeClock();
  /** Every batch ever given, in order. */
  readonly given: SealBatch[] = [];
  /** Nonces that engines report. */
  readonly suspects = new Set<bigint>();
  readonly search: SealSearch;
  opened = 0;
  closed = 0;
  /** Endiannesses that were warmed up. */
  readonly warm: string[] = [];
  #waiting: WaitingBatch[] = [];
  #busyUntilMs = 0;

  constructor(readonly options: FakeSealOptions = {}) {
    const log = { debug(): void {}, info(): void {}, warn(): void {}, error(): void {} };
    const host: SealHost = {
      ...{ clock: this.clock, log },
      webgpu: () => Promise.reject(new Error("the fake engine needs no GPU")),
    };
    this.search = new SealSearch(host, () => this.#open());
  }

  /** Batches that were given and have not ended. */
  get waiting(): readonly SealBatch[] {
    return this.#waiting.map(({ batch }) => batch);
  }

  /** Ends the oldest batches, one after another. */
  async finish(count = 1): Promise<void> {
    await turns();
    for (let i = 0; i < count; i++) {
      const oldest = this.#waiting.shift();
      if (!oldest) assert.fail(`no batch is waiting, ${i} of ${count} have ended`);
      this.#busyUntilMs = Math.max(this.#busyUntilMs, oldest.atMs) +
        oldest.batch.count / (this.options.perMs ?? 100);
      this.clock.advance(Math.max(0, this.#busyUntilMs - this.clock.nowMs()));
      oldest.resolve(this.#foundIn(oldest.batch));
      await turns();
    }
  }

  /** Ends batches until a result is there. */
  async run<T>(result: Promise<T>): Promise<T> {
    let isSettled = false;
    result.catch(() => {}).finally(() => isSettled = true);
    await turns();
    for (let i = 0; !isSettled; i++) {
      if (i > MOST_BATCHES) assert.fail(`no end after ${i} batches`);
      await this.finish();
    }
    return await result;
  }

  /** Fails all batches that are waiting. */
  async fail(error: Error): Promise<void> {
    await turns();
    for (const { reject } of this.#waiting.splice(0)) reject(error);
    await turns();
  }

  /** Loses the device with all batches on it. */
  async lose(): Promise<void> {
    await this.fail(new EngineLostError("it fell off the bus"));
  }

  async #open(): Promise<OpenSealEngine> {
    this.opened += 1;
    await this.options.onOpen?.();
    const rate = this.options.expectedPerMs ?? this.options.perMs ?? 100;
    const engine: SealEngine = {
      variant: "u32",
      deviceName: "fake",
      batchesInFlight: 2,
      guessedRate: rate,
      warmUp: (endianness) => Promise.resolve(void this.warm.push(endianness)),
      run: (batch) => {
        this.given.push(batch);
        const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
        this.#waiting.push({ batch, atMs: this.clock.nowMs(), resolve, reject });
        return promise;
      },
      close: () => {},
    };
    return { engine, rate, close: () => void (this.closed += 1) };
  }

  #foundIn({ first, count }: SealBatch): number | undefined {
    const behind = [...this.suspects].map((nonce) => Number(nonce - first))
      .filter((each) => each >= 0 && each < count);
    return behind.length === 0 ? undefined : Math.min(...behind);
  }
}

/** Lets everything happen that waits for nothing but promises. */
export async function turns(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await undefined;
}

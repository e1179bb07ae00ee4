/**
 * Nonces that were good once. A dendrite's nonces are the nanoseconds of its clock and only grow.
 *
 * The book outlives the process. It is written at most once a second, so after a crash what came in
 * the last moments is not in it; nonces of those moments are then refused whoever sends them.
 *
 * Source of the rules: opentensor/bittensor v10.2, `default_verify` of `bittensor/core/axon.py`.
 *
 * @module
 */

import * as v from "valibot";
import type { Clock, Storage, WallClock } from "../../host.ts";

const NS_PER_MS = 1_000_000n;
const NS_PER_S = 1e9;
/** How old a nonce may be, beside the request's own timeout. */
const ALLOWED_S = 4;
/** The timeout is not signed, and whoever repeats a request could name any. */
const MAX_TIMEOUT_S = 600;
/** How far a dendrite's clock may be ahead. */
const MAX_AHEAD_NS = BigInt(60 * NS_PER_S);
/** Older SDKs had nonces that are no time. */
const FIRST_TIME_VERSION = 7_002_000;
/** Between two writings. */
const WRITE_MS = 1_000;
/** What came after the last writing before a crash came within this. */
const UNWRITTEN_MS = 2 * WRITE_MS;
const MAX_KEYS = 100_000;
const LOG_NAME = "axon_nonces";

const Written = v.object({
  /** All nonces that were accepted until then are in it. */
  unixMs: v.pipe(v.number(), v.integer()),
  /** `hotkey:uuid` with its last nonce in decimal. */
  nonces: v.array(v.tuple([v.string(), v.pipe(v.string(), v.regex(/^\d{1,30}$/))])),
});

/** What a request says of itself. */
export interface NonceClaim {
  /** `hotkey:uuid` */
  readonly key: string;
  readonly nonce: bigint;
  readonly version: number | null;
  /** In seconds. */
  readonly timeout: number | null;
}

/** What the book goes by. */
export interface NonceBookOptions {
  readonly wallClock: WallClock;
  readonly clock: Clock;
  /** Where it is kept; without it a restart forgets. */
  readonly storage?: Storage;
  /** As the reference: no bound ahead, and nonces of old SDKs that are no time. */
  readonly lenient: boolean;
}

/** See the module. */
export class NonceBook {
  /** By key, oldest acceptance first. */
  readonly #nonces = new Map<string, bigint>();
  /** What came before may have been accepted without being written. */
  #floorNs = 0n;
  #writing: Promise<void> | undefined;
  #isDirty = false;

  private constructor(readonly options: NonceBookOptions) {}

  /** Reads what was kept. @throws {WeftError} if it cannot be read */
  static async open(options: NonceBookOptions): Promise<NonceBook> {
    const book = new NonceBook(options);
    const records = await options.storage?.readRecords(LOG_NAME) ?? [];
    const last = v.safeParse(Written, records[records.length - 1]);
    if (last.success) {
      for (const [key, nonce] of last.output.nonces) book.#nonces.set(key, BigInt(nonce));
      book.#floorNs = BigInt(last.output.unixMs + UNWRITTEN_MS) * NS_PER_MS;
    }
    return book;
  }

  /** Why a nonce is not good, in the reference's words; undefined if it is. */
  faultOf({ key, nonce, version, timeout }: NonceClaim): string | undefined {
    const nowNs = this.#nowNs();
    const stored = this.#nonces.get(key);
    if ((stored !== undefined && nonce <= stored) || nonce <= this.#floorNs) {
      return "Nonce is too old, a newer one was last processed";
    }
    const isTime = version !== null && version >= FIRST_TIME_VERSION;
    if (!isTime && this.options.lenient) return undefined;
    const allowedS = ALLOWED_S + Math.min(Math.max(timeout ?? 0, 0), MAX_TIMEOUT_S);
    const ageS = Number(nowNs - nonce) / NS_PER_S;
    if (stored === undefined && ageS >= allowedS) {
      return `Nonce is too old: acceptable delta is ${allowedS.toFixed(2)} seconds but request ` +
        `was ${ageS.toFixed(2)} seconds old`;
    }
    if (!this.options.lenient && nonce > nowNs + MAX_AHEAD_NS) {
      return `Nonce is too new: ${(-ageS).toFixed(2)} seconds ahead, acceptable are 60.00`;
    }
    return undefined;
  }

  /** Takes a nonce whose signature was right. One ahead of our clock is kept before this returns. */
  async accept(key: string, nonce: bigint): Promise<void> {
    // Deleted first, so that the order is that of acceptance.
    this.#nonces.delete(key);
    this.#nonces.set(key, nonce);
    this.#isDirty = true;
    const nowNs = this.#nowNs();
    this.#forget(nowNs);
    if (nonce > nowNs) await this.flush();
    else this.#writeSoon();
  }

  /** Writes what is not written yet. */
  async flush(): Promise<void> {
    while (this.#isDirty && this.options.storage) {
      this.#isDirty = false;
      const nonces = [...this.#nonces].map(([key, nonce]) => [key, `${nonce}`]);
      const record = { unixMs: Math.ceil(this.options.wallClock.unixMs()), nonces };
      await this.options.storage.replaceRecords(LOG_NAME, [record]);
    }
  }

  #writeSoon(): void {
    if (this.#writing || !this.options.storage) return;
    this.#writing = this.options.clock.sleep(WRITE_MS)
      .then(() => this.flush())
      // The next nonce tries again; until then the book is good in memory.
      .catch(() => void (this.#isDirty = true))
      .finally(() => this.#writing = undefined);
  }

  /** Those that the age alone refuses, and beyond a bound the oldest. */
  #forget(nowNs: bigint): void {
    const pastNs = nowNs - BigInt((ALLOWED_S + MAX_TIMEOUT_S) * NS_PER_S);
    for (const [key, nonce] of this.#nonces) {
      if (nonce > pastNs && this.#nonces.size <= MAX_KEYS) return;
      if (this.options.lenient && this.#nonces.size <= MAX_KEYS) return;
      this.#nonces.delete(key);
    }
  }

  #nowNs(): bigint {
    return BigInt(Math.round(this.options.wallClock.unixMs() * 1000)) * 1000n;
  }
}

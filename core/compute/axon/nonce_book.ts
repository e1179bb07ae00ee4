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
import { NonceShelf } from "./nonce_shelf.ts";

const NS_PER_MS = 1_000_000n;
const NS_PER_S = 1e9;
/** How old a nonce may be, beside the request's own timeout. */
const ALLOWED_S = 4;
/** The timeout is not signed, and whoever repeats a request could name any. */
const MAX_TIMEOUT_S = 600;
/** Beyond it the age alone refuses. */
const MAX_AGE_NS = BigInt((ALLOWED_S + MAX_TIMEOUT_S) * NS_PER_S);
/** How far a dendrite's clock may be ahead. */
const MAX_AHEAD_NS = BigInt(60 * NS_PER_S);
/** Older SDKs had nonces that are no time. */
const FIRST_TIME_VERSION = 7_002_000;
/** Between two writings. */
const WRITE_MS = 1_000;
/** What came after the last writing before a crash came within this. */
const UNWRITTEN_MS = 2 * WRITE_MS;
/** A nonce no further ahead of our clock is as one of now: two good clocks differ by as much. */
const CLOSE_MS = 500;
/** Of one hotkey. A dendrite has one, and a validator some dendrites in ten minutes. */
const MAX_KEYS_OF_HOTKEY = 256;
/** Of all hotkeys of each kind. */
const MAX_KEYS = { known: 100_000, strange: 10_000 };
const LOG_NAME = "axon_nonces";

const DIGITS = v.pipe(v.string(), v.regex(/^\d{1,30}$/));

const Written = v.object({
  /** All nonces that were accepted until then are in it. */
  unixMs: v.pipe(v.number(), v.integer()),
  /** `hotkey:uuid` with its last nonce in decimal. */
  nonces: v.array(v.tuple([v.string(), DIGITS])),
  /** By hotkey. */
  floors: v.optional(v.array(v.tuple([v.string(), DIGITS])), []),
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
  /** Of hotkeys that are let in somewhere. */
  readonly #known: NonceShelf;
  /** Of all others: whoever likes has as many as he likes, and must not push out what counts. */
  readonly #strange: NonceShelf;
  /** What came before may have been accepted without being written. */
  #floorNs = 0n;
  #waiting: Promise<void> | undefined;
  /** At a time there is one, and one more that waits for it. */
  #writing: Promise<void> | undefined;
  #nextWriting: Promise<void> | undefined;
  #isDirty = false;

  private constructor(readonly options: NonceBookOptions) {
    const bounds = { maxKeysOfHotkey: MAX_KEYS_OF_HOTKEY };
    this.#known = new NonceShelf({ ...bounds, maxKeys: MAX_KEYS.known });
    this.#strange = new NonceShelf({ ...bounds, maxKeys: MAX_KEYS.strange });
  }

  /** Reads what was kept. @throws {WeftError} if it cannot be read */
  static async open(options: NonceBookOptions): Promise<NonceBook> {
    const book = new NonceBook(options);
    const records = await options.storage?.readRecords(LOG_NAME) ?? [];
    const last = v.safeParse(Written, records[records.length - 1]);
    if (last.success) {
      for (const [key, nonce] of last.output.nonces) book.#known.put(key, BigInt(nonce));
      for (const [hotkey, nonce] of last.output.floors) book.#known.raise(hotkey, BigInt(nonce));
      book.#floorNs = BigInt(last.output.unixMs + UNWRITTEN_MS + CLOSE_MS) * NS_PER_MS;
    }
    return book;
  }

  /** Why a nonce is not good, in the reference's words; undefined if it is. */
  faultOf({ key, nonce, version, timeout }: NonceClaim): string | undefined {
    const nowNs = this.#nowNs();
    const stored = this.#known.get(key) ?? this.#strange.get(key);
    const lastNs = stored ?? larger(this.#known.floorOf(key), this.#strange.floorOf(key));
    if (nonce <= lastNs || nonce <= this.#floorNs) {
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

  /**
   * Takes a nonce whose signature was right. One far ahead of our clock is written before this
   * returns: what a crash may forget is too old after it, but that one is not.
   *
   * @param isStranger whether its hotkey is let in nowhere: then it is not written, and many others
   *   may push it out
   */
  async accept(key: string, nonce: bigint, isStranger = false): Promise<void> {
    const nowNs = this.#nowNs();
    // The age tells nothing where nonces need not be times.
    const pastNs = this.options.lenient ? -1n : nowNs - MAX_AGE_NS;
    const shelf = isStranger ? this.#strange : this.#known;
    shelf.put(key, nonce);
    shelf.forget(key, pastNs);
    if (isStranger) return;
    this.#isDirty = true;
    if (nonce > nowNs + BigInt(CLOSE_MS) * NS_PER_MS) await this.flush();
    else this.#writeSoon();
  }

  /** Writes what is not written yet. @throws what the storage throws; the next one tries again */
  flush(): Promise<void> {
    if (this.#writing === undefined) {
      return this.#writing = this.#write().finally(() => this.#writing = undefined);
    }
    // What is being written may lack what is meant.
    return this.#nextWriting ??= this.#writing.catch(() => {}).then(() => {
      this.#nextWriting = undefined;
      return this.flush();
    });
  }

  async #write(): Promise<void> {
    const { storage, wallClock } = this.options;
    if (!this.#isDirty || !storage) return;
    this.#isDirty = false;
    const unixMs = Math.ceil(wallClock.unixMs());
    try {
      await storage.replaceRecords(LOG_NAME, [{ unixMs, ...this.#known.dump() }]);
    } catch (error) {
      this.#isDirty = true;
      throw error;
    }
  }

  #writeSoon(): void {
    if (this.#waiting || !this.options.storage) return;
    this.#waiting = this.options.clock.sleep(WRITE_MS)
      .then(() => this.flush())
      // The next nonce tries again; until then the book is good in memory.
      .catch(() => {})
      .finally(() => this.#waiting = undefined);
  }

  #nowNs(): bigint {
    return BigInt(Math.round(this.options.wallClock.unixMs() * 1000)) * 1000n;
  }
}

function larger(left: bigint, right: bigint): bigint {
  return left > right ? left : right;
}

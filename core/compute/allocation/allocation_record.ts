/**
 * Who has rented the machine, kept so that a restarted process knows it. What is kept says first
 * what is about to be started, so that nothing runs of which nobody knows.
 *
 * A rental lasts days by the time of day. Two faults of that clock are guarded against: set back, it
 * does not prolong a rental within a process, and after a restart by no more than its whole length.
 *
 * @module
 */

import { base64Decode, base64Encode } from "@polkadot/util-crypto/base64";
import * as v from "valibot";
import type { Clock, Storage, WallClock } from "../../host.ts";

const LOG_NAME = "allocation";
const DAY_MS = 86_400_000;

const Kept = v.object({
  /** `starting` from before anything runs until the renter's answer is ready. */
  stage: v.picklist(["starting", "rented"]),
  /** Name of what is lent. */
  rental: v.string(),
  hotkey: v.string(),
  /** Base64 of the renter's PEM. */
  publicKey: v.pipe(v.string(), v.base64()),
  /** Milliseconds since 1970. */
  fromMs: v.pipe(v.number(), v.finite()),
  untilMs: v.pipe(v.number(), v.finite()),
  isPaused: v.boolean(),
});

/** What is kept of a rental. */
export type KeptAllocation = v.InferOutput<typeof Kept>;

/** A rental. */
export interface Allocation {
  readonly stage: KeptAllocation["stage"];
  readonly rental: string;
  /** Who has rented. */
  readonly hotkey: string;
  /** Their public key as PEM. */
  readonly publicKey: string;
  readonly fromMs: number;
  /** By the time of day, in milliseconds since 1970. */
  readonly untilMs: number;
  readonly isPaused: boolean;
}

/** Who rents what. */
export type Renter = Pick<Allocation, "rental" | "hotkey" | "publicKey">;

/** Where it is kept, and what time it is. */
export interface AllocationBookOptions {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly wallClock: WallClock;
}

/** See the module. */
export class AllocationBook {
  #current: Allocation | undefined;
  /** On the clock that never goes back. */
  #deadlineMs = Infinity;

  private constructor(readonly options: AllocationBookOptions, readonly isDamaged: boolean) {}

  /** Reads what was kept. @throws {WeftError} if it cannot be read */
  static async open(options: AllocationBookOptions): Promise<AllocationBook> {
    const records = await options.storage.readRecords(LOG_NAME);
    if (records.length === 0) return new AllocationBook(options, false);
    const read = v.safeParse(Kept, records[records.length - 1]);
    const book = new AllocationBook(options, !read.success);
    if (!read.success) return book;
    const pem = new TextDecoder().decode(base64Decode(read.output.publicKey));
    book.#hold({ ...read.output, publicKey: pem });
    return book;
  }

  get current(): Allocation | undefined {
    return this.#current;
  }

  /** Milliseconds until the current rental is over, by whichever clock is first. */
  get remainingMs(): number {
    if (this.#current === undefined) return Infinity;
    const { clock, wallClock } = this.options;
    return Math.min(this.#current.untilMs - wallClock.unixMs(), this.#deadlineMs - clock.nowMs());
  }

  /** Keeps that something is about to be started for so many days from now. */
  async begin(renter: Renter, days: number): Promise<void> {
    const fromMs = Math.round(this.options.wallClock.unixMs());
    const untilMs = fromMs + days * DAY_MS;
    const allocation = { ...renter, stage: "starting", fromMs, untilMs, isPaused: false } as const;
    await this.#keep(allocation);
    this.#hold(allocation);
  }

  /** Keeps that the current rental is the renter's. */
  async confirm(): Promise<void> {
    if (this.#current) await this.#keep({ ...this.#current, stage: "rented" });
  }

  async setPaused(isPaused: boolean): Promise<void> {
    if (this.#current && this.#current.isPaused !== isPaused) {
      await this.#keep({ ...this.#current, isPaused });
    }
  }

  /** Keeps that nothing is rented. */
  async clear(): Promise<void> {
    await this.options.storage.replaceRecords(LOG_NAME, []);
    this.#current = undefined;
    this.#deadlineMs = Infinity;
  }

  async #keep(allocation: Allocation): Promise<void> {
    const publicKey = base64Encode(new TextEncoder().encode(allocation.publicKey));
    await this.options.storage.replaceRecords(LOG_NAME, [
      { ...allocation, publicKey } satisfies KeptAllocation,
    ]);
    this.#current = allocation;
  }

  #hold(allocation: Allocation): void {
    this.#current = allocation;
    const { clock, wallClock } = this.options;
    const wholeMs = allocation.untilMs - allocation.fromMs;
    const leftMs = Math.min(allocation.untilMs - wallClock.unixMs(), wholeMs);
    this.#deadlineMs = clock.nowMs() + leftMs;
  }
}

/**
 * One search for a seal on its way: what is tried next, and what is looked at again on the CPU.
 *
 * @module
 */
import { WeftError } from "../errors.ts";
import {
  boundHashOf,
  checkU64,
  limitWordOf,
  meetsDifficulty,
  NONCES,
  type SealEndianness,
  sealNumber,
  sealOf,
} from "../formats/registration_seal.ts";
import type { SealBatch, SealEngine } from "./seal_engine.ts";
import type { SliceRate } from "./slice_rate.ts";

/** What a chain asks for. */
export interface SealTask {
  /** 32 bytes. */
  readonly blockHash: Uint8Array;
  /** 32 bytes: of the hotkey that registers, or for `faucet` of the coldkey. */
  readonly publicKey: Uint8Array;
  /** An unsigned integer of 64 bits. */
  readonly difficulty: bigint;
  readonly endianness: SealEndianness;
  /** An unsigned integer of 64 bits; take a random one, so that two machines try different ones. */
  readonly startNonce: bigint;
}

/** A nonce whose seal meets the difficulty: of those from the first one on, the nearest. */
export interface FoundSeal {
  readonly nonce: bigint;
  /** 32 bytes; the chain calls them the work. */
  readonly seal: Uint8Array;
  /** Nonces up to this one. */
  readonly tried: bigint;
}

/** How far a search has come. */
export interface SealProgress {
  readonly tried: bigint;
  /** Milliseconds since its first batch was given to the device. */
  readonly elapsedMs: number;
  /** Nonces a second over that time. */
  readonly perSecond: number;
}

/** Nonces of which the low half is never the same. */
const SPAN = 2n ** 32n;
const MOST_IN_BATCH = 2 ** 31;

/** A batch that was given to the engine. */
interface Given {
  readonly batch: SealBatch;
  /** Whether it is as long as it should be. */
  readonly isWhole: boolean;
  readonly startMs: number;
  readonly found: Promise<Omit<FoundSeal, "tried"> | undefined>;
}

/** A search; it runs once. */
export class SealRun {
  readonly #boundHash: Uint8Array;
  readonly #limitWord: number;
  #next: bigint;
  #tried = 0n;

  /** @throws {RangeError} if a part of the task has another size than it must have */
  constructor(
    readonly task: SealTask,
    readonly nowMs: () => number,
    readonly onProgress: (progress: SealProgress) => void,
  ) {
    checkU64("startNonce", task.startNonce);
    this.#boundHash = boundHashOf(task.blockHash, task.publicKey);
    this.#limitWord = limitWordOf(task.difficulty);
    this.#next = task.startNonce;
  }

  /**
   * Searches until a seal is found or the signal says to stop, which gives undefined.
   *
   * @param rate of the engine; it learns from this search
   * @throws {EngineLostError} if the device is lost
   * @throws {WeftError} if the device computes wrongly
   */
  async finish(
    engine: SealEngine,
    rate: SliceRate,
    batchMs: number,
    stop: AbortSignal,
  ): Promise<FoundSeal | undefined> {
    const startMs = this.nowMs();
    const given: Given[] = [];
    while (!stop.aborted) {
      if (given.length < engine.batchesInFlight) {
        given.push(this.#give(engine, Math.round(rate.perMs * batchMs)));
        continue;
      }
      const [first] = given.splice(0, 1);
      const found = await first.found;
      if (found) return { ...found, tried: this.#tried + found.nonce - first.batch.first + 1n };
      const endMs = this.nowMs();
      rate.add(first.batch.count, first.startMs, endMs, first.isWhole);
      this.#tried += BigInt(first.batch.count);
      if (!stop.aborted) this.#tell(endMs - startMs);
    }
    return undefined;
  }

  #give(engine: SealEngine, wanted: number): Given {
    const left = Number(SPAN - this.#next % SPAN);
    const whole = Math.min(MOST_IN_BATCH, Math.max(1, wanted));
    const batch = {
      boundHash: this.#boundHash,
      endianness: this.task.endianness,
      limitWord: this.#limitWord,
      first: this.#next,
      count: Math.min(whole, left),
    };
    this.#next = (this.#next + BigInt(batch.count)) % NONCES;
    const found = this.#firstIn(engine, batch);
    // When one fails or the search is stopped, nobody waits for those behind it.
    found.catch(() => {});
    return { batch, isWhole: batch.count === whole, startMs: this.nowMs(), found };
  }

  /** The first nonce of a batch that meets the difficulty; suspects that do not are passed over. */
  async #firstIn(
    engine: SealEngine,
    batch: SealBatch,
  ): Promise<Omit<FoundSeal, "tried"> | undefined> {
    const { difficulty, endianness } = this.task;
    for (let { first, count } = batch; count > 0;) {
      const before = await engine.run({ ...batch, first, count });
      if (before === undefined) return undefined;
      const nonce = first + BigInt(before);
      const seal = sealOf(this.#boundHash, nonce);
      if (meetsDifficulty(seal, difficulty, endianness)) return { nonce, seal };
      this.#checkSuspect(engine, nonce, seal);
      first = nonce + 1n;
      count -= before + 1;
    }
    return undefined;
  }

  #checkSuspect({ variant, deviceName }: SealEngine, nonce: bigint, seal: Uint8Array): void {
    if (Number(sealNumber(seal, this.task.endianness) >> 224n) <= this.#limitWord) return;
    throw new WeftError(
      `${deviceName} computes wrongly: with ${variant} it found nonce ${nonce}, whose seal is far ` +
        `from the difficulty; update the driver, or use another GPU`,
    );
  }

  #tell(elapsedMs: number): void {
    const perSecond = elapsedMs > 0 ? Number(this.#tried) * 1000 / elapsedMs : 0;
    this.onProgress({ tried: this.#tried, elapsedMs, perSecond });
  }
}

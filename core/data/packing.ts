/**
 * Cuts a token stream into samples of T tokens and hands them out in batches of B.
 *
 * @module
 */

import { UsageError } from "../errors.ts";
import { shuffledOrder } from "./random.ts";

/** One batch. */
export interface Batch {
  /** (B, T) token ids, row-major. */
  readonly tokens: Int32Array;
  /** The number of batches before this one; `seek(position)` brings it back. */
  readonly position: number;
}

/** What a {@linkcode BatchCursor} needs to know. */
export interface BatchOptions {
  /** B, samples in a batch. */
  readonly batchSize: number;
  /** T, tokens in a sample. */
  readonly sampleLength: number;
  /** Decides the order of samples, together with the number of the epoch. */
  readonly seed: number;
}

/**
 * An endless row of training batches. Within an epoch each sample comes at most once, in an order
 * that depends on the seed and the epoch only; what does not fill a last batch waits for a later
 * epoch. A batch depends on nothing but stream, options and position, so a checkpoint needs to hold
 * no more than `position`, a plain number.
 */
export class BatchCursor {
  readonly #tokens: Int32Array;
  readonly #options: BatchOptions;
  #position = 0;
  #epoch = -1;
  #order: Uint32Array = new Uint32Array(0);

  /**
   * @param tokens the training part of a corpus; kept, not copied
   * @throws {UsageError} if it is too short for one batch
   * @throws {RangeError} if B or T is no whole number from 1 up
   */
  constructor(tokens: Int32Array, options: BatchOptions) {
    checkLength("training", tokens.length, options.batchSize, options.sampleLength);
    this.#tokens = tokens;
    this.#options = options;
  }

  /** The number of batches handed out, and what {@linkcode seek} takes. */
  get position(): number {
    return this.#position;
  }

  /** Full batches in one pass over the stream. */
  get batchesPerEpoch(): number {
    const { batchSize, sampleLength } = this.#options;
    return Math.floor(Math.floor(this.#tokens.length / sampleLength) / batchSize);
  }

  /** The batch at the position, which moves on by one. */
  nextBatch(): Batch {
    const { batchSize, sampleLength, seed } = this.#options;
    const position = this.#position++;
    const epoch = Math.floor(position / this.batchesPerEpoch);
    if (epoch !== this.#epoch) {
      this.#order = shuffledOrder(Math.floor(this.#tokens.length / sampleLength), seed, epoch);
      this.#epoch = epoch;
    }
    const first = (position % this.batchesPerEpoch) * batchSize;
    const samples = this.#order.subarray(first, first + batchSize);
    return { tokens: gatherSamples(this.#tokens, samples, sampleLength), position };
  }

  /**
   * Goes to a position, in whatever epoch it lies.
   *
   * @throws {RangeError} if it is no whole number from 0 up
   */
  seek(position: number): void {
    if (!Number.isSafeInteger(position) || position < 0) {
      throw new RangeError(`position must be a whole number from 0 up, got ${position}`);
    }
    this.#position = position;
  }
}

/**
 * The batches a model is measured on: `count` of them, or as many as there are, with samples spread
 * evenly over the validation part. The same arguments give the same batches, always.
 *
 * @returns batches of (B, T) token ids, row-major
 * @throws {UsageError} if the validation part is too short for one batch
 * @throws {RangeError} if B, T or `count` is no whole number from 1 up
 */
export function validationBatches(
  validation: Int32Array,
  batchSize: number,
  sampleLength: number,
  count: number,
): Int32Array[] {
  checkCount("count", count);
  checkLength("validation", validation.length, batchSize, sampleLength);
  const sampleCount = Math.floor(validation.length / sampleLength);
  const batchCount = Math.min(count, Math.floor(sampleCount / batchSize));
  const spacing = sampleCount / (batchCount * batchSize);
  return Array.from({ length: batchCount }, (_, batch) => {
    const samples = Uint32Array.from(
      { length: batchSize },
      (_, row) => Math.floor((batch * batchSize + row) * spacing),
    );
    return gatherSamples(validation, samples, sampleLength);
  });
}

function gatherSamples(tokens: Int32Array, samples: Uint32Array, sampleLength: number): Int32Array {
  const out = new Int32Array(samples.length * sampleLength);
  for (const [row, sample] of samples.entries()) {
    const start = sample * sampleLength;
    out.set(tokens.subarray(start, start + sampleLength), row * sampleLength);
  }
  return out;
}

function checkLength(part: string, length: number, batchSize: number, sampleLength: number): void {
  checkCount("batchSize", batchSize);
  checkCount("sampleLength", sampleLength);
  const needed = batchSize * sampleLength;
  if (length < needed) {
    throw new UsageError(
      `The ${part} part of the text has ${length} tokens, but one batch of ${batchSize} samples of ` +
        `${sampleLength} tokens needs ${needed}: give a longer text, or a smaller batch or sample.`,
    );
  }
}

function checkCount(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new RangeError(`${name} must be a whole number from 1 up, got ${value}`);
  }
}

/**
 * The batches that all networks of a benchmark train on, in the same order.
 *
 * @module
 */

import { buildCorpus } from "../../../core/data/corpus.ts";
import { mobyDickDocuments } from "../../../core/data/moby_dick.ts";
import { BatchCursor, validationBatches } from "../../../core/data/packing.ts";
import { byteTokenizer } from "../../../core/data/tokenizer.ts";

/** Sizes and order of batches. */
export interface TextOptions {
  readonly batch: number;
  readonly seq: number;
  readonly seed: number;
}

/** A cursor over the book's training part. */
export function textBatches({ batch, seq, seed }: TextOptions): BatchCursor {
  const { training } = buildCorpus(mobyDickDocuments(), byteTokenizer);
  return new BatchCursor(training, { batchSize: batch, sampleLength: seq, seed });
}

/** Batches of the part that is not trained on. */
export function unseenBatches(
  { batch, seq }: Omit<TextOptions, "seed">,
  count: number,
): Int32Array[] {
  const { validation } = buildCorpus(mobyDickDocuments(), byteTokenizer);
  return validationBatches(validation, batch, seq, count);
}

/**
 * Batches from texts that do not end, as the published miner packs them: tokens of each text, then
 * one end-of-text token, cut into samples wherever they are full.
 *
 * Source: macrocosm-os/iota @ 56aee24, `model/loaders.py`, `_sample_packing_generator`.
 *
 * @module
 */
import type { Tokenizer } from "./tokenizer.ts";

/**
 * Batches of (B, T) token ids, row-major.
 *
 * @param tokensPerBatch B·T
 */
export async function* packedBatches(
  texts: AsyncIterable<string>,
  tokenizer: Tokenizer,
  tokensPerBatch: number,
): AsyncGenerator<Int32Array<ArrayBuffer>, void> {
  let batch = new Int32Array(tokensPerBatch);
  let filled = 0;
  for await (const text of texts) {
    const tokens = [...tokenizer.encode(text), tokenizer.endOfText];
    for (const token of tokens) {
      batch[filled++] = token;
      if (filled < tokensPerBatch) continue;
      yield batch;
      batch = new Int32Array(tokensPerBatch);
      filled = 0;
    }
  }
}

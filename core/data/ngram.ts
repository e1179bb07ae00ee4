/**
 * What counting tables reach on a corpus: the yardstick for a model's loss. A model above the unigram
 * loss has learned nothing; below the bigram loss it looks further back than one token.
 *
 * Tables are counted on the training part with one added to every count, and measured on the
 * validation part, in nats a token.
 *
 * @module
 */

/**
 * The loss of predicting each token from how often it occurs.
 *
 * @param vocabSize V, the number of possible tokens
 * @throws {RangeError} if the validation part is empty
 */
export function unigramLoss(
  training: Int32Array,
  validation: Int32Array,
  vocabSize: number,
): number {
  if (validation.length < 1) throw new RangeError("unigramLoss needs a validation token");
  const counts = new Float64Array(vocabSize);
  for (const token of training) counts[token]++;
  let loss = 0;
  for (const token of validation) {
    loss -= Math.log((counts[token] + 1) / (training.length + vocabSize));
  }
  return loss / validation.length;
}

/**
 * The loss of predicting each token from the one before it. The first validation token, which has
 * none before it, is not measured.
 *
 * @param vocabSize V, the number of possible tokens
 * @throws {RangeError} if the validation part has fewer than two tokens
 */
export function bigramLoss(
  training: Int32Array,
  validation: Int32Array,
  vocabSize: number,
): number {
  if (validation.length < 2) throw new RangeError("bigramLoss needs two validation tokens");
  // A map, since a table of V² would not fit in memory for a large vocabulary.
  const pairCounts = new Map<number, number>();
  const counts = new Float64Array(vocabSize);
  for (let i = 1; i < training.length; i++) {
    const pair = training[i - 1] * vocabSize + training[i];
    pairCounts.set(pair, (pairCounts.get(pair) ?? 0) + 1);
    counts[training[i - 1]]++;
  }
  let loss = 0;
  for (let i = 1; i < validation.length; i++) {
    const before = validation[i - 1];
    const pairCount = pairCounts.get(before * vocabSize + validation[i]) ?? 0;
    loss -= Math.log((pairCount + 1) / (counts[before] + vocabSize));
  }
  return loss / (validation.length - 1);
}

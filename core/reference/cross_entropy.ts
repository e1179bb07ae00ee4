/**
 * Softmax cross-entropy, loss and gradient in one pass.
 *
 * @module
 */

/** In place of a target: this row has none, its loss and gradient are 0. */
export const NO_TARGET = -1;

/**
 * `losses[r] = log sum over v of exp(logits[r, v]) - logits[r, targets[r]]`,
 * `dlogits[r, v] = (softmax(logits[r])[v] - (v = targets[r] ? 1 : 0)) * scale`; both 0 where the
 * target is -1. Losses are not scaled: the mean is the caller's, with scale = 1 / rows that count.
 *
 * @param losses (R), `=`
 * @param dlogits (R, V), `=`; may be `logits`
 * @param logits (R, V)
 * @param targets (R), integers in [0, V), or -1
 * @param scale the gradient of the caller's loss with respect to one row's loss
 * @throws RangeError if a target is neither -1 nor in the vocabulary
 */
export function crossEntropy(
  losses: Float32Array,
  dlogits: Float32Array,
  logits: Float32Array,
  targets: ArrayLike<number>,
  scale: number,
  R: number,
  V: number,
): void {
  for (let r = 0; r < R; r++) {
    const target = targets[r];
    if (target === NO_TARGET) {
      losses[r] = 0;
      dlogits.fill(0, r * V, (r + 1) * V);
      continue;
    }
    if (!Number.isInteger(target) || target < 0 || target >= V) {
      throw new RangeError(`target ${target}: expected -1 or an integer in 0..${V - 1}`);
    }
    const lse = logSumExp(logits.subarray(r * V, (r + 1) * V));
    losses[r] = lse - logits[r * V + target];
    for (let v = 0; v < V; v++) {
      const probability = Math.exp(logits[r * V + v] - lse);
      dlogits[r * V + v] = (probability - (v === target ? 1 : 0)) * scale;
    }
  }
}

/**
 * What every position should predict: `targets[b, t] = tokens[b, t+1]`, and -1 for the last t.
 *
 * @param tokens (B, T)
 * @returns (B, T)
 */
export function nextTokenTargets(tokens: ArrayLike<number>, B: number, T: number): Int32Array {
  const targets = new Int32Array(B * T);
  for (let r = 0; r < B * T; r++) targets[r] = r % T === T - 1 ? NO_TARGET : tokens[r + 1];
  return targets;
}

function logSumExp(row: Float32Array): number {
  let max = -Infinity;
  for (const logit of row) max = Math.max(max, logit);
  let sum = 0;
  for (const logit of row) sum += Math.exp(logit - max);
  return max + Math.log(sum);
}

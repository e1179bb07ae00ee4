/**
 * AdamW with decoupled weight decay (Loshchilov and Hutter, 2019), step by step as
 * `torch.optim.AdamW` takes it for a single tensor, and the gradient clip that goes before it.
 *
 * @module
 */

/** Settings of one step. IOTA: lr 2e-4, betas 0.9 and 0.999, eps 1e-8, weightDecay 0.1. */
export interface AdamWOptions {
  lr: number;
  beta1: number;
  beta2: number;
  eps: number;
  weightDecay: number;
  /** Number of this step, from 1. */
  step: number;
  /** What every gradient is multiplied by: {@link clipScale}, or 1. */
  scale: number;
}

/** Sum of squares of one gradient. A stage's norm is the root of the sum over its parameters. */
export function gradientSquares(grad: Float32Array): number {
  let sum = 0;
  for (const g of grad) sum += g * g;
  return sum;
}

/** `min(1, limit / (norm + 1e-6))`, PyTorch's rule for `clip_grad_norm_`. */
export function clipScale(norm: number, limit: number): number {
  return Math.min(1, limit / (norm + 1e-6));
}

/**
 * With `g = grad * scale`: `param *= 1 - lr * weightDecay`, `m = beta1 m + (1 - beta1) g`,
 * `v = beta2 v + (1 - beta2) g²`, then
 * `param -= lr / (1 - beta1^step) * m / (sqrt(v) / sqrt(1 - beta2^step) + eps)`.
 *
 * A parameter that got no gradient is skipped by not calling this: it neither decays nor ages.
 *
 * @param param (N), updated in place
 * @param m (N), first moment, updated in place
 * @param v (N), second moment, updated in place
 * @param grad (N)
 */
export function adamwStep(
  param: Float32Array,
  m: Float32Array,
  v: Float32Array,
  grad: Float32Array,
  { lr, beta1, beta2, eps, weightDecay, step, scale }: AdamWOptions,
): void {
  const stepSize = lr / (1 - beta1 ** step);
  const correction2 = Math.sqrt(1 - beta2 ** step);
  for (let i = 0; i < param.length; i++) {
    const g = grad[i] * scale;
    m[i] = beta1 * m[i] + (1 - beta1) * g;
    v[i] = beta2 * v[i] + (1 - beta2) * g * g;
    const decayed = param[i] * (1 - lr * weightDecay);
    param[i] = decayed - stepSize * m[i] / (Math.sqrt(v[i]) / correction2 + eps);
  }
}

/**
 * How near two tensors are, and how near they must be.
 *
 * @module
 */

/** What a group of tensors must keep to; a bound that is not given is not checked. */
export interface Rule {
  /** |actual - expected| <= absolute + relative · |expected| … */
  absolute?: number;
  relative?: number;
  /** … for this share of all elements. */
  share?: number;
  /** No element may be off by more than this. */
  atMost?: number;
  /** |actual - expected| as a vector, over |expected|, for each tensor. */
  errorNorm?: number;
  /** For each tensor. */
  cosine?: number;
  /** |actual| / |expected| may be off 1 by this, for each tensor. */
  normRatio?: number;
}

/** Rules by kind of group. */
export interface Rules {
  activation: Rule;
  loss: Rule;
  weights: Rule;
  moments: Rule;
}

const F32_NEAR = { absolute: 2e-5, relative: 1e-4 };

/**
 * f32: rounding alone. A step may flip a weight whose gradient is at rounding level, by at most
 * three learning rates. bf16: the published model rounds after every op and its loss in bf16 is off
 * by up to 0.08 itself, so directions and lengths are compared.
 */
export const RULES: Readonly<Record<"f32" | "bf16", Rules>> = {
  f32: {
    activation: { ...F32_NEAR, share: 1 },
    loss: { absolute: 1e-5, relative: 0, share: 1 },
    weights: { ...F32_NEAR, share: 0.999, atMost: 6e-4 },
    moments: { errorNorm: 1e-4 },
  },
  bf16: {
    activation: { cosine: 0.999, normRatio: 0.01 },
    loss: { absolute: 0.1, relative: 0, share: 1 },
    weights: { cosine: 0.9999 },
    moments: { cosine: 0.995 },
  },
};

/** What was found about one group. */
export interface GroupReport {
  group: string;
  tensors: number;
  elements: number;
  /** Largest |actual - expected|. */
  absoluteError: number;
  /** Largest |actual - expected| / |expected| of elements above 1e-3 of their tensor's largest. */
  relativeError: number;
  /** Least cosine of a tensor. */
  cosine: number;
  /** The norm ratio of a tensor that is farthest from 1. */
  normRatio: number;
  passed: boolean;
  /** What broke the rule, if anything did. */
  reason: string;
}

/** Collects tensors of one group. */
export class Comparison {
  #tensors = 0;
  #elements = 0;
  #outside = 0;
  #absoluteError = 0;
  #relativeError = 0;
  #errorNorm = 0;
  #cosine = 1;
  #normRatio = 1;
  #reasons: string[] = [];

  constructor(readonly group: string, readonly rule: Rule) {}

  /** Adds one tensor; an expected one that is missing or of another size fails the group. */
  add(actual: Float32Array, expected: Float32Array | undefined): void {
    if (!expected || expected.length !== actual.length) {
      const found = expected ? `${expected.length} values` : "none";
      this.#reasons.push(`the file has ${found} where ${actual.length} were computed`);
      return;
    }
    this.#tensors += 1;
    this.#elements += actual.length;
    const { absolute = 0, relative = 0 } = this.rule;
    const floor = 1e-3 * expected.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    let [dot, actualSquares, expectedSquares, errorSquares] = [0, 0, 0, 0];
    for (let i = 0; i < actual.length; i++) {
      const [x, y] = [actual[i], expected[i]];
      const error = Math.abs(x - y);
      // Written so that NaN counts as outside and as the worst error, whatever comes after it.
      if (!(error <= absolute + relative * Math.abs(y))) this.#outside += 1;
      this.#absoluteError = Math.max(this.#absoluteError, error);
      if (Math.abs(y) > floor) {
        this.#relativeError = Math.max(this.#relativeError, error / Math.abs(y));
      }
      dot += x * y;
      actualSquares += x * x;
      expectedSquares += y * y;
      errorSquares += error * error;
    }
    this.#addNorms(dot, Math.sqrt(actualSquares), Math.sqrt(expectedSquares), errorSquares);
  }

  #addNorms(dot: number, actual: number, expected: number, errorSquares: number): void {
    if (actual === 0 && expected === 0) return;
    const cosine = dot / (actual * expected);
    const ratio = actual / expected;
    this.#cosine = Math.min(this.#cosine, cosine);
    const isFarther = !(Math.abs(ratio - 1) <= Math.abs(this.#normRatio - 1));
    if (isFarther && !Number.isNaN(this.#normRatio)) this.#normRatio = ratio;
    this.#errorNorm = Math.max(this.#errorNorm, Math.sqrt(errorSquares) / expected);
  }

  /** The verdict on all tensors so far; a group without tensors fails. */
  report(): GroupReport {
    const reasons = [...this.#reasons, ...this.#broken()];
    return {
      group: this.group,
      tensors: this.#tensors,
      elements: this.#elements,
      absoluteError: this.#absoluteError,
      relativeError: this.#relativeError,
      cosine: this.#cosine,
      normRatio: this.#normRatio,
      passed: reasons.length === 0,
      reason: reasons.join("; "),
    };
  }

  #broken(): string[] {
    const { share, atMost, errorNorm, cosine, normRatio } = this.rule;
    const inside = 1 - this.#outside / this.#elements;
    const broken: string[] = [];
    if (this.#elements === 0) broken.push("the group has no tensors");
    if (share !== undefined && !(inside >= share)) {
      broken.push(`${(100 * inside).toFixed(3)}% within tolerance, expected ${100 * share}%`);
    }
    if (atMost !== undefined && !(this.#absoluteError <= atMost)) {
      broken.push(`an element is off by ${this.#absoluteError}, at most ${atMost} is allowed`);
    }
    if (errorNorm !== undefined && !(this.#errorNorm <= errorNorm)) {
      broken.push(`error norm ${this.#errorNorm}, at most ${errorNorm} is allowed`);
    }
    if (cosine !== undefined && !(this.#cosine >= cosine)) {
      broken.push(`cosine ${this.#cosine}, at least ${cosine} is expected`);
    }
    if (normRatio !== undefined && !(Math.abs(this.#normRatio - 1) <= normRatio)) {
      broken.push(`norm ratio ${this.#normRatio}, expected 1 within ${normRatio}`);
    }
    return broken;
  }
}

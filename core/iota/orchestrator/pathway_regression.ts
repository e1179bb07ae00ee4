/**
 * Robust least squares for losses of pathways: each loss is a trend over time, plus one effect for
 * every miner on the pathway, plus noise.
 *
 * Effects of a layer sum to zero, for only differences within a layer can be seen. The trend is a
 * line between knots, so that a model that learns is not taken for miners that get better. Losses
 * far off weigh less (Huber). Everything is sparse: time and memory go with the number of pathways,
 * never with the square of the number of miners.
 *
 * Source of the estimate: P. J. Huber, Robust Statistics, 1981, sections 7.6 and 7.8.
 *
 * @module
 */

import { median, scaleOf } from "./robust_statistics.ts";

/** Pathways as numbers, oldest first. */
export interface Pathways {
  readonly losses: Float64Array;
  /** By pathway and layer: the miner's number; -1 for none. */
  readonly miners: Int32Array;
  readonly layers: number;
  /** By miner: its layer. */
  readonly layerOf: Int32Array;
}

/** What the losses tell. */
export interface Fit {
  /** By miner: how much it raises the loss against its layer's mean, in nats. */
  readonly effects: Float64Array;
  /** By miner: its pathways. */
  readonly counts: Float64Array;
  /** Standard deviation of one loss around what trend and miners explain, in nats. */
  readonly noise: number;
  /**
   * Variance of a miner's effect in units of the noise's square, with all that its company on the
   * pathways takes from what can be known: costs a solution of the whole system.
   */
  unitVariance(miner: number): number;
}

/** Pathways between two knots of the trend: the smallest time in which a step can be followed. */
const KNOT_SPACING = 32;
/** Tells the solver where there is no data; stands for effects of up to ten times the noise. */
const RIDGE = 0.01;
/** Residuals beyond this many standard deviations weigh less; Huber's choice for 95% efficiency. */
const HUBER = 1.345;
/** Holds the sum of a layer's effects at zero: many times the weight of all its pathways. */
const HOLD = 8;
/** A knot behind the last pathway has no data. */
const KNOT_RIDGE = 1e-6;
/** A loss is cut to within this many standard deviations of the middle before anything else. */
const WILD = 20;
const REWEIGHTINGS = 6;
const TOLERANCE = 1e-8;
const MAX_ITERATIONS = 300;

/** How many numbers are estimated from that many pathways. */
export function parameterCount(pathways: number, miners: number, layers: number): number {
  return miners - layers + knotCount(pathways);
}

/** Estimates the effects of all miners. */
export function fitPathways(pathways: Pathways): Fit {
  const system = new System(pathways);
  const losses = tamed(pathways.losses);
  const weights = new Float64Array(losses.length).fill(1);
  let solution = system.solve(system.project(losses, weights), weights);
  let residuals = system.residuals(losses, solution);
  for (let round = 0; round < REWEIGHTINGS; round++) {
    reweigh(weights, residuals);
    solution = system.solve(system.project(losses, weights), weights, solution);
    residuals = system.residuals(losses, solution);
  }
  const miners = pathways.layerOf.length;
  const plain = new Float64Array(losses.length).fill(1);
  const parameters = parameterCount(losses.length, miners, pathways.layers);
  return {
    effects: solution.slice(0, miners),
    counts: system.counts,
    noise: huberNoise(residuals, parameters),
    unitVariance: (miner) => system.solve(system.unit(miner), plain)[miner],
  };
}

function knotCount(pathways: number): number {
  return Math.floor(Math.max(0, pathways - 1) / KNOT_SPACING) + 2;
}

/** Losses without those that no trend and no miner of the others explains. */
function tamed(losses: Float64Array): Float64Array {
  const middle = median(losses);
  const far = WILD * scaleOf(losses, middle);
  return losses.map((loss) => Math.min(middle + far, Math.max(middle - far, loss)));
}

function reweigh(weights: Float64Array, residuals: Float64Array): void {
  const bound = HUBER * scaleOf(residuals, 0);
  residuals.forEach((residual, i) => {
    weights[i] = Math.abs(residual) <= bound ? 1 : bound / Math.abs(residual);
  });
}

/** Standard deviation that belongs to Huber's estimate: (7.81) of the book, H1. */
function huberNoise(residuals: Float64Array, parameters: number): number {
  const count = residuals.length;
  const bound = HUBER * scaleOf(residuals, 0);
  let squares = 0;
  let inside = 0;
  for (const residual of residuals) {
    const size = Math.min(Math.abs(residual), bound);
    squares += size * size;
    if (Math.abs(residual) <= bound) inside += 1;
  }
  const share = inside / count;
  if (share === 0) return 0;
  const correction = 1 + parameters / count * (1 - share) / share;
  return correction * Math.sqrt(squares / Math.max(1, count - parameters)) / share;
}

/** The normal equations, never written down whole: miners first, knots behind them. */
class System {
  readonly #pathways: Pathways;
  readonly #miners: number;
  readonly #size: number;
  /** By layer: how firmly its effects are held at a sum of zero. */
  readonly #hold: Float64Array;
  readonly counts: Float64Array;

  constructor(pathways: Pathways) {
    this.#pathways = pathways;
    this.#miners = pathways.layerOf.length;
    this.#size = this.#miners + knotCount(pathways.losses.length);
    this.counts = new Float64Array(this.#miners);
    for (const miner of pathways.miners) if (miner >= 0) this.counts[miner] += 1;
    this.#hold = new Float64Array(pathways.layers);
    pathways.layerOf.forEach((layer, miner) => this.#hold[layer] += HOLD * this.counts[miner]);
  }

  /** A right side that is one for a miner, and nothing else. */
  unit(miner: number): Float64Array {
    const side = new Float64Array(this.#size);
    side[miner] = 1;
    return side;
  }

  /** Values of pathways, weighted and summed by miner and knot. */
  project(values: Float64Array, weights: Float64Array): Float64Array {
    const { miners, layers } = this.#pathways;
    const sums = new Float64Array(this.#size);
    for (let row = 0; row < values.length; row++) {
      const value = values[row] * weights[row];
      for (let at = row * layers; at < (row + 1) * layers; at++) {
        if (miners[at] >= 0) sums[miners[at]] += value;
      }
      const knot = this.#knot(row);
      const share = row / KNOT_SPACING % 1;
      sums[knot] += value * (1 - share);
      sums[knot + 1] += value * share;
    }
    return sums;
  }

  /** What a solution leaves of the losses. */
  residuals(losses: Float64Array, solution: Float64Array): Float64Array {
    return this.#expected(solution).map((expected, row) => losses[row] - expected);
  }

  /** Conjugate gradients, preconditioned by the diagonal. */
  solve(side: Float64Array, weights: Float64Array, start?: Float64Array): Float64Array {
    const diagonal = this.#diagonal(weights);
    const solution = start?.slice() ?? new Float64Array(this.#size);
    const rest = start ? minus(side, this.#times(start, weights)) : side.slice();
    const enough = TOLERANCE ** 2 * Math.max(dot(side, side), Number.MIN_VALUE);
    let step = divided(rest, diagonal);
    let slope = dot(rest, step);
    for (let turn = 0; turn < MAX_ITERATIONS && dot(rest, rest) > enough; turn++) {
      const image = this.#times(step, weights);
      const length = slope / dot(step, image);
      for (let i = 0; i < rest.length; i++) {
        solution[i] += length * step[i];
        rest[i] -= length * image[i];
      }
      const eased = divided(rest, diagonal);
      const next = dot(rest, eased);
      const share = next / slope;
      step = eased.map((value, i) => value + share * step[i]);
      slope = next;
    }
    return solution;
  }

  #knot(row: number): number {
    return this.#miners + Math.floor(row / KNOT_SPACING);
  }

  #expected(solution: Float64Array): Float64Array {
    const { miners, layers, losses } = this.#pathways;
    const values = new Float64Array(losses.length);
    for (let row = 0; row < values.length; row++) {
      const knot = this.#knot(row);
      const share = row / KNOT_SPACING % 1;
      let value = solution[knot] * (1 - share) + solution[knot + 1] * share;
      for (let at = row * layers; at < (row + 1) * layers; at++) {
        if (miners[at] >= 0) value += solution[miners[at]];
      }
      values[row] = value;
    }
    return values;
  }

  #times(vector: Float64Array, weights: Float64Array): Float64Array {
    const { layerOf, layers } = this.#pathways;
    const image = this.project(this.#expected(vector), weights);
    const sums = new Float64Array(layers);
    layerOf.forEach((layer, miner) => sums[layer] += vector[miner]);
    for (let i = 0; i < this.#size; i++) {
      image[i] += this.#ridge(i) * vector[i];
      if (i < this.#miners) image[i] += this.#hold[layerOf[i]] * sums[layerOf[i]];
    }
    return image;
  }

  /** Without what holds the layers: they are few, and conjugate gradients soon have them. */
  #diagonal(weights: Float64Array): Float64Array {
    const ones = new Float64Array(weights.length).fill(1);
    // For knots this is the row sum, at least the diagonal itself, which does as well here.
    return this.project(ones, weights).map((value, i) => value + this.#ridge(i));
  }

  #ridge(i: number): number {
    return i < this.#miners ? RIDGE : KNOT_RIDGE;
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function minus(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, i) => value - b[i]);
}

function divided(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, i) => value / b[i]);
}

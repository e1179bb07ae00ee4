/**
 * Kernels by the shape of what they search, and which of them is the fastest. They differ in how
 * well they fill a core, and in how much of its instruction cache they take: where they no longer
 * fit, they run at half the speed. So it is measured, on the work itself.
 *
 * @module
 */
import { instantiate } from "../../formats/wasm/module.ts";
import { candidatesPerTurn, encodeKernel, type Pattern, SCAN_EXPORT } from "./kernel.ts";
import { graphFor, type KernelGraph, type KernelShape } from "./kernel_graph.ts";
import { hasRelaxedSimd } from "./lanes.ts";

/** Tries table entries between two addresses and tells whether one hits: see `encodeKernel`. */
export type Scan = (first: number, end: number) => number;

/** A kernel on a memory. */
export interface Kernel {
  readonly pattern: Pattern;
  /** Table entries that it always tries together. */
  readonly perTurn: number;
  readonly scan: Scan;
}

/** What may be the fastest, the likeliest first. SHA-256 is longer, and in vectors of four. */
export const PATTERNS: Readonly<Record<KernelShape["algorithm"], readonly Pattern[]>> = {
  blake2b: [["v", "ss"], ["v", "s"], ["v", "v"]],
  sha256: [["v"], ["v", "v"], ["v", "s"]],
};

/** Longer than an engine's first, slow version of a kernel usually lives. */
const TRIAL_MS = 8;
/** Trials of each kernel until one is settled on, and how seldom another is tried after that. */
const FIRST_TRIALS = 4;
const LATER_TRIAL_EVERY = 64;

/** The kernels of one shape, made when first used, with what was measured of them. */
export class KernelChoice {
  readonly #graph: KernelGraph;
  readonly #modules = new Map<Pattern, WebAssembly.Module>();
  /** Best rates in candidates a millisecond: whatever disturbs a measurement makes it slower. */
  readonly #rates = new Map<Pattern, number>();
  #trials = 0;
  #trialMs = 0;
  #trialCandidates = 0;

  /** @param patterns to choose from. @default those of {@linkcode PATTERNS} */
  constructor(
    shape: KernelShape,
    readonly patterns: readonly Pattern[] = PATTERNS[shape.algorithm],
  ) {
    this.#graph = graphFor(shape);
  }

  /** The most entries that one of the kernels tries together. */
  get mostPerTurn(): number {
    const { width } = this.#graph;
    return Math.max(...this.patterns.map((pattern) => candidatesPerTurn(width, pattern)));
  }

  /** Whether every kernel has had its first trials. */
  get isSettled(): boolean {
    return this.#trials >= FIRST_TRIALS * this.patterns.length;
  }

  /** The kernel to use next: the fastest, or one that is to be measured. */
  get pattern(): Pattern {
    const { patterns } = this;
    if (!this.isSettled) return patterns[this.#trials % patterns.length];
    const laterTrial = this.#trials / LATER_TRIAL_EVERY;
    if (Number.isInteger(laterTrial)) return patterns[laterTrial % patterns.length];
    const rateOf = (pattern: Pattern): number => this.#rates.get(pattern) ?? 0;
    return patterns.reduce((best, each) => rateOf(each) > rateOf(best) ? each : best);
  }

  /** Notes how long the last kernel took. */
  note(candidates: number, tookMs: number): void {
    this.#trialCandidates += candidates;
    this.#trialMs += tookMs;
    if (this.#trialMs < TRIAL_MS) return;
    const { pattern } = this;
    const rate = this.#trialCandidates / this.#trialMs;
    this.#rates.set(pattern, Math.max(rate, this.#rates.get(pattern) ?? 0));
    this.#trials += 1;
    this.#trialCandidates = this.#trialMs = 0;
  }

  /** The kernel of a pattern on a memory. */
  instantiate(pattern: Pattern, memory: WebAssembly.Memory): Kernel {
    const module = this.#modules.get(pattern) ??
      new WebAssembly.Module(encodeKernel(this.#graph, pattern, hasRelaxedSimd()));
    this.#modules.set(pattern, module);
    const scan: unknown = instantiate(module, memory)[SCAN_EXPORT];
    if (!isScan(scan)) throw new Error("the kernel exports no function");
    return { pattern, perTurn: candidatesPerTurn(this.#graph.width, pattern), scan };
  }
}

function isScan(value: unknown): value is Scan {
  return typeof value === "function";
}

/**
 * What runs a search: kernels on a GPU, or WebAssembly on the cores.
 *
 * @module
 */
import type { Algorithm } from "./modes.ts";
import type { SearchPlan, Slice } from "./search_plan.ts";

/**
 * The kernels there are: BLAKE2b on native 64-bit integers or on pairs of 32-bit ones (SHA-256 has
 * only 32-bit words, so for it both are the same kernel), and either in WebAssembly.
 */
export const VARIANTS = ["u64", "u32", "wasm"] as const;

/** One of {@linkcode VARIANTS}. */
export type Variant = (typeof VARIANTS)[number];

/** Inner candidates of one outer index of which one may be the password. */
export interface Suspect {
  readonly outer: number;
  /** Range of the inner table. */
  readonly innerFirst: number;
  readonly innerCount: number;
}

/** A search on an engine. */
export interface Search {
  /**
   * Tries all candidates of a slice. Slices run in the order they were given; several may be given
   * before the first has ended.
   * @throws {EngineLostError} if the device or a thread was lost
   */
  run(slice: Slice): Promise<Suspect[]>;
  /** Frees what the search holds, once no slice runs. */
  end(): void;
}

/** Runs searches with one variant on one device, or on all threads. */
export interface SearchEngine {
  readonly variant: Variant;
  /** The adapter's name, or the number of threads. */
  readonly deviceName: string;
  /** Slices to give at once, so that the device is never idle. */
  readonly slicesInFlight: number;
  /** Wanted length of the inner table: see `createPlan`. */
  readonly leastInner: number;
  /** Candidates a millisecond to expect before anything was measured. */
  readonly guessedRate: number;
  /** Compiles what searches with an algorithm need, so that the next one starts at once. */
  warmUp(algorithm: Algorithm): Promise<void>;
  start(plan: SearchPlan): Promise<Search>;
  close(): void;
}

/** The device or the threads under an engine are gone; a new engine can go on with the search. */
export class EngineLostError extends Error {
  override name = "EngineLostError";
}

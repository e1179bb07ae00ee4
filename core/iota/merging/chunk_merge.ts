/**
 * Merging a chunk of a layer: the same section of every miner's weights and optimizer state,
 * downloaded by its range and averaged.
 *
 * Both miners of a pair merge the same chunk and must get the same bytes, so whatever speaks against
 * an upload speaks to both of them. Of each upload one chunk is in memory at a time.
 *
 * Source: macrocosm-os/iota @ 56aee24, `_merge_models` of `miner/miner.py`.
 *
 * @module
 */

import { WeftError } from "../../errors.ts";
import type { Log } from "../../host.ts";
import type { SubmittedWeights } from "../api/schemas.ts";
import { isAllFinite } from "./elements.ts";
import {
  MAX_METADATA_BYTES,
  readVectorMetadata,
  type Section,
  sectionFault,
  sectionOf,
  type VectorLayout,
} from "./vector_metadata.ts";
import { WeightedMean } from "./weighted_mean.ts";

/** What travels of a layer. */
export const VECTOR_KINDS = ["weights", "optimizer_state"] as const;
export type VectorKind = (typeof VECTOR_KINDS)[number];

/** One value for the weights, and one for the optimizer state. */
export type PerVector<Value> = Readonly<Record<VectorKind, Value>>;

/** What is wanted of an object. */
export interface FetchLimits {
  /** From `start` to the exclusive `end`. @default the whole */
  readonly range?: { readonly start: number; readonly end: number };
  readonly maxBytes: number;
}

/** The bytes at an address. @throws {WeftError} if they cannot be had */
export type FetchBytes = (url: string, limits: FetchLimits) => Promise<Uint8Array<ArrayBuffer>>;

/** A vector that is ours: what is at hand is not downloaded. */
export interface OwnVector {
  /** The key that it was uploaded under. */
  readonly key: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** What merging works with. */
export interface ChunkMergeOptions {
  readonly layouts: PerVector<VectorLayout>;
  readonly own: PerVector<OwnVector>;
  readonly fetchBytes: FetchBytes;
  readonly log: Log;
  /** Tells which failures end the merge; others only leave their upload out. */
  readonly isFatal: (error: unknown) => boolean;
}

/** A merged chunk. */
export interface MergedChunk {
  readonly number: number;
  readonly sections: PerVector<Section>;
  readonly bytes: PerVector<Uint8Array<ArrayBuffer>>;
  /** Whose uploads are in it. */
  readonly hotkeys: readonly string[];
}

/** See the module. */
export class ChunkMerge {
  readonly #packets: readonly SubmittedWeights[];
  /** By address of the metadata: what is wrong with which chunk. */
  readonly #faults = new Map<string, ReadonlyMap<number, string>>();

  /**
   * Uploads that are cut into another number of sections are left out.
   * @param numbers of all chunks that will be merged
   */
  constructor(
    packets: readonly SubmittedWeights[],
    readonly numbers: readonly number[],
    readonly options: ChunkMergeOptions,
  ) {
    const { layouts, log } = options;
    const { numSections } = layouts.weights;
    this.#packets = packets.filter(({ weights_path, hotkey }) => {
      const theirs = sectionsOfPath(weights_path);
      if (theirs === numSections) return true;
      const cut = theirs === undefined ? "an unknown number of" : `${theirs}`;
      log.warn(`left out of the merge: ${hotkey}, cut into ${cut} sections, not ${numSections}`);
      return false;
    });
  }

  /**
   * The mean of a chunk over all uploads that are there and fit.
   * @throws {WeftError} if none does, or a failure is fatal
   */
  async merge(number: number): Promise<MergedChunk> {
    const { layouts, log, isFatal } = this.options;
    const sections = perVector((kind) => sectionOf(layouts[kind], number));
    const means = perVector((kind) => {
      const { start_idx, end_idx } = sections[kind];
      return new WeightedMean(layouts[kind].dtype, end_idx - start_idx);
    });
    const hotkeys: string[] = [];
    for (const packet of this.#packets) {
      try {
        const weight = packet.weighting_factor;
        if (!Number.isSafeInteger(weight) || weight === null || weight < 1) {
          throw new WeftError(`its weight is ${weight}`);
        }
        const chunks = await this.#chunksOf(packet, number, sections);
        for (const kind of VECTOR_KINDS) means[kind].add(chunks[kind], weight);
        hotkeys.push(packet.hotkey);
      } catch (error) {
        if (!(error instanceof WeftError) || isFatal(error)) throw error;
        log.warn(`left out of merging chunk ${number}: ${packet.hotkey}: ${error.message}`);
      }
    }
    if (hotkeys.length === 0) throw new WeftError(`nobody's chunk ${number} can be merged`);
    const bytes = perVector((kind) => means[kind].finish());
    this.#checkFinite(bytes, `the mean of chunk ${number}`);
    return { number, sections, bytes, hotkeys };
  }

  async #chunksOf(
    packet: SubmittedWeights,
    number: number,
    sections: PerVector<Section>,
  ): Promise<PerVector<Uint8Array<ArrayBuffer>>> {
    const [weights, optimizer_state] = await Promise.all(VECTOR_KINDS.map(async (kind) => {
      const { start_byte, end_byte } = sections[kind];
      const { key, bytes } = this.options.own[kind];
      const { url, metadataUrl } = addressesOf(packet, kind);
      if (hasKey(url, key)) return bytes.subarray(start_byte, end_byte);
      await this.#checkMetadata(metadataUrl, number, kind);
      if (start_byte === end_byte) return new Uint8Array();
      const range = { start: start_byte, end: end_byte };
      return await this.options.fetchBytes(url, { range, maxBytes: end_byte - start_byte });
    }));
    const chunks = { weights, optimizer_state };
    this.#checkFinite(chunks, "it");
    return chunks;
  }

  async #checkMetadata(url: string, number: number, kind: VectorKind): Promise<void> {
    let faults = this.#faults.get(url);
    if (!faults) {
      const bytes = await this.options.fetchBytes(url, { maxBytes: MAX_METADATA_BYTES });
      const metadata = readVectorMetadata(bytes);
      const layout = this.options.layouts[kind];
      faults = new Map(
        this.numbers.flatMap((each) => {
          const fault = sectionFault(metadata, each, layout);
          return fault === undefined ? [] : [[each, fault] as const];
        }),
      );
      this.#faults.set(url, faults);
    }
    const fault = faults.get(number);
    if (fault !== undefined) throw new WeftError(fault);
  }

  #checkFinite(bytes: PerVector<Uint8Array>, what: string): void {
    for (const kind of VECTOR_KINDS) {
      if (isAllFinite(bytes[kind], this.options.layouts[kind].dtype)) continue;
      throw new WeftError(`${what} holds NaN or infinity in its ${kind.replace("_", " ")}`);
    }
  }
}

/** A value for each of the two vectors. */
export function perVector<Value>(make: (kind: VectorKind) => Value): PerVector<Value> {
  return { weights: make("weights"), optimizer_state: make("optimizer_state") };
}

/** Whether an address, perhaps with a query, is that of a key. */
export function hasKey(address: string, key: string): boolean {
  const path = address.split("?", 1)[0];
  return path === key || path.endsWith(`/${key}`);
}

function addressesOf(
  packet: SubmittedWeights,
  kind: VectorKind,
): { readonly url: string; readonly metadataUrl: string } {
  return kind === "weights"
    ? { url: packet.weights_path, metadataUrl: packet.weight_metadata_path }
    : { url: packet.optimizer_state_path, metadataUrl: packet.optimizer_state_metadata_path };
}

/** `…/{hotkey}/{sections}/{epoch}/{uuid}.pt` */
function sectionsOfPath(address: string): number | undefined {
  const part = address.split("?", 1)[0].split("/").at(-3) ?? "";
  return /^\d{1,9}$/.test(part) ? Number(part) : undefined;
}

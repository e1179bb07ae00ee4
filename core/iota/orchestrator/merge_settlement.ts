/**
 * What stands at the end of a merge: one version of every chunk, the same for all miners.
 *
 * Where both members of a pair have merged a chunk and do not agree byte for byte, the chunk is merged
 * here and whoever differs is named. A chunk that nobody has merged is taken as it is from whoever did
 * the most backwards, so that all go on from the same bytes.
 *
 * @module
 */

import { WeftError } from "../../errors.ts";
import { readBytes } from "../../formats/byte_stream.ts";
import type { Partition } from "../api/schemas.ts";
import {
  ChunkMerge,
  type PerVector,
  VECTOR_KINDS,
  type VectorKind,
} from "../merging/chunk_merge.ts";
import { type Section, sectionOf, type VectorLayout } from "../merging/vector_metadata.ts";
import type { OrchestratorContext } from "./context.ts";
import { noteEvent, shortKey } from "./event_log.ts";
import { vectorLayouts } from "./layer_vectors.ts";
import type { LayerRecord, MergeRecord } from "./records.ts";

/** See the module. */
export class MergeSettlement {
  readonly #context: OrchestratorContext;
  readonly #layer: LayerRecord;
  readonly #merge: MergeRecord;
  readonly #layouts: PerVector<VectorLayout>;

  constructor(context: OrchestratorContext, layer: LayerRecord, merge: MergeRecord) {
    this.#context = context;
    this.#layer = layer;
    this.#merge = merge;
    this.#layouts = vectorLayouts(context.settings, layer.layer, layer.numSections);
  }

  /** @param merged by miner, in the order in which they came */
  async settle(merged: readonly (readonly Partition[])[]): Promise<Partition[]> {
    const byChunk = Map.groupBy(merged.flat(), ({ chunk_number }) => chunk_number);
    const settled: Partition[] = [];
    for (let chunk = 0; chunk < this.#layer.numSections; chunk++) {
      const versions = byChunk.get(chunk) ?? [];
      settled.push(
        versions.length === 0 ? this.#unmerged(chunk) : await this.#oneOf(chunk, versions),
      );
    }
    return settled;
  }

  async #oneOf(chunk: number, [first, ...others]: readonly Partition[]): Promise<Partition> {
    if (others.length === 0) return first;
    const versions = await Promise.all([first, ...others].map((each) => this.#bytesOf(each)));
    const [one] = versions;
    if (one && versions.every((bytes) => bytes && isSame(bytes, one))) return first;
    const right = await this.#merged(chunk);
    if (!right) return this.#unmerged(chunk);
    const { log } = this.#context;
    let found: Partition | undefined;
    for (const [at, partition] of [first, ...others].entries()) {
      const bytes = versions[at];
      if (bytes && isSame(bytes, right)) {
        found ??= partition;
        continue;
      }
      const hotkey = partition.miner_hotkey ?? "";
      const text = `chunk ${chunk} of layer ${this.#layer.layer} was not merged as it should be`;
      log.warn(`${shortKey(hotkey)}: ${text}`);
      await noteEvent(this.#context, { kind: "refused", layer: this.#layer.layer, hotkey, text });
    }
    return found ?? await this.#write(first, right);
  }

  /** A chunk as miners merge it; undefined if no upload of it is any good. */
  async #merged(chunk: number): Promise<PerVector<Uint8Array<ArrayBuffer>> | undefined> {
    const nothing = { key: "/", bytes: new Uint8Array() };
    const merge = new ChunkMerge(this.#merge.submitted, [chunk], {
      layouts: this.#layouts,
      own: { weights: nothing, optimizer_state: nothing },
      log: this.#context.log,
      isFatal: (error) => error instanceof StoreFailure,
      fetchBytes: (key, { range, maxBytes }) => this.#read(key, maxBytes, range),
    });
    try {
      return (await merge.merge(chunk)).bytes;
    } catch (error) {
      if (error instanceof StoreFailure || !(error instanceof WeftError)) throw error;
      this.#context.log.warn(`layer ${this.#layer.layer}: ${error.message}`);
      return undefined;
    }
  }

  /** Undefined if something of it is gone. */
  async #bytesOf(partition: Partition): Promise<PerVector<Uint8Array<ArrayBuffer>> | undefined> {
    const chunk = Number(partition.chunk_number);
    const read = (key: string | null, kind: VectorKind): Promise<Uint8Array<ArrayBuffer>> => {
      const { start_byte, end_byte } = sectionOf(this.#layouts[kind], chunk);
      const length = end_byte - start_byte;
      return this.#read(key ?? "", length, { start: 0, end: length });
    };
    try {
      return {
        weights: await read(partition.weight_path, "weights"),
        optimizer_state: await read(partition.optimizer_state_path, "optimizer_state"),
      };
    } catch (error) {
      if (error instanceof StoreFailure || !(error instanceof WeftError)) throw error;
      return undefined;
    }
  }

  /** A chunk with bytes that no miner has. */
  async #write(
    like: Partition,
    bytes: PerVector<Uint8Array<ArrayBuffer>>,
  ): Promise<Partition> {
    const { store } = this.#context;
    const { layer, merge } = this.#merge;
    const place = `${layer}-${like.chunk_number}/1/${merge}/settled.pt`;
    const [weightPath, statePath] = [`weights/${place}`, `optimizer_state/${place}`];
    await store.write(weightPath, bytes.weights);
    await store.write(statePath, bytes.optimizer_state);
    return {
      ...like,
      miner_hotkey: null,
      weight_path: weightPath,
      optimizer_state_path: statePath,
    };
  }

  /** The chunk as whoever did the most has it, within that upload. */
  #unmerged(chunk: number): Partition {
    const most = this.#merge.submitted.reduce((a, b) =>
      (b.weighting_factor ?? 0) > (a.weighting_factor ?? 0) ? b : a
    );
    this.#context.log.warn(
      `layer ${this.#layer.layer}: nobody has merged chunk ${chunk}, it stays as ` +
        `${shortKey(most.hotkey)} has it`,
    );
    return {
      layer: this.#layer.layer,
      weight_data: this.#within("weights", chunk),
      optimizer_state_data: this.#within("optimizer_state", chunk),
      chunk_number: chunk,
      miner_hotkey: most.hotkey,
      weight_path: most.weights_path,
      weight_metadata_path: most.weight_metadata_path,
      optimizer_state_path: most.optimizer_state_path,
      optimizer_state_metadata_path: most.optimizer_state_metadata_path,
      other_miner_hotkey: null,
    };
  }

  #within(kind: VectorKind, chunk: number): NonNullable<Partition["weight_data"]> {
    const layout = this.#layouts[kind];
    const { start_idx, end_idx, start_byte, end_byte }: Section = sectionOf(layout, chunk);
    return {
      ...{ chunk_start_idx: start_idx, chunk_end_idx: end_idx },
      ...{ chunk_start_byte: start_byte, chunk_end_byte: end_byte },
      ...{ chunk_dtype: layout.dtype, chunk_length: end_idx - start_idx },
    };
  }

  /**
   * @throws {StoreFailure} if the store cannot be asked
   * @throws {WeftError} if the object is gone or too long
   */
  async #read(
    key: string,
    maxBytes: number,
    range?: { readonly start: number; readonly end: number },
  ): Promise<Uint8Array<ArrayBuffer>> {
    const stream = await this.#context.store.read(key, range).catch((error: unknown) => {
      throw new StoreFailure(error instanceof Error ? error.message : `${error}`);
    });
    if (!stream) throw new WeftError(`${key} is gone from the store`);
    const bytes = await readBytes(stream, maxBytes, key);
    if (range && bytes.length < range.end - range.start) throw new WeftError(`${key} is cut short`);
    return bytes;
  }
}

/** The store is out of order: it is no miner's fault, and a later try may do. */
class StoreFailure extends WeftError {
  override name = "StoreFailure";
}

function isSame(a: PerVector<Uint8Array>, b: PerVector<Uint8Array>): boolean {
  return VECTOR_KINDS.every((kind) =>
    a[kind].length === b[kind].length && a[kind].every((byte, at) => byte === b[kind][at])
  );
}

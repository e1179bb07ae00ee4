/**
 * What stands at the end of a merge: one version of every chunk, the same for all miners.
 *
 * Where both members of a pair have merged a chunk, agree byte for byte and hold nothing but finite
 * numbers, that is it. Otherwise, also where only one of them has merged, the chunk is merged here and
 * whoever differs is named. A chunk that nobody has merged is taken as it is from whoever did the most
 * backwards and has finite numbers, so that all go on from the same bytes.
 *
 * @module
 */

import { WeftError } from "../../errors.ts";
import { readBytes } from "../../formats/byte_stream.ts";
import type { Partition, SubmittedWeights } from "../api/schemas.ts";
import {
  ChunkMerge,
  type PerVector,
  VECTOR_KINDS,
  type VectorKind,
} from "../merging/chunk_merge.ts";
import { isAllFinite } from "../merging/elements.ts";
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
        await (versions.length === 0 ? this.#unmerged(chunk) : this.#oneOf(chunk, versions)),
      );
    }
    return settled;
  }

  async #oneOf(chunk: number, [first, ...others]: readonly Partition[]): Promise<Partition> {
    const versions = await Promise.all([first, ...others].map((each) => this.#bytesOf(each)));
    const [one] = versions;
    // Who is alone in its layer has nothing to merge with, and nobody to agree with.
    const isAgreed = others.length > 0 || this.#merge.submitted.length === 1;
    const isOne = one && versions.every((bytes) => bytes && isSame(bytes, one));
    if (isAgreed && isOne && this.#isFinite(one)) return first;
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

  /** A chunk that a miner has merged. */
  #bytesOf(partition: Partition): Promise<PerVector<Uint8Array<ArrayBuffer>> | undefined> {
    const { weight_path: weights, optimizer_state_path: optimizer_state } = partition;
    const chunk = Number(partition.chunk_number);
    return this.#bytesAt({ weights, optimizer_state }, (kind) => {
      const { start_byte, end_byte } = sectionOf(this.#layouts[kind], chunk);
      return { start: 0, end: end_byte - start_byte };
    });
  }

  /** A chunk within a miner's upload. */
  #uploadedBytes(
    { weights_path: weights, optimizer_state_path: optimizer_state }: SubmittedWeights,
    chunk: number,
  ): Promise<PerVector<Uint8Array<ArrayBuffer>> | undefined> {
    return this.#bytesAt({ weights, optimizer_state }, (kind) => {
      const { start_byte: start, end_byte: end } = sectionOf(this.#layouts[kind], chunk);
      return { start, end };
    });
  }

  /** Undefined if something of it is gone. */
  async #bytesAt(
    keys: PerVector<string | null>,
    rangeOf: (kind: VectorKind) => { readonly start: number; readonly end: number },
  ): Promise<PerVector<Uint8Array<ArrayBuffer>> | undefined> {
    const read = (kind: VectorKind): Promise<Uint8Array<ArrayBuffer>> => {
      const range = rangeOf(kind);
      return this.#read(keys[kind] ?? "", range.end - range.start, range);
    };
    try {
      return { weights: await read("weights"), optimizer_state: await read("optimizer_state") };
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

  #isFinite(bytes: PerVector<Uint8Array>): boolean {
    return VECTOR_KINDS.every((kind) => isAllFinite(bytes[kind], this.#layouts[kind].dtype));
  }

  /** The chunk as whoever did the most has it, within that upload. */
  async #unmerged(chunk: number): Promise<Partition> {
    const most = await this.#bestUpload(chunk);
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

  /** Of whoever did the most and has finite numbers; of whoever did the most if nobody has. */
  async #bestUpload(chunk: number): Promise<SubmittedWeights> {
    const byWork = this.#merge.submitted.toSorted((a, b) =>
      (b.weighting_factor ?? 0) - (a.weighting_factor ?? 0)
    );
    for (const upload of byWork) {
      const bytes = await this.#uploadedBytes(upload, chunk);
      if (bytes && this.#isFinite(bytes)) return upload;
    }
    return byWork[0];
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

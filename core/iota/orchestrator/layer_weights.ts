/**
 * The merged weights of layers: one chunk of each number, and what of older merges may go.
 *
 * @module
 */

import type { Partition } from "../api/schemas.ts";
import type { OrchestratorContext } from "./context.ts";
import { changeRecord, readRecord, WEIGHTS, type WeightsRecord } from "./records.ts";

/** How long the address of a chunk is good for. */
const DOWNLOAD_S = 3600;

/** See the module. */
export class LayerWeightsShelf {
  readonly #context: OrchestratorContext;

  constructor(context: OrchestratorContext) {
    this.#context = context;
  }

  /** Chunks with addresses; empty before the first merge. */
  async partitions(layer: number): Promise<Partition[]> {
    const { state, store } = this.#context;
    const weights = await readRecord(state.records, WEIGHTS, `${layer}`);
    const address = async (key: string | null): Promise<string | null> =>
      key === null ? null : await store.presignGet(key, DOWNLOAD_S);
    return await Promise.all((weights?.partitions ?? []).map(async (partition) => ({
      ...partition,
      weight_path: await address(partition.weight_path),
      weight_metadata_path: await address(partition.weight_metadata_path),
      optimizer_state_path: await address(partition.optimizer_state_path),
      optimizer_state_metadata_path: await address(partition.optimizer_state_metadata_path),
    })));
  }

  /**
   * Puts the chunks of a merge in place of those before. Objects stay until the merge after the next.
   *
   * @param keys all objects of this merge
   */
  async put(
    layer: number,
    merges: number,
    partitions: readonly Partition[],
    keys: readonly string[],
  ): Promise<void> {
    const { state, store } = this.#context;
    let outdated: readonly string[] = [];
    await changeRecord(state.records, WEIGHTS, `${layer}`, (now): WeightsRecord => {
      outdated = [];
      if (now && now.merges >= merges) return now;
      const kept = new Set([...now?.keys ?? [], ...keys]);
      outdated = now?.oldKeys.filter((key) => !kept.has(key)) ?? [];
      return {
        ...{ layer, merges, partitions: [...partitions], oldKeys: now?.keys ?? [] },
        keys: [...new Set(keys)],
      };
    });
    if (outdated.length > 0) await store.remove(outdated);
  }

  /** Removes objects of a merge that came to nothing, but for those that are in use. */
  async discard(layer: number, keys: readonly string[]): Promise<void> {
    const { state, store } = this.#context;
    const weights = await readRecord(state.records, WEIGHTS, `${layer}`);
    const kept = new Set([...weights?.keys ?? [], ...weights?.oldKeys ?? []]);
    const outdated = keys.filter((key) => !kept.has(key));
    if (outdated.length > 0) await store.remove(outdated);
  }
}

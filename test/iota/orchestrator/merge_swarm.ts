/**
 * The merging half of an orchestrator without servers: miners that have trained, upload and merge as
 * they are told. What they do is right unless a test says otherwise.
 *
 * @module
 */

import { ChunkMerge } from "../../../core/iota/merging/chunk_merge.ts";
import { encodeElements } from "../../../core/iota/merging/elements.ts";
import {
  sectionOf,
  vectorMetadata,
  writeVectorMetadata,
} from "../../../core/iota/merging/vector_metadata.ts";
import type { Partition, Phase, WeightsUploaded } from "../../../core/iota/api/schemas.ts";
import { vectorLayouts } from "../../../core/iota/orchestrator/layer_vectors.ts";
import { Merging } from "../../../core/iota/orchestrator/merging.ts";
import { Phases } from "../../../core/iota/orchestrator/phases.ts";
import { EVENTS } from "../../../core/iota/orchestrator/records.ts";
import { Registry } from "../../../core/iota/orchestrator/registry.ts";
import type { SwarmState } from "../../../core/iota/orchestrator/state.ts";
import { type TestContext, testContext, type TestContextOptions } from "./context.ts";

/** Settings of these tests: few backwards, and phases that end within the time a miner may be away. */
const QUICK = { globalOptimizerSteps: 2, localOptimizerSteps: 2, phaseTimeoutMs: 100_000 };

const NOTHING = { key: "/", bytes: new Uint8Array() };

/** See the module. */
export class MergeSwarm {
  readonly registry: Registry;
  readonly phases: Phases;
  readonly merging: Merging;
  readonly uploaded: string[] = [];
  readonly ended: (readonly [layer: number, merges: number])[] = [];
  #files = 0;

  constructor(readonly context: TestContext) {
    this.registry = new Registry(context);
    this.phases = new Phases(context, this.registry);
    this.merging = new Merging(context, this.registry, this.phases, {
      weightsUploaded: (hotkey) => Promise.resolve(void this.uploaded.push(hotkey)),
      roundEnded: (layer, merges) => Promise.resolve(void this.ended.push([layer, merges])),
    });
  }

  /** A swarm with one miner a layer, or as many as are named by layer. */
  static async make(
    miners: readonly (readonly string[])[] = [["head"], ["body"], ["tail"]],
    options: TestContextOptions = {},
  ): Promise<MergeSwarm> {
    const settings = { ...QUICK, ...options.settings };
    const swarm = new MergeSwarm(await testContext({ ...options, settings }));
    for (const [layer, hotkeys] of miners.entries()) {
      for (const hotkey of hotkeys) await swarm.join(hotkey, layer);
    }
    return swarm;
  }

  /** A swarm whose miners all have their backwards, and whose merge has begun. */
  static async uploading(
    miners?: readonly (readonly string[])[],
    options?: TestContextOptions,
  ): Promise<MergeSwarm> {
    const swarm = await MergeSwarm.make(miners, options);
    await swarm.train();
    await swarm.merging.tick();
    return swarm;
  }

  /** Another process on the same state. */
  async another(state: SwarmState = this.context.state): Promise<MergeSwarm> {
    const { settings, time, store } = this.context;
    const swarm = new MergeSwarm(await testContext({ settings, state, time, store }));
    swarm.#files = this.#files + 1000;
    return swarm;
  }

  async join(hotkey: string, layer: number): Promise<void> {
    await this.registry.register(hotkey);
    await this.registry.change(hotkey, (now) => ({ ...now, layer }));
  }

  /** Miners have done backwards; all of them if none is named. */
  async train(
    { backwards = 2, hotkeys }: {
      readonly backwards?: number;
      readonly hotkeys?: readonly string[];
    } = {},
  ): Promise<void> {
    for (const { hotkey } of await this.registry.all()) {
      if (hotkeys && !hotkeys.includes(hotkey)) continue;
      await this.registry.change(hotkey, (now) => ({ ...now, backwards }));
    }
  }

  /** Time passes, with all miners but some asking now and then. */
  async pass(durationMs: number, away: readonly string[] = []): Promise<void> {
    await this.context.time.pass(durationMs);
    const seenMs = this.context.time.unixMs();
    for (const { hotkey } of await this.registry.all()) {
      if (!away.includes(hotkey)) await this.registry.change(hotkey, (now) => ({ ...now, seenMs }));
    }
  }

  async phase(layer = 0): Promise<Phase> {
    return (await this.phases.layer(layer)).phase;
  }

  async phaseNames(): Promise<Phase[]> {
    return (await this.phases.all()).map(({ phase }) => phase);
  }

  /** Puts the files of an upload where the miner would. */
  async files(hotkey: string, value = 1): Promise<WeightsUploaded> {
    const { layer } = await this.registry.find(hotkey);
    const { numSections } = await this.phases.layer(layer);
    const layouts = vectorLayouts(this.context.settings, layer, numSections);
    const put = (kind: "weights" | "optimizer_state"): [string, string] => {
      const layout = layouts[kind];
      const name = `${hotkey}/${numSections}/0/file-${this.#files++}`;
      const values = new Float32Array(layout.numElements).fill(value);
      const { objects } = this.context.store;
      objects.set(`${kind}/${name}.pt`, encodeElements(values, layout.dtype));
      const metadata = writeVectorMetadata(vectorMetadata(layout));
      objects.set(`metadata/${kind}/${name}.json`, metadata);
      return [`${kind}/${name}.pt`, `metadata/${kind}/${name}.json`];
    };
    const [weights_path, metadata_path] = put("weights");
    const [optimizer_state_path, optimizer_state_metadata_path] = put("optimizer_state");
    return { weights_path, metadata_path, optimizer_state_path, optimizer_state_metadata_path };
  }

  /** Uploads weights that are all of one value; what is answered. */
  async upload(hotkey: string, value?: number): Promise<string> {
    return await this.merging.upload(hotkey, await this.files(hotkey, value));
  }

  /** Merges what falls to a miner, and uploads it. */
  async partitions(hotkey: string): Promise<Partition[]> {
    const { store, settings, log } = this.context;
    const { layer } = await this.registry.find(hotkey);
    const { numSections } = await this.phases.layer(layer);
    const [packets, numbers] = await this.merging.chunksFor(hotkey);
    const layouts = vectorLayouts(settings, layer, numSections);
    const merge = new ChunkMerge(packets, numbers, {
      ...{ layouts, log, own: { weights: NOTHING, optimizer_state: NOTHING } },
      isFatal: () => false,
      fetchBytes: (url, { range }) =>
        Promise.resolve(store.fetch(url).slice(range?.start, range?.end)),
    });
    return await Promise.all(numbers.map(async (number): Promise<Partition> => {
      const { bytes } = await merge.merge(number);
      const put = (kind: "weights" | "optimizer_state"): [string, string] => {
        const name = `${hotkey}/1/0/chunk-${this.#files++}`;
        store.objects.set(`${kind}/${name}.pt`, bytes[kind]);
        store.objects.set(`metadata/${kind}/${name}.json`, new Uint8Array([123, 125]));
        return [`${kind}/${name}.pt`, `metadata/${kind}/${name}.json`];
      };
      const place = (kind: "weights" | "optimizer_state"): Partition["weight_data"] => {
        const { start_idx, end_idx } = sectionOf(layouts[kind], number);
        return {
          ...{ chunk_start_idx: start_idx, chunk_end_idx: end_idx, chunk_start_byte: null },
          ...{ chunk_end_byte: null, chunk_dtype: "bfloat16", chunk_length: end_idx - start_idx },
        };
      };
      const [weight_path, weight_metadata_path] = put("weights");
      const [optimizer_state_path, optimizer_state_metadata_path] = put("optimizer_state");
      return {
        ...{ layer, chunk_number: number, miner_hotkey: hotkey, other_miner_hotkey: null },
        ...{ weight_data: place("weights"), optimizer_state_data: place("optimizer_state") },
        ...{ weight_path, weight_metadata_path },
        ...{ optimizer_state_path, optimizer_state_metadata_path },
      };
    }));
  }

  async merge(hotkey: string): Promise<void> {
    await this.merging.takePartitions(hotkey, await this.partitions(hotkey));
  }

  /** A whole merge of one layer, from uploading on. */
  async mergeAll(hotkeys: readonly string[]): Promise<void> {
    for (const [at, hotkey] of hotkeys.entries()) await this.upload(hotkey, at + 1);
    for (const hotkey of hotkeys) await this.merge(hotkey);
  }

  /** Events of a kind. */
  async events(kind: string): Promise<string[]> {
    const entries = await this.context.state.journals.last(EVENTS, 1000);
    return entries.map(({ value }) => JSON.stringify(value))
      .filter((text) => text.includes(`"kind":"${kind}"`));
  }
}

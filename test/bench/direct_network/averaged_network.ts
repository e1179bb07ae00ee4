/**
 * What a swarm of several miners a layer is measured against: as many direct networks of the same
 * seed, whose stages take each step by themselves and then hold the mean of all. That is how a layer
 * merges, without its roads: a batch stays within its network, all networks count the same, and
 * nothing is late or left out.
 *
 * @module
 */

import type { Batch } from "../../../core/data/packing.ts";
import type { Gpu } from "../../../core/gpu/gpu.ts";
import type { PassTimer } from "../../../core/gpu/timer.ts";
import { WeightedMean } from "../../../core/iota/merging/weighted_mean.ts";
import {
  exportOptimizerState,
  exportWeights,
  importOptimizerState,
  importWeights,
} from "../../../core/model/flat_state.ts";
import type { Parameters } from "../../../core/model/parameters.ts";
import type { Pipeline } from "../../../core/model/pipeline.ts";
import type { RoundResult, TrainingNetwork } from "../../../core/node/training_network.ts";
import {
  DirectNetwork,
  type DirectNetworkOptions,
} from "../../../core/bench/direct_network/direct_network.ts";

/** See the module. */
export class AveragedNetwork implements TrainingNetwork {
  #roundsAllowed = 0;

  private constructor(readonly networks: readonly DirectNetwork[]) {}

  /**
   * Builds all stages of all networks with the same fresh weights.
   * @throws {RangeError} unless `count` is from 1 up
   * @throws {WeftError} if the GPU has not the memory for them
   */
  static async create(
    gpu: Gpu,
    options: DirectNetworkOptions,
    count: number,
  ): Promise<AveragedNetwork> {
    if (!(count >= 1)) throw new RangeError(`a mean of ${count} networks, expected 1 or more`);
    const networks: DirectNetwork[] = [];
    for (let i = 0; i < count; i++) networks.push(await DirectNetwork.create(gpu, options));
    return new AveragedNetwork(networks);
  }

  /** Of the first network; all hold the same between rounds. */
  get pipeline(): Pipeline {
    return this.networks[0].pipeline;
  }

  /** As a direct network; each batch goes to one of the networks. */
  async start(roundsDone: number, nextBatch: () => Batch, timer: PassTimer): Promise<void> {
    for (const network of this.networks) await network.start(roundsDone, nextBatch, timer);
  }

  allowRounds(count: number): void {
    this.#roundsAllowed += count;
  }

  /** The next step of all, averaged; undefined if none is allowed. @throws what made one fail */
  async nextRound(): Promise<RoundResult | undefined> {
    if (this.#roundsAllowed === 0) return undefined;
    this.#roundsAllowed -= 1;
    const rounds: RoundResult[] = [];
    // One after the other: the order in which the text is handed out does not hang on luck.
    for (const network of this.networks) {
      network.allowRounds(1);
      const round = await network.nextRound();
      if (!round) return undefined;
      rounds.push(round);
    }
    for (const stage of this.pipeline.stages.keys()) {
      await average(this.networks.map(({ stages }) => stages[stage].parameters));
    }
    return { ...rounds[0], losses: rounds.flatMap(({ losses }) => losses) };
  }

  async stop(): Promise<void> {
    for (const network of this.networks) await network.stop();
  }

  async close(): Promise<void> {
    for (const network of this.networks) await network.close();
  }

  /** Frees all stages of all networks. */
  destroy(): void {
    for (const network of this.networks) network.destroy();
  }
}

/** Gives all the mean of their weights and moments, in f32. */
async function average(replicas: readonly Parameters[]): Promise<void> {
  const count = replicas[0].count;
  const weights = new WeightedMean("float32", count);
  const moments = new WeightedMean("float32", 2 * count);
  for (const parameters of replicas) {
    weights.add(await exportWeights(parameters, "f32"), 1);
    moments.add(await exportOptimizerState(parameters, "f32"), 1);
  }
  const [meanWeights, meanMoments] = [weights.finish(), moments.finish()];
  for (const parameters of replicas) {
    importWeights(parameters, meanWeights, "f32");
    importOptimizerState(parameters, meanMoments, "f32");
  }
}

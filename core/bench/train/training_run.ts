/**
 * A real training run, as the node does it, on the clock of the wall.
 *
 * @module
 */
import { buildCorpus } from "../../data/corpus.ts";
import { mobyDickDocuments } from "../../data/moby_dick.ts";
import { BatchCursor } from "../../data/packing.ts";
import { byteTokenizer } from "../../data/tokenizer.ts";
import { WeftError } from "../../errors.ts";
import { PassTimer } from "../../gpu/timer.ts";
import type { DirectNetwork } from "../direct_network/direct_network.ts";
import type { NowMs } from "../timing.ts";

/** What a run took. */
export interface RunTimes {
  steps: number;
  /** Milliseconds of one optimizer step, the mean of all. */
  stepMs: number;
  /** The GPU's part of it by its timestamps; undefined where the adapter has none. */
  gpuMs: number | undefined;
}

/** Steps before the clock starts: the first ones compile and allocate. */
const WARMUP_STEPS = 2;

/**
 * Trains a fresh network. Its stages are left with the activations of the last batches.
 *
 * @throws {WeftError} if a step had to be left out for NaN or infinity
 */
export async function timeTraining(
  network: DirectNetwork,
  steps: number,
  nowMs: NowMs,
): Promise<RunTimes> {
  const { batch, seq, seed } = network.options;
  const corpus = buildCorpus(mobyDickDocuments(), byteTokenizer);
  const cursor = new BatchCursor(corpus.training, { batchSize: batch, sampleLength: seq, seed });
  const timer = new PassTimer(network.stages[0].gpu);
  await network.start(0, () => cursor.nextBatch(), timer);
  await trainSteps(network, WARMUP_STEPS, timer);
  const start = nowMs();
  const gpuMs = await trainSteps(network, steps, timer);
  const stepMs = (nowMs() - start) / steps;
  await network.stop();
  const times = { steps, stepMs, gpuMs: timer.available ? gpuMs / steps : undefined };
  timer.destroy();
  return times;
}

/** Milliseconds of GPU time. Timestamps are collected after every step, as the node does. */
async function trainSteps(
  network: DirectNetwork,
  steps: number,
  timer: PassTimer,
): Promise<number> {
  let gpuMs = 0;
  network.allowRounds(steps);
  for (let step = 0; step < steps; step++) {
    const result = await network.nextRound();
    if (!result) throw new WeftError(`training ended after ${step} of ${steps} steps`);
    if (!result.outcomes.every(({ applied }) => applied) || !result.losses.every(Number.isFinite)) {
      throw new WeftError(`step ${step + 1}: a loss or gradient was NaN or infinite`);
    }
    for (const ms of (await timer.collect()).values()) gpuMs += ms;
  }
  return gpuMs;
}

/**
 * Training that goes on until the process ends, beside which challenges are answered.
 *
 * @module
 */

import { buildCorpus } from "../../../core/data/corpus.ts";
import { mobyDickDocuments } from "../../../core/data/moby_dick.ts";
import { byteTokenizer } from "../../../core/data/tokenizer.ts";
import type { Host } from "../../../core/host.ts";
import { findPreset } from "../../../core/model/presets.ts";
import type { GpuTurns } from "../../../core/node/gpu_turns.ts";
import type { TrainSettings } from "../../../core/node/settings.ts";
import { train } from "../../../core/node/train.ts";
import { localSwarmOpener } from "../../../headless/local_swarm.ts";

/** More steps than any benchmark waits for. */
const ENDLESS = 1_000_000_000;
const DEFAULTS = {
  ...{ stages: undefined, batch: undefined, seq: undefined, batchesBeforeMerging: undefined },
  ...{ learningRate: undefined, minersPerLayer: 1, mergeEvery: 10, precision: "f32", seed: 1 },
  ...{ steps: ENDLESS, validateEvery: ENDLESS, checkpointEvery: ENDLESS },
} as const satisfies Omit<TrainSettings, "model">;

/** A run on its way. */
export interface EndlessTraining {
  readonly adapter: string;
  readonly isSoftware: boolean;
  /** Optimizer steps taken so far. */
  readonly steps: number;
}

/**
 * Trains on a swarm in this process; resolves when the first optimizer step is done.
 *
 * @throws {Error} if training ends, then or later
 */
export async function trainEndlessly(
  host: Host & { readonly runDir: string },
  model: string,
  turns: GpuTurns,
): Promise<EndlessTraining> {
  const corpus = buildCorpus(mobyDickDocuments(), byteTokenizer);
  const events = train(
    { ...host, openNetwork: localSwarmOpener(host.runDir, host.log, turns) },
    { corpus, tokenizer: byteTokenizer },
    { ...DEFAULTS, model: findPreset(model) },
    new AbortController().signal,
  );
  const run = { adapter: "", isSoftware: false, steps: 0 };
  const goOn = async (isEnough: () => boolean): Promise<void> => {
    while (!isEnough()) {
      const { value: event, done } = await events.next();
      if (done) throw new Error("training has ended by itself");
      if (event.kind === "started") {
        Object.assign(run, { adapter: event.adapter, isSoftware: event.isSoftware });
      }
      if (event.kind === "step") run.steps = event.step;
    }
  };
  await goOn(() => run.steps > 0);
  // Its end is the process's: what was measured then would be wrong.
  void goOn(() => false);
  return run;
}

/**
 * How much of the stages' own speed is left when each of them is a miner in a process of its own, all
 * on one adapter, with an orchestrator between them.
 *
 * @module
 */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openGpu } from "../../../core/gpu/gpu.ts";
import type { PrecisionName } from "../../../core/model/parameters.ts";
import { findPreset, type Preset, presetForRate } from "../../../core/model/presets.ts";
import { measureTuning } from "../../../core/model/tuning.ts";
import { LocalOrchestrator } from "../../../core/node/local_orchestrator.ts";
import { swarmSettings } from "../../../core/node/swarm_settings.ts";
import { createLog } from "../../../headless/deno_host.ts";
import { localPlace } from "../../../headless/local_swarm.ts";
import { CACHE_DIR } from "../../../headless/unpack.ts";
import { type Backend, loadWebGpu } from "../../../headless/webgpu.ts";
import { DirectNetwork } from "../../../core/bench/direct_network/direct_network.ts";
import { timeTraining } from "../../../core/bench/train/training_run.ts";
import type { MinerTask } from "./miner_messages.ts";
import { networkOptions } from "./network_options.ts";

const SCRIPT = fileURLToPath(new URL("miner_process.ts", import.meta.url));
const STORE = join(CACHE_DIR, "bench-swarm");
/** Rounds in which processes compile and allocate, on the first of them. */
const WARMUP_ROUNDS = 3;
const LOOK_MS = 2_000;
/** Without a batch for so long the processes have failed. */
const PATIENCE_MS = 300_000;

/** What to measure. */
export interface EfficiencyOptions {
  /** A preset's name, or auto for the one that a node takes on this adapter. */
  readonly model: string;
  readonly precision: PrecisionName;
  readonly backend: Backend;
  /** Of an optimizer step. */
  readonly batches: number;
  readonly mergeEvery: number;
  /** Optimizer steps that are timed. */
  readonly steps: number;
  readonly log: (line: string) => void;
  onStatus(text: string): void;
}

/** Tokens a second of the same stages. */
export interface Efficiency {
  readonly adapter: string;
  readonly model: string;
  readonly stages: number;
  readonly directTokensPerSecond: number;
  /** From batch to batch while no layer merges. */
  readonly trainingTokensPerSecond: number;
  /** With the merges. */
  readonly wholeTokensPerSecond: number;
}

/** Measures both. @throws {Error} if a process ends, or no batch comes through any more */
export async function measureEfficiency(options: EfficiencyOptions): Promise<Efficiency> {
  const seed = 1;
  const { precision, backend, mergeEvery, steps, onStatus } = options;
  const gpu = await openGpu(await loadWebGpu(backend));
  const tuning = await measureTuning(gpu, () => performance.now());
  const found = options.model === "auto"
    ? presetForRate(tuning.flopsPerSecond)
    : findPreset(options.model);
  const preset = { ...found, batchesBeforeMerging: options.batches };
  const how = { precision, tuning, seed, mergeEvery, minersPerLayer: 1 };
  const network = networkOptions(preset, how);
  onStatus(`training ${steps} steps of ${preset.model.name} directly`);
  const direct = await DirectNetwork.create(gpu, network);
  const { stepMs } = await timeTraining(direct, steps, () => performance.now());
  direct.destroy();
  const { adapterName, isSoftware } = gpu;
  gpu.close();
  const log = createLog("warn", options.log);
  const settings = swarmSettings(network, 0, isSoftware);
  const orchestrator = await LocalOrchestrator.open(settings, localPlace(STORE, log));
  const stop = new AbortController();
  const running = orchestrator.run(stop.signal);
  const task = { url: orchestrator.url, model: preset.model.name, precision, backend, seed };
  const miners = preset.model.splits.map(() =>
    startProcess({ ...task, mergeEvery, batches: options.batches })
  );
  try {
    const rates = await timeSwarm(orchestrator, preset, options);
    const tokens = preset.batch * preset.seq;
    return {
      ...{ adapter: adapterName, model: preset.model.name, stages: miners.length },
      directTokensPerSecond: 1000 * preset.batchesBeforeMerging * tokens / stepMs,
      trainingTokensPerSecond: rates.training * tokens,
      wholeTokensPerSecond: rates.whole * tokens,
    };
  } finally {
    for (const miner of miners) miner.kill("SIGKILL");
    await Promise.all(miners.map(({ status }) => status));
    stop.abort();
    await running;
    await orchestrator.close();
  }
}

function startProcess(task: MinerTask): Deno.ChildProcess {
  const allowed = ["--allow-read", "--allow-env", "--allow-ffi=node_modules"];
  return new Deno.Command("deno", {
    args: [
      ...["run", "--no-prompt", ...allowed, "--allow-net=127.0.0.1"],
      ...[`--allow-write=${CACHE_DIR}`, SCRIPT, JSON.stringify(task)],
    ],
    stdout: "null",
    stderr: "inherit",
  }).spawn();
}

/** Batches a second, from when the last of a round is done to when that of a later one is. */
async function timeSwarm(
  { orchestrator: { dashboards } }: LocalOrchestrator,
  { batchesBeforeMerging }: Preset,
  { steps, mergeEvery, onStatus }: EfficiencyOptions,
): Promise<{ training: number; whole: number }> {
  const first = WARMUP_ROUNDS * batchesBeforeMerging;
  const last = first + steps * batchesBeforeMerging;
  let [seen, seenMs] = [0, performance.now()];
  for (;;) {
    await dashboards.overview();
    const { length } = dashboards.history.pathways;
    if (length > seen) [seen, seenMs] = [length, performance.now()];
    if (seen >= last) break;
    if (performance.now() - seenMs > PATIENCE_MS) throw new Error("no batch comes through");
    onStatus(`${seen} of ${last} batches through as many processes as there are stages`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  const doneMs = dashboards.history.pathways.map(({ timeMs }) => timeMs);
  const merges = (at: number): number => Math.floor(at / (mergeEvery * batchesBeforeMerging));
  let trainingMs = 0;
  let trained = 0;
  for (let at = first; at < last; at++) {
    // Between these two a merge lies.
    if (merges(at) !== merges(at - 1)) continue;
    trainingMs += doneMs[at] - doneMs[at - 1];
    trained += 1;
  }
  return {
    training: 1000 * trained / trainingMs,
    whole: 1000 * (last - first) / (doneMs[last - 1] - doneMs[first - 1]),
  };
}

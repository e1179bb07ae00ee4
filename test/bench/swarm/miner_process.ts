/**
 * A miner in a process of its own, with a device of its own on the shared adapter.
 *
 * @module
 */

import * as v from "valibot";
import { int64Tensor } from "../../../core/formats/dtype.ts";
import { openGpu } from "../../../core/gpu/gpu.ts";
import { StageTrainer } from "../../../core/iota/miner/stage_trainer.ts";
import { createStage } from "../../../core/model/pipeline.ts";
import { findPreset } from "../../../core/model/presets.ts";
import { measureTuning } from "../../../core/model/tuning.ts";
import { startMiner } from "../../../core/node/swarm_members.ts";
import { IN_FLIGHT, swarmSettings } from "../../../core/node/swarm_settings.ts";
import { readyKeys } from "../../../core/wallet/ready.ts";
import { createLog } from "../../../headless/deno_host.ts";
import { localPlace } from "../../../headless/local_swarm.ts";
import { writeText } from "../../../headless/screen.ts";
import { loadWebGpu } from "../../../headless/webgpu.ts";
import { MinerTask } from "./miner_messages.ts";
import { networkOptions } from "./network_options.ts";
import { textBatches } from "./text_batches.ts";

const task = v.parse(v.pipe(v.string(), v.parseJson(), MinerTask), Deno.args[0]);
const { url, precision, seed, mergeEvery } = task;
const preset = { ...findPreset(task.model), batchesBeforeMerging: task.batches };
const log = createLog("warn", (line) => writeText(Deno.stderr, `${line}\n`));
const place = localPlace("", log);
await readyKeys();
const gpu = await openGpu(await loadWebGpu(task.backend));
const tuning = await measureTuning(gpu, () => performance.now());
const options = networkOptions(preset, {
  ...{ precision, tuning, seed, mergeEvery, minersPerLayer: 1 },
});
const cursor = textBatches({ ...preset, seed });
await startMiner({
  orchestrator: { url, http: place.openHttp() },
  place,
  settings: swarmSettings(options, 0, gpu.isSoftware),
}, {
  trainerFor: async (layer) =>
    StageTrainer.resume(await createStage(gpu, { ...options, slots: IN_FLIGHT }, layer)),
  nextBatch: () =>
    Promise.resolve(int64Tensor([preset.batch, preset.seq], cursor.nextBatch().tokens)),
}, new AbortController().signal);

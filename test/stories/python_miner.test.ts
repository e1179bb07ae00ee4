/**
 * The published Python miner in a swarm of ours: three of them, one a layer, and then two of ours
 * beside each, so that they merge chunks of each other in pairs.
 *
 * `IOTA_PYTHON_MINER` is the command that starts one, with spaces between its words; it gets the
 * orchestrator's address, a model's file and the seconds that it is to run. The secret URI of its
 * key, the text and the store's address are in `MINER_URI`, `CORPUS` and `STORE_URL`.
 *
 * @module
 */

import { join } from "node:path";
import { testWhere } from "#test";
import { assert } from "chai";
import { mobyDickDocuments } from "../../core/data/moby_dick.ts";
import { int64Tensor } from "../../core/formats/dtype.ts";
import { openGpu } from "../../core/gpu/gpu.ts";
import { StageTrainer } from "../../core/iota/miner/stage_trainer.ts";
import { PUBLISHED_SWARM, type SwarmSettings } from "../../core/iota/orchestrator/settings.ts";
import { parseModelConfig } from "../../core/model/config.ts";
import { createStage } from "../../core/model/pipeline.ts";
import { PUBLISHED_SCHEDULE } from "../../core/model/schedule.ts";
import { LocalOrchestrator } from "../../core/node/local_orchestrator.ts";
import { startMiner } from "../../core/node/swarm_members.ts";
import { localPlace } from "../../headless/local_swarm.ts";
import { loadWebGpu } from "../../headless/webgpu.ts";
import { textBatches } from "../bench/swarm/text_batches.ts";
import { KeptLog } from "../harness/kept_log.ts";
import { withTempFolder } from "../headless/temp_folder.ts";
import { TEST_TUNING } from "../model/device_pipeline.ts";

const command = Deno.env.get("IOTA_PYTHON_MINER");
const why = command === undefined ? "IOTA_PYTHON_MINER is not set" : undefined;

const [BATCH, SEQ] = [1, 64];
const SPLITS = [[-1, 1], [1, 2], [2, -1]];
const CONFIG = {
  ...{ model_name: "small", total_global_params: 100_000, vocab_size: 256, emb_dim: 64 },
  ...{ bottleneck_dim: 16, n_heads: 4, n_kv_groups: 2, n_layers: 3, hidden_dim: 176 },
  ...{ context_length: 8192, orig_context_length: 131_072, rope_base: 500_000 },
  rope_freq: {
    ...{ factor: 32, low_freq_factor: 1, high_freq_factor: 4 },
    original_context_length: 8192,
  },
  ...{ quantize_activations: false, quantize_activations_grads: false, quantize_weights: false },
};
const MODEL = parseModelConfig({ ...CONFIG, splits: SPLITS }, "small");
const OURS_A_LAYER = 2;
/** The Python miner's pace: ten backwards, a second after each of its steps. */
const LIMIT_S = 900;
const LOOK_MS = 1000;
/** Of a Python miner's output, in characters, where the story fails. */
const LAST_WORDS = 2000;

/** A chunk of which two have different bytes, or that nobody has merged. */
const UNLIKE = /was not merged as it should be|nobody has merged/;

const SETTINGS: SwarmSettings = {
  ...PUBLISHED_SWARM,
  ...{ model: MODEL, batch: BATCH, seq: SEQ, membersOnly: false, rateFactor: Infinity },
  schedule: { peak: 2e-4, warmupSteps: 1, ...PUBLISHED_SCHEDULE },
};

testWhere(why, "published Python miners train and merge, alone and beside ours", async () => {
  await withTempFolder(async (dir) => {
    const log = new KeptLog();
    const place = localPlace(join(dir, "store"), log);
    const orchestrator = await LocalOrchestrator.open(SETTINGS, place);
    const stop = new AbortController();
    const running = orchestrator.run(stop.signal);
    const pythons = await startPythons(dir, orchestrator.url);
    try {
      await until(() => merges(log, /merge \d+, merged by 1 of 1 miners/) >= SPLITS.length);
      const ours = startOurs(orchestrator, place, stop.signal);
      const all = new RegExp(`merged by (\\d) of \\1 miners`);
      const members = OURS_A_LAYER + 1;
      await until(() => merges(log, new RegExp(`merged by ${members} of ${members} miners`)) >= 2);
      assert.isEmpty(log.lines.filter((line) => UNLIKE.test(line)));
      assert.isEmpty(log.lines.filter((line) => /merged by/.test(line) && !all.test(line)));
      const { losses } = await orchestrator.orchestrator.dashboards.overview();
      assert.isBelow(losses[losses.length - 1].mean, losses[0].mean);
      stop.abort();
      await ours;
    } catch (error) {
      throw new Error(`${error}; ${await lastWords(dir)}`, { cause: error });
    } finally {
      stop.abort();
      for (const python of pythons) python.kill("SIGKILL");
      await Promise.all([running, ...pythons.map(({ status }) => status)]);
      await orchestrator.close();
    }
  });
});

function merges({ lines }: KeptLog, text: RegExp): number {
  return lines.filter((line) => text.test(line)).length;
}

async function until(isTrue: () => boolean): Promise<void> {
  const endMs = performance.now() + 1000 * LIMIT_S;
  while (!isTrue()) {
    if (performance.now() > endMs) throw new Error(`not within ${LIMIT_S} s`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

async function startPythons(dir: string, url: string): Promise<Deno.ChildProcess[]> {
  const [model, corpus] = [join(dir, "model.json"), join(dir, "corpus.txt")];
  const fields = { config: CONFIG, splits: SPLITS, seq: SEQ, batch: BATCH };
  await Deno.writeTextFile(model, JSON.stringify(fields));
  await Deno.writeTextFile(corpus, [...mobyDickDocuments()].join("\n"));
  const words = [...(command ?? "").split(" "), url, model, `${2 * LIMIT_S}`];
  return SPLITS.map((_, layer) =>
    new Deno.Command("sh", {
      // The program's name is $0 here: what it says goes into a file.
      args: ["-c", `exec "$0" "$@" > '${pythonLog(dir, layer)}' 2>&1`, ...words],
      env: { CORPUS: corpus, MINER_URI: `//python${layer}`, STORE_URL: url },
    }).spawn()
  );
}

function pythonLog(dir: string, layer: number): string {
  return join(dir, `python${layer}.log`);
}

/** What the Python miners have said last. */
async function lastWords(dir: string): Promise<string> {
  const said = await Promise.all(
    SPLITS.map((_, layer) => Deno.readTextFile(pythonLog(dir, layer))),
  );
  return said.map((text) => text.slice(-LAST_WORDS)).join("\n");
}

/** All on one GPU, until the signal. */
async function startOurs(
  orchestrator: LocalOrchestrator,
  place: ReturnType<typeof localPlace>,
  signal: AbortSignal,
): Promise<void> {
  const gpu = await openGpu(await loadWebGpu("wgpu"));
  const options = { model: MODEL, batch: BATCH, seq: SEQ, tuning: TEST_TUNING, seed: 1 };
  const text = textBatches({ batch: BATCH, seq: SEQ, seed: 1 });
  const own = {
    // Published miners take no activations of another dtype.
    trainerFor: async (layer: number) =>
      await StageTrainer.create(
        await createStage(gpu, { ...options, precision: "bf16", slots: 2 }, layer),
      ),
    nextBatch: () => Promise.resolve(int64Tensor([BATCH, SEQ], text.nextBatch().tokens)),
  };
  const swarm = { orchestrator, place, settings: SETTINGS };
  const count = OURS_A_LAYER * SPLITS.length;
  await Promise.all(Array.from({ length: count }, () => startMiner(swarm, own, signal)));
  gpu.close();
}

/**
 * `deno task bench train`: how fast this machine trains, and how its matrix products compare with
 * those of the WebGPU libraries on npm.
 *
 * @module
 */
import type { Command, CommandContext } from "../../../headless/command.ts";
import { gpuBackend, json } from "../../../headless/common_flags.ts";
import { choice, integer, text, toggle } from "../../../headless/flags.ts";
import { loadWebGpu } from "../../../headless/webgpu.ts";
import { benchTrain, TRAIN_PARTS } from "../../../core/bench/train/train.ts";
import manifest from "../../../package.json" with { type: "json" };
import { loadPeers } from "../peers/peer.ts";
import { goldenSources } from "./golden.ts";
import { checkUse, markdown, rounds, typedCommand } from "../bench_flags.ts";
import { Printer } from "../print_table.ts";
import { copySharedWrites } from "../shared_writes.ts";
import { jsonLines } from "./json_lines.ts";
import { TrainReport } from "./report.ts";

const FLAGS = {
  model: text({
    name: "model",
    placeholder: "MODEL",
    default: "auto",
    description: "A model's name, or auto: the one that deno task mine takes on this machine.",
  }),
  dtype: choice({
    name: "dtype",
    words: ["f32", "bf16"],
    default: "f32",
    description: "Numbers of weights and activations; the products beside the peers' are f32.",
  }),
  rounds,
  steps: integer({
    name: "steps",
    min: 1,
    default: 20,
    description: "Optimizer steps of the training run.",
  }),
  timestamps: toggle({
    name: "timestamps",
    default: true,
    description:
      "Takes the adapter's timestamps; without them programs are repeated and waited for.",
  }),
  markdown,
  gpuBackend,
  json,
};

/** The command. */
export const trainCommand: Command<typeof FLAGS> = {
  name: "train",
  summary:
    "Measures a training step op by op, and its matrix products beside those of other WebGPU " +
    "libraries. Answers are checked first; the exit code is 1 if one is wrong.",
  flags: FLAGS,
  run,
};

async function run({ values, screen }: CommandContext<typeof FLAGS>): Promise<number> {
  checkUse(values);
  const webgpu = await loadWebGpu(values.gpuBackend);
  // The peers find WebGPU here and nowhere else.
  Object.defineProperty(navigator, "gpu", { value: webgpu.gpu, configurable: true });
  if (values.gpuBackend === "dawn") copySharedWrites(GPUQueue.prototype);
  const report = new TrainReport(new Printer(screen, values.markdown), typedCommand(), new Date());
  const { model, rounds, steps, timestamps } = values;
  const options = {
    ...{ model, rounds, steps, timestamps, precision: values.dtype, parts: new Set(TRAIN_PARTS) },
    ...{ version: manifest.version, golden: goldenSources(), loadPeers },
    nowMs: () => performance.now(),
    onStatus: (status: string) => screen.status(status),
  };
  for await (const event of benchTrain(webgpu, options)) {
    if (values.json) { for (const line of jsonLines(event)) screen.printJson(line); }
    else report.show(event);
  }
  screen.endStatus();
  if (!values.json) report.end();
  return 0;
}

/**
 * `deno task bench train`: how fast this machine trains, and how its matrix products compare with
 * those of the WebGPU libraries on npm. It lives below `test/` because the peers do.
 *
 * @module
 */
import { UsageError } from "../../core/errors.ts";
import { type Command, type CommandContext, runAsProcess } from "../../headless/command.ts";
import { gpuBackend, json } from "../../headless/common_flags.ts";
import { choice, integer, text, toggle } from "../../headless/flags.ts";
import { loadWebGpu } from "../../headless/webgpu.ts";
import { Printer } from "./print_table.ts";
import { copySharedWrites } from "./shared_writes.ts";
import { jsonLines } from "./train/json_lines.ts";
import { TrainReport } from "./train/report.ts";
import { benchTrain } from "./train/train.ts";

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
  rounds: integer({
    name: "rounds",
    min: 1,
    default: 5,
    description: "Rounds of which the median is taken.",
  }),
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
  markdown: toggle({
    name: "markdown",
    default: false,
    description: "Writes the tables as Markdown.",
  }),
  gpuBackend,
  json,
};

/** The command. */
export const benchCommand: Command<typeof FLAGS> = {
  name: "bench",
  operands: "train",
  summary:
    "Measures this machine. train: a training step op by op, and its matrix products beside " +
    "those of other WebGPU libraries. Answers are checked first; the exit code is 1 if one is wrong.",
  flags: FLAGS,
  run,
};

async function run({ values, operands, screen }: CommandContext<typeof FLAGS>): Promise<number> {
  if (operands.length !== 1 || operands[0] !== "train") {
    throw new UsageError(
      `bench takes what to measure, expected "train", got "${operands.join(" ")}"`,
    );
  }
  if (values.json && values.markdown) {
    throw new UsageError("--json and --markdown exclude each other: choose one");
  }
  const webgpu = await loadWebGpu(values.gpuBackend);
  // The peers find WebGPU here and nowhere else.
  Object.defineProperty(navigator, "gpu", { value: webgpu.gpu, configurable: true });
  if (values.gpuBackend === "dawn") copySharedWrites(GPUQueue.prototype);
  const command = ["deno task bench", ...Deno.args].join(" ");
  const report = new TrainReport(new Printer(screen, values.markdown), command, new Date());
  const { model, rounds, steps, timestamps } = values;
  const options = {
    ...{ model, rounds, steps, timestamps, precision: values.dtype },
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

if (import.meta.main) await runAsProcess(benchCommand);

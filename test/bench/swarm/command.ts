/**
 * `deno task bench swarm`: what is lost by training as a swarm, in speed and in what is learnt.
 *
 * @module
 */

import type { Command, CommandContext } from "../../../headless/command.ts";
import { gpuBackend, json } from "../../../headless/common_flags.ts";
import { choice, integer, text } from "../../../headless/flags.ts";
import { checkUse, markdown, typedCommand } from "../bench_flags.ts";
import { percent, Printer, threeDigits } from "../print_table.ts";
import { type Efficiency, measureEfficiency } from "./efficiency.ts";
import { compareLikeness, type Likeness } from "./likeness.ts";

/** In units of the noise; the mean of the runs alone is uncertain by half of one. */
const LIKE_WITHIN = 3;

const FLAGS = {
  part: choice({
    name: "part",
    words: ["both", "speed", "likeness"],
    default: "both",
    expected: "both, speed or likeness",
    description: "What to measure.",
  }),
  model: text({
    name: "model",
    placeholder: "MODEL",
    default: "auto",
    description: "For speed: a preset's name, or auto for the one that a node takes here.",
  }),
  dtype: choice({
    name: "dtype",
    words: ["f32", "bf16"],
    default: "f32",
    expected: "f32 or bf16",
    description: "For speed: numbers of weights and activations.",
  }),
  steps: integer({
    name: "steps",
    min: 4,
    default: 200,
    description: "For likeness: optimizer steps.",
  }),
  speedSteps: integer({
    name: "speed.steps",
    min: 1,
    default: 40,
    description: "For speed: optimizer steps that are timed.",
  }),
  stages: integer({
    name: "stages",
    min: 2,
    default: 8,
    description: "For likeness: stages of the model.",
  }),
  miners: integer({
    name: "miners",
    min: 1,
    default: 4,
    description: "For likeness: miners of each stage.",
  }),
  batches: integer({
    name: "batches",
    min: 1,
    default: 10,
    description: "For speed: batches of an optimizer step; the published swarm has ten.",
  }),
  mergeEvery: integer({
    name: "merge-every",
    min: 1,
    default: 10,
    description: "For speed: optimizer steps from one merge to the next.",
  }),
  gpuBackend,
  markdown,
  json,
};

type Context = CommandContext<typeof FLAGS>;

/** The command. */
export const swarmCommand: Command<typeof FLAGS> = {
  name: "swarm",
  summary:
    "Trains as a swarm over HTTP on loopback: first three stages in three processes that share the " +
    "adapter, beside the same stages called directly; then many miners of small stages, beside one " +
    "process that takes the mean of as many steps from the same seed and text, without any network. " +
    "The exit code is 1 if the swarm learns something else.",
  flags: FLAGS,
  run,
};

async function run({ values, screen }: Context): Promise<number> {
  checkUse(values);
  const printer = new Printer(screen, values.markdown);
  const shared = {
    backend: values.gpuBackend,
    log: (line: string) => screen.message(line),
    onStatus: (status: string) => screen.status(status),
  };
  let isLike = true;
  if (!values.json) showHead(printer);
  if (values.part !== "likeness") {
    const { model, dtype: precision, batches, mergeEvery, speedSteps: steps } = values;
    const what = { model, precision, batches, mergeEvery, steps };
    const found = await measureEfficiency({ ...what, ...shared });
    screen.endStatus();
    if (values.json) screen.printJson({ kind: "speed", ...found });
    else showEfficiency(printer, found, mergeEvery);
  }
  if (values.part !== "speed") {
    const { stages, miners: minersPerLayer, steps } = values;
    const { rows, batchesPerStep } = await compareLikeness({
      ...{ stages, minersPerLayer, steps, ...shared },
    });
    screen.endStatus();
    if (values.json) {
      rows.forEach((row) => screen.printJson({ kind: "likeness", batchesPerStep, ...row }));
    } else showLikeness(printer, { rows, batchesPerStep }, values);
    isLike = rows.every(({ mean, noise, swarm }) => Math.abs(swarm - mean) <= LIKE_WITHIN * noise);
  }
  return isLike ? 0 : 1;
}

function showHead(printer: Printer): void {
  const command = typedCommand();
  printer.heading("A swarm on one machine");
  printer.line(`${navigator.hardwareConcurrency} cores, ${new Date().toISOString().slice(0, 10)}`);
  printer.line(printer.markdown ? `\`${command}\`` : command);
}

function showEfficiency(printer: Printer, found: Efficiency, mergeEvery: number): void {
  const { adapter, model, stages, directTokensPerSecond: direct } = found;
  const row = (name: string, rate: number): string[] => [
    name,
    threeDigits(rate),
    percent(rate / direct),
  ];
  printer.line(`${adapter}, model ${model}`);
  printer.table(
    [
      { title: `${stages} stages` },
      { title: "tokens/s", align: "right" },
      { title: "of direct", align: "right" },
    ],
    [
      row("called directly", direct),
      row("in processes of their own, between merges", found.trainingTokensPerSecond),
      row(`the same with a merge every ${mergeEvery} steps`, found.wholeTokensPerSecond),
    ],
  );
}

function showLikeness(
  printer: Printer,
  { rows, batchesPerStep }: Likeness,
  { stages, miners }: { readonly stages: number; readonly miners: number },
): void {
  printer.heading(`${stages} stages, ${miners} miners each, a merge each step`);
  printer.line("loss on unseen text in nats a token; noise is that of the text's order");
  printer.line(`a miner's step in the swarm was over ${batchesPerStep.toFixed(2)} batches`);
  printer.line("single steps: in one process over the batches of all miners, not a mean of theirs");
  printer.table(
    [
      { title: "step", align: "right" },
      { title: "one process", align: "right" },
      { title: "noise", align: "right" },
      { title: "swarm", align: "right" },
      { title: "apart, in noise", align: "right" },
      { title: "single steps", align: "right" },
    ],
    rows.map(({ step, mean, noise, swarm, singleStep }) => [
      `${step}`,
      mean.toFixed(4),
      noise.toFixed(4),
      swarm.toFixed(4),
      ((swarm - mean) / noise).toFixed(2),
      singleStep.toFixed(4),
    ]),
  );
}

/**
 * What a person sees of a training run: a header, a table that grows, and how it ended.
 *
 * @module
 */

import type { Clock } from "../core/host.ts";
import type {
  CheckpointEvent,
  FinishedEvent,
  NodeEvent,
  StartedEvent,
  StepEvent,
} from "../core/node/events.ts";
import type { ChallengeEvent } from "./mine/local_challenges.ts";
import type { Screen } from "./screen.ts";
import { wrapText } from "./text_table.ts";
import { formatBytes, formatCount, formatDuration } from "./units.ts";

/** What the report says that events do not. */
export interface RunFacts {
  readonly runDir: string;
  readonly textName: string;
  /** Tokens of the text, the part for validation included. */
  readonly tokens: number;
  /** Where the picture of the losses is written. */
  readonly chartPath: string;
}

/** Between two looks of the line that is rewritten. */
const REWRITE_MS = 200;
/** Rows of a run whose output is no terminal, besides those with a validation loss. */
const PLAIN_ROWS = 40;

const HEADINGS = [
  "                            tokens  GPU ms of a step",
  "     step    loss     val  /second   fwd  loss   bwd   opt  memory        left",
];

/** Shows the events of one run. */
export class MineReport {
  #started: StartedEvent | undefined;
  #shownAtMs = -Infinity;

  constructor(
    readonly screen: Screen,
    readonly clock: Pick<Clock, "nowMs">,
    readonly facts: RunFacts,
  ) {}

  /** Shows one event; what the node logs itself (a lost GPU, a step left out) is not shown again. */
  show(event: NodeEvent): void {
    if (event.kind === "started") this.#showStart(event);
    else if (event.kind === "step") this.#showStep(event);
    else if (event.kind === "checkpoint") this.#showCheckpoint(event);
    else if (event.kind === "finished") this.#showEnd(event);
  }

  /** Shows one challenge of the compute network. */
  showChallenge({ difficulty, success, elapsedS, score, reason }: ChallengeEvent): void {
    this.screen.endStatus();
    const outcome = success ? `${elapsedS.toFixed(2)} s` : `failed: ${reason}`;
    const line = `challenge of difficulty ${difficulty}: ${outcome}, score ${score.toFixed(4)}`;
    this.screen.print(this.screen.style("dim", line));
  }

  #showStart(event: StartedEvent): void {
    const isFirst = this.#started === undefined;
    this.#started = event;
    this.screen.endStatus();
    if (!isFirst) return this.screen.print(`going on from step ${event.step}`);
    for (const line of this.#header(event)) this.screen.print(line);
    this.screen.print("");
    if (event.step >= event.steps) return;
    for (const line of HEADINGS) this.screen.print(this.screen.style("dim", line));
  }

  #header(event: StartedEvent): string[] {
    const { batch, seq, batchesBeforeMerging, learningRate } = event;
    const adapter = `${event.adapter}, ${event.backend}`;
    const software =
      "This is a software adapter: the CPU does the work of a GPU. The results are " +
      "right, but a GPU is many times faster.";
    return [
      ...this.#headerRow("adapter", event.isSoftware ? `${adapter}. ${software}` : adapter),
      ...this.#headerRow(
        "model",
        `${event.model}, ${formatCount(event.parameters)} parameters, ${event.precision}`,
      ),
      ...this.#headerRow(
        "step",
        `${batchesBeforeMerging} batches of ${batch} samples of ${seq} tokens, ` +
          `peak learning rate ${learningRate}`,
      ),
      ...this.#headerRow("swarm", swarmOf(event)),
      ...this.#headerRow(
        "text",
        `${this.facts.textName}, ${formatCount(this.facts.tokens)} tokens`,
      ),
      ...this.#headerRow(
        "to beat",
        `unigram table ${event.unigramLoss.toFixed(4)}, bigram table ` +
          `${event.bigramLoss.toFixed(4)} nats/token`,
      ),
      // Not wrapped: addresses and paths are there to be copied.
      ...event.url === undefined ? [] : [`${"watch it at".padEnd(12)}${event.url}`],
      `${"run folder".padEnd(12)}${this.facts.runDir}`,
      ...this.#headerRow(
        "progress",
        event.step === 0
          ? `a new run of ${event.steps} steps`
          : `step ${event.step} of ${event.steps}`,
      ),
    ];
  }

  #headerRow(label: string, value: string): string[] {
    return wrapText(value, this.screen.columns - 12)
      .map((line, at) => (at === 0 ? label : "").padEnd(12) + line);
  }

  #showStep(event: StepEvent): void {
    const steps = this.#started?.steps ?? 0;
    const isKept = event.validationLoss !== undefined || event.step >= steps;
    const isPlainRow = event.step % Math.max(1, Math.ceil(steps / PLAIN_ROWS)) === 0;
    if (isKept || (!this.screen.isLive && isPlainRow)) {
      this.screen.endStatus();
      this.screen.print(stepRow(event, steps));
    } else if (this.screen.isLive && this.clock.nowMs() - this.#shownAtMs >= REWRITE_MS) {
      this.#shownAtMs = this.clock.nowMs();
      this.screen.status(stepRow(event, steps));
    }
  }

  #showCheckpoint({ step, sizeBytes }: CheckpointEvent): void {
    const line = `checkpoint of step ${step}, ${formatBytes(sizeBytes)}`;
    this.screen.print(this.screen.style("dim", line));
    const isLast = step >= (this.#started?.steps ?? Infinity);
    if (isLast) this.screen.status("measuring the final loss, then writing a sample");
  }

  #showEnd(event: FinishedEvent): void {
    const { screen } = this;
    const steps = this.#started?.steps ?? event.step;
    screen.endStatus();
    screen.print(
      event.stopped
        ? `\nStopped at step ${event.step} of ${steps}. The same command goes on from there.`
        : `\nDone: ${event.step} steps.`,
    );
    if (event.validationLoss !== undefined) {
      for (const line of this.#verdict(event.validationLoss)) screen.print(line);
    }
    screen.print(`${"loss curve".padEnd(12)}${this.facts.chartPath}`);
    if (event.sample === "") return;
    screen.print("\nThe model writes:");
    for (const line of printable(event.sample).split("\n")) {
      for (const part of wrapText(line, screen.columns - 2)) screen.print(`  ${part}`.trimEnd());
    }
  }

  #verdict(validationLoss: number): string[] {
    const bigramLoss = this.#started?.bigramLoss ?? NaN;
    const distance = validationLoss - bigramLoss;
    const side = distance < 0 ? "below" : "above";
    return this.#headerRow(
      "validation",
      `loss ${validationLoss.toFixed(4)} nats/token, ${
        Math.abs(distance).toFixed(4)
      } ${side} the ` +
        `bigram table's ${bigramLoss.toFixed(4)}`,
    );
  }
}

/** One row below {@linkcode HEADINGS}; `-` where there is no number. */
function stepRow(event: StepEvent, steps: number): string {
  const { gpuMs, validationLoss } = event;
  const phases = gpuMs
    ? [gpuMs.forward, gpuMs.loss, gpuMs.backward, gpuMs.optimizer]
    : [undefined, undefined, undefined, undefined];
  return [
    `${event.step}/${steps}`.padStart(9),
    event.loss.toFixed(4).padStart(8),
    (validationLoss?.toFixed(4) ?? "-").padStart(8),
    formatCount(event.tokensPerSecond).padStart(9),
    ...phases.map((ms) => (ms === undefined ? "-" : formatMs(ms)).padStart(6)),
    formatBytes(event.memoryBytes).padStart(8),
    formatDuration(event.secondsLeft).padStart(12),
  ].join("");
}

function formatMs(ms: number): string {
  return ms < 10 ? ms.toFixed(2) : ms < 100 ? ms.toFixed(1) : ms.toFixed(0);
}

/** A young model writes any byte: control characters would steer the terminal. */
function printable(text: string): string {
  return text.replace(/[^\P{C}\n]/gu, "·");
}

function swarmOf({ minersPerLayer, mergeEvery }: StartedEvent): string {
  const miners = `${minersPerLayer === 1 ? "one miner" : `${minersPerLayer} miners`} a layer`;
  const merges = mergeEvery === 1 ? "each step" : `every ${mergeEvery} steps`;
  return `${miners}, all speak HTTP with an orchestrator, weights are merged ${merges}`;
}

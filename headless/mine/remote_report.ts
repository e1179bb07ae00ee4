/**
 * What a person sees of a miner in a swarm elsewhere: a header, a row for each optimizer step, and
 * how it ended. With `--json` every event is a line.
 *
 * @module
 */

import type { Clock, WallClock } from "../../core/host.ts";
import type { MinerEvent } from "../../core/iota/miner/miner.ts";
import type { Screen } from "../screen.ts";
import { wrapText } from "../text_table.ts";
import { formatBytes } from "../units.ts";
import type { Traffic } from "../../core/node/traffic.ts";
import type { StageFacts } from "../../core/node/trainers.ts";

/** Of a layer, that a merge moves at most: up, down as much in chunks, the merged chunks, and back. */
const LAYER_SIZES = 4;

/** What is mined, where, and as whom. */
export interface StartedEvent {
  readonly kind: "started";
  /** Of the orchestrator. */
  readonly url: string;
  /** Whether the orchestrator is one of Weft's, which holds its answers back until there is work. */
  readonly isWeft: boolean;
  readonly hotkey: string;
  /** Null where no chain was asked. */
  readonly uid: number | null;
  readonly model: string;
  readonly layers: number;
  readonly batch: number;
  readonly seq: number;
  readonly batchesBeforeMerging: number;
  /** Backwards before the miner's own optimizer step. */
  readonly localOptimizerSteps: number;
  readonly weightsDtype: string;
  readonly maxCachedActivations: number;
  /** Of the weights before the first merge. */
  readonly seed: number;
  readonly precision: string;
  /** Where the health endpoint is. */
  readonly health?: string;
}

/** All that may happen. */
export type RemoteEvent =
  | StartedEvent
  | MinerEvent
  | ({ readonly kind: "stage" } & StageFacts)
  | { readonly kind: "device lost"; readonly reason: string }
  | ({ readonly kind: "finished" } & Totals);

/** What a miner has done since it was started. */
export interface Totals {
  readonly forwards: number;
  readonly backwards: number;
  /** Pieces of work that came to nothing. */
  readonly lost: number;
  readonly steps: number;
  readonly merges: number;
  /** Bytes of all requests and answers. */
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

/** Between two looks of the line that is rewritten. */
const REWRITE_MS = 200;
/** Width of the header's labels. */
const LABEL = 14;

const HEADINGS =
  "layer     step  forwards  backwards    loss      rate     norm  merges      sent  received";

/** Shows the events of one run. */
export class RemoteReport {
  #totals = { forwards: 0, backwards: 0, lost: 0, steps: 0, merges: 0 };
  #layer: number | undefined;
  /** Of the last layer, since the last row. */
  #losses: number[] = [];
  #rate: number | undefined;
  #norm: number | undefined;
  /** The optimizer's own count. */
  #step = 0;
  #shownAtMs = -Infinity;
  #hasHeadings = false;
  /** Of weights that were loaded; no news if they come of a merge in which the miner took part. */
  #loaded: string | undefined;

  constructor(
    readonly screen: Screen,
    readonly time: { readonly clock: Pick<Clock, "nowMs">; readonly wallClock: WallClock },
    readonly traffic: Traffic,
    readonly isJson: boolean,
  ) {}

  get totals(): Totals {
    const { sentBytes, receivedBytes } = this.traffic;
    return { ...this.#totals, sentBytes, receivedBytes };
  }

  /** Shows one event; what the miner logs itself (lost work, a lost GPU) is not shown again. */
  show(event: RemoteEvent): void {
    this.#count(event);
    if (this.isJson) {
      return this.screen.printJson({ ...event, unixMs: this.time.wallClock.unixMs() });
    }
    if (this.#loaded !== undefined && event.kind !== "merged") this.#note(this.#loaded);
    this.#loaded = undefined;
    switch (event.kind) {
      case "started":
        return this.#showStart(event);
      case "stage":
        return this.#showStage(event);
      case "step":
        return this.#printRow();
      case "weights loaded":
        this.#loaded = `layer ${event.layer}: the weights of merge ${event.epoch} are loaded`;
        return;
      case "merged":
        return this.#note(
          `layer ${event.layer}: merge ${event.epoch}, ${formatBytes(event.uploadedBytes)} sent, ` +
            `${formatBytes(event.downloadedBytes)} received, ` +
            `of about ${formatBytes(LAYER_SIZES * event.layerBytes)} at most`,
        );
      case "forward":
      case "backward":
        return this.#refresh();
      case "finished":
        return this.#showEnd(event);
    }
  }

  #count(event: RemoteEvent): void {
    const totals = this.#totals;
    if (event.kind === "registered") this.#layer = event.layer;
    else if (event.kind === "forward") {
      totals.forwards += 1;
      if (event.loss !== undefined) this.#losses.push(event.loss);
    } else if (event.kind === "backward") totals.backwards += 1;
    else if (event.kind === "lost") totals.lost += 1;
    else if (event.kind === "merged") totals.merges += 1;
    else if (event.kind === "step") {
      totals.steps += event.applied ? 1 : 0;
      this.#rate = event.learningRate;
      this.#norm = event.norm;
      this.#step = event.step;
    }
  }

  #showStart(event: StartedEvent): void {
    const { url, isWeft, hotkey, uid, model, layers, precision, batch, seq } = event;
    const rows: readonly (readonly [label: string, value: string])[] = [
      ["orchestrator", isWeft ? url : `${url}, at the published pace`],
      ["hotkey", uid === null ? hotkey : `${hotkey}, uid ${uid}`],
      ["model", `${model} in ${layers} layers, ${precision}`],
      [
        "batch",
        `${batch} ${batch === 1 ? "sample" : "samples"} of ${seq} tokens, ` +
        `${event.batchesBeforeMerging} batches before merging`,
      ],
      ...event.health === undefined ? [] : [["health", event.health] as const],
    ];
    for (const [label, value] of rows) this.#headerRow(label, value);
    this.screen.status("registering");
  }

  #showStage({ layer, parameters, adapter, backend, isSoftware, memoryBytes }: StageFacts): void {
    const speed = isSoftware ? "; the CPU does the work of a GPU, which is many times faster" : "";
    this.#headerRow(
      "stage",
      `layer ${layer}, ${parameters.toLocaleString("en")} parameters, ` +
        `${formatBytes(memoryBytes)} on ${adapter}, ${backend}${speed}`,
    );
  }

  #headerRow(label: string, value: string): void {
    for (const [at, line] of wrapText(value, this.screen.columns - LABEL).entries()) {
      this.screen.print((at === 0 ? label : "").padEnd(LABEL) + line);
    }
  }

  #note(line: string): void {
    this.screen.print(this.screen.style("dim", line));
  }

  #printRow(): void {
    const { screen } = this;
    if (!this.#hasHeadings) {
      this.#hasHeadings = true;
      screen.print("");
      screen.print(screen.style("dim", HEADINGS));
    }
    screen.endStatus();
    screen.print(this.#row());
    this.#losses = [];
  }

  #refresh(): void {
    const nowMs = this.time.clock.nowMs();
    if (!this.screen.isLive || nowMs - this.#shownAtMs < REWRITE_MS) return;
    this.#shownAtMs = nowMs;
    this.screen.status(this.#row());
  }

  /** One row below {@linkcode HEADINGS}; `-` where there is no number. */
  #row(): string {
    const { forwards, backwards, merges, sentBytes, receivedBytes } = this.totals;
    const losses = this.#losses;
    const loss = losses.reduce((sum, each) => sum + each, 0) / losses.length;
    return [
      `${this.#layer ?? "-"}`.padStart(5),
      `${this.#step}`.padStart(9),
      `${forwards}`.padStart(10),
      `${backwards}`.padStart(11),
      (losses.length === 0 ? "-" : loss.toFixed(4)).padStart(8),
      (this.#rate?.toPrecision(3) ?? "-").padStart(10),
      (this.#norm?.toFixed(4) ?? "-").padStart(9),
      `${merges}`.padStart(8),
      formatBytes(sentBytes).padStart(10),
      formatBytes(receivedBytes).padStart(10),
    ].join("");
  }

  #showEnd({ forwards, backwards, lost, steps, merges, sentBytes, receivedBytes }: Totals): void {
    this.screen.endStatus();
    const counts = [
      counted(forwards, "forward"),
      counted(backwards, "backward"),
      ...lost === 0 ? [] : [`${lost} in vain`],
      counted(steps, "step"),
      counted(merges, "merge"),
    ].join(", ");
    this.screen.print(
      `\nStopped: ${counts}; ${formatBytes(sentBytes)} sent, ${
        formatBytes(receivedBytes)
      } received.`,
    );
  }
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

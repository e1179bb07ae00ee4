/**
 * What `deno task orchestrate` tells while it runs: one line that is rewritten, or lines of JSON.
 *
 * @module
 */

import type { Clock, Log } from "../../core/host.ts";
import type { Dashboards } from "../../core/iota/orchestrator/dashboards.ts";
import type { Overview } from "../../core/iota/orchestrator/overview.ts";
import type { Screen } from "../screen.ts";

const STATUS_EVERY_MS = 2000;

/** One letter for what a layer does. */
const PHASE_LETTERS = {
  is_training: "T",
  weights_uploading: "U",
  miners_merging_partitions: "M",
} as const;

/** What is known at the start. */
export interface StartedLine {
  readonly kind: "started";
  readonly url: string;
  readonly publicUrl: string;
  readonly hotkey: string;
  readonly version: string;
  readonly model: string;
  readonly layers: number;
  readonly netuid: number;
}

/** See the module. */
export class OrchestrateReport {
  readonly #screen: Screen;
  readonly #isJson: boolean;
  readonly #everyMs: number;
  #lastEvent = 0;

  constructor(screen: Screen, options: { readonly isJson: boolean; readonly everyMs: number }) {
    this.#screen = screen;
    this.#isJson = options.isJson;
    this.#everyMs = options.isJson ? options.everyMs : STATUS_EVERY_MS;
  }

  /** Tells where it listens. */
  started(line: StartedLine): void {
    const { url, publicUrl, hotkey, model, layers, netuid, version } = line;
    if (this.#isJson) return this.#screen.printJson(line);
    this.#screen.print(
      `Orchestrator of ${model} in ${layers} layers, subnet ${netuid}, version ${version}\n` +
        `Hotkey     ${hotkey}\n` +
        `Page       ${url}/\n` +
        `Miners     ${publicUrl}`,
    );
  }

  /** Tells how the swarm does, again and again until it is stopped. */
  async follow(
    dashboards: Pick<Dashboards, "overview">,
    { clock, log }: { readonly clock: Clock; readonly log: Log },
    signal: AbortSignal,
  ): Promise<void> {
    while (!signal.aborted && (this.#isJson || this.#screen.isLive)) {
      try {
        this.#show(await dashboards.overview());
      } catch (error) {
        log.warn(
          `the swarm cannot be shown now: ${error instanceof Error ? error.message : error}`,
        );
      }
      await clock.sleep(this.#everyMs, signal);
    }
    this.#screen.endStatus();
  }

  #show(overview: Overview): void {
    if (!this.#isJson) return this.#screen.status(statusLine(overview));
    // The curve and the merges of the whole run are for the page; here each line is one moment.
    const { events, losses: _, merges: __, ...moment } = overview;
    for (const event of events.filter(({ sequence }) => sequence > this.#lastEvent).reverse()) {
      const { kind: what, ...rest } = event;
      this.#screen.printJson({ kind: "event", what, ...rest });
    }
    this.#lastEvent = events[0]?.sequence ?? this.#lastEvent;
    this.#screen.printJson({ kind: "overview", ...moment });
  }
}

/** The swarm in one line: loss, speed, miners, merges, and a letter for each layer's phase. */
export function statusLine({ totals, layers, credit }: Overview): string {
  const { loss, batchesPerMinute, miners, activeMiners, merges } = totals;
  const phases = layers.map(({ phase }) => PHASE_LETTERS[phase]).join("");
  const outliers = credit.outliers.length;
  return [
    `loss ${loss === null ? "–" : loss.toFixed(3)}`,
    `${batchesPerMinute.toFixed(1)} batches/min`,
    `${activeMiners} of ${miners} miners`,
    `${merges} ${merges === 1 ? "merge" : "merges"}`,
    `layers ${phases}`,
    ...outliers === 0 ? [] : [`${outliers} ${outliers === 1 ? "outlier" : "outliers"}`],
  ].join(" · ");
}

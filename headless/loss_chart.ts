/**
 * Keeps the picture of a run's losses up to date.
 *
 * @module
 */

import type { Storage } from "../core/host.ts";
import type { NodeEvent, StartedEvent } from "../core/node/events.ts";
import { lossPoints } from "./loss_points.ts";
import { lossSvg } from "./loss_svg.ts";

/** Name of the picture in a run's storage. */
export const CHART_NAME = "loss.svg";
/** Where the node records its steps. */
const METRICS_NAME = "metrics.jsonl";

/** Draws the picture anew at every checkpoint and at the end. */
export class LossChart {
  #started: StartedEvent | undefined;

  constructor(readonly storage: Storage) {}

  /** Takes one event of the run. */
  async take(event: NodeEvent): Promise<void> {
    if (event.kind === "started") this.#started = event;
    if (!this.#started || (event.kind !== "checkpoint" && event.kind !== "finished")) return;
    const { model, precision, unigramLoss, bigramLoss } = this.#started;
    const points = lossPoints(await this.storage.readRecords(METRICS_NAME));
    const title = `${model}, ${precision}`;
    const svg = lossSvg(points, { title, unigramLoss, bigramLoss });
    await this.storage.writeBlob(CHART_NAME, once(new TextEncoder().encode(svg)));
  }
}

async function* once(bytes: Uint8Array<ArrayBuffer>): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  yield await Promise.resolve(bytes);
}

/**
 * The merges of all layers, told by the phases that the journal of events names.
 *
 * @module
 */

import type { EventEntry } from "./journal_entries.ts";

/** One merge of one layer. Times are in milliseconds since 1970. */
export interface MergeSession {
  readonly layer: number;
  /** Merges done before it. */
  readonly merge: number;
  readonly startMs: number;
  /** When all that was awaited had uploaded, and chunks were dealt out. */
  readonly uploadedMs: number | null;
  readonly endMs: number | null;
  readonly status: "running" | "completed" | "failed";
}

/** Follows the phases of all layers; keeps the latest merges. */
export class MergeTimeline {
  readonly #most: number;
  readonly #ended: MergeSession[] = [];
  readonly #running = new Map<number, MergeSession>();

  constructor(most = 240) {
    this.#most = most;
  }

  /** Takes the next event; only changes of phase matter. */
  add({ layer, phase, merges, timeMs }: EventEntry): void {
    if (layer === null || phase === undefined) return;
    const running = this.#running.get(layer);
    if (phase === "weights_uploading") {
      if (running) this.#end(running, timeMs, "failed");
      this.#running.set(layer, begun(layer, merges ?? 0, timeMs));
    } else if (phase === "miners_merging_partitions") {
      const session = running ?? begun(layer, merges ?? 0, timeMs);
      this.#running.set(layer, { ...session, uploadedMs: timeMs });
    } else if (running) {
      this.#end(running, timeMs, (merges ?? 0) > running.merge ? "completed" : "failed");
    }
  }

  /** All that is known, by their begin. */
  sessions(): MergeSession[] {
    return [...this.#ended, ...this.#running.values()].sort((a, b) => a.startMs - b.startMs);
  }

  #end(session: MergeSession, endMs: number, status: MergeSession["status"]): void {
    this.#running.delete(session.layer);
    this.#ended.push({ ...session, endMs, status });
    if (this.#ended.length > this.#most) this.#ended.shift();
  }
}

function begun(layer: number, merge: number, startMs: number): MergeSession {
  return { layer, merge, startMs, uploadedMs: null, endMs: null, status: "running" };
}

/**
 * What the journals say of a swarm, in a bounded memory: read on when somebody asks, so that a swarm
 * that no one looks at costs nothing.
 *
 * @module
 */

import * as v from "valibot";
import type { Clock } from "../../host.ts";
import { Clasp, type CreditReport } from "./clasp.ts";
import { EventEntry, LossEntry, PathwayEntry } from "./journal_entries.ts";
import { JournalReader } from "./journal_reader.ts";
import { LossCurve } from "./loss_curve.ts";
import { MergeTimeline } from "./merge_timeline.ts";
import type { EventView } from "./overview.ts";
import { EVENTS, LOSSES, PATHWAYS } from "./records.ts";
import type { Journals } from "./state.ts";

/** Entries that one look reads of each journal; a long past is caught up with over several. */
const READ_AT_ONCE = 5000;
const PATHWAY_BACKLOG = 4096;
const EVENT_BACKLOG = 2000;
const SHOWN_EVENTS = 60;
/** Estimating takes some tens of milliseconds. */
const CREDIT_AGE_MS = 5000;

/** See the module. */
export class SwarmHistory {
  readonly curve = new LossCurve();
  readonly timeline = new MergeTimeline();
  /** The latest pathways, oldest first. */
  readonly pathways: PathwayEntry[] = [];
  /** The latest events, the latest first. */
  events: EventView[] = [];
  readonly #clasp = new Clasp({ window: PATHWAY_BACKLOG });
  readonly #clock: Clock;
  readonly #losses: JournalReader;
  readonly #pathways: JournalReader;
  readonly #events: JournalReader;
  #credit: { readonly report: CreditReport; readonly untilMs: number } | undefined;

  constructor(journals: Journals, clock: Clock) {
    this.#clock = clock;
    this.#losses = new JournalReader(journals, LOSSES, Infinity);
    this.#pathways = new JournalReader(journals, PATHWAYS, PATHWAY_BACKLOG);
    this.#events = new JournalReader(journals, EVENTS, EVENT_BACKLOG);
  }

  /** Reads what is new. Not to be called again before it has ended. */
  async catchUp(): Promise<void> {
    const [losses, pathways, events] = await Promise.all([
      this.#losses.readNew(READ_AT_ONCE),
      this.#pathways.readNew(READ_AT_ONCE),
      this.#events.readNew(READ_AT_ONCE),
    ]);
    for (const { value } of losses) this.#takeLoss(value);
    for (const { value } of pathways) this.#takePathway(value);
    const shown = events.flatMap(({ sequence, value }) => this.#takeEvent(sequence, value));
    this.events = [...shown.reverse(), ...this.events].slice(0, SHOWN_EVENTS);
  }

  /** The credit, not older than some seconds. */
  credit(): CreditReport {
    const nowMs = this.#clock.nowMs();
    if (this.#credit === undefined || nowMs >= this.#credit.untilMs) {
      this.#credit = { report: this.#clasp.report(), untilMs: nowMs + CREDIT_AGE_MS };
    }
    return this.#credit.report;
  }

  #takeLoss(value: unknown): void {
    const loss = v.safeParse(LossEntry, value);
    if (loss.success) this.curve.add(loss.output.timestamp * 1000, loss.output.loss_value);
  }

  #takePathway(value: unknown): void {
    const pathway = v.safeParse(PathwayEntry, value);
    if (!pathway.success) return;
    this.#clasp.add(pathway.output);
    this.pathways.push(pathway.output);
    if (this.pathways.length > PATHWAY_BACKLOG) this.pathways.shift();
  }

  #takeEvent(sequence: number, value: unknown): EventView[] {
    const event = v.safeParse(EventEntry, value);
    if (!event.success) return [];
    this.timeline.add(event.output);
    const { timeMs, kind, layer, hotkey, text } = event.output;
    return [{ sequence, timeMs, kind, layer, hotkey, text }];
  }
}

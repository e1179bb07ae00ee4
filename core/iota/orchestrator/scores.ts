/**
 * What miners have earned: one point for being there, and what validators have found lately.
 *
 * @module
 */

import * as v from "valibot";
import { MinerScores } from "../api/schemas.ts";
import { Refusal } from "../api/service.ts";
import type { OrchestratorContext } from "./context.ts";
import { JournalReader } from "./journal_reader.ts";
import { listRecords, MINERS, SCORES } from "./records.ts";

/** Points of a miner that is registered. */
const PRESENCE = 1;
/** A validator's points for one miner in one submission lie within this. */
const MAX_POINTS = 1000;
/** Submissions that are read at a time, and of the past. */
const READ_AT_ONCE = 1000;
const BACKLOG = 10_000;

/** One submission. */
const ScoresEntry = v.object({ timeMs: v.number(), validator: v.string(), scores: MinerScores });
type ScoresEntry = v.InferOutput<typeof ScoresEntry>;

/** See the module. */
export class Scores {
  readonly #context: OrchestratorContext;
  readonly #reader: JournalReader;
  /** Those that count still, oldest first. */
  #entries: ScoresEntry[] = [];
  /** One look at a time: each moves the reader on. */
  #looking: Promise<void> = Promise.resolve();

  constructor(context: OrchestratorContext) {
    this.#context = context;
    this.#reader = new JournalReader(context.state.journals, SCORES, BACKLOG);
  }

  /**
   * Takes what a validator has found, by uid.
   * @throws {Refusal} 422 for points that no validator gives
   */
  async submit(validator: string, scores: MinerScores): Promise<void> {
    for (const [uid, points] of Object.entries(scores)) {
      if (Math.abs(points) <= MAX_POINTS) continue;
      throw new Refusal(422, `The score of uid ${uid} is beyond ${MAX_POINTS}`);
    }
    const { state, wallClock } = this.#context;
    await state.journals.append(SCORES, { timeMs: wallClock.unixMs(), validator, scores });
  }

  /** By uid: one point, and what was submitted within the time that scores are good for. */
  async global(): Promise<MinerScores> {
    this.#looking = this.#looking.then(() => this.#look(), () => this.#look());
    await this.#looking;
    const miners = await listRecords(this.#context.state.records, MINERS);
    const points = new Map<string, number>();
    for (const { uid } of miners) if (uid !== null) points.set(`${uid}`, PRESENCE);
    for (const { scores } of this.#entries) {
      for (const [uid, score] of Object.entries(scores)) {
        const now = points.get(uid);
        // Who has gone has nothing to be paid for.
        if (now !== undefined) points.set(uid, now + score);
      }
    }
    return Object.fromEntries(points);
  }

  async #look(): Promise<void> {
    const { wallClock, settings: { scoreValidityMs } } = this.#context;
    for (;;) {
      const found = await this.#reader.readNew(READ_AT_ONCE);
      for (const { value } of found) {
        const read = v.safeParse(ScoresEntry, value);
        if (read.success) this.#entries.push(read.output);
      }
      if (found.length < READ_AT_ONCE) break;
    }
    const sinceMs = wallClock.unixMs() - scoreValidityMs;
    this.#entries = this.#entries.filter(({ timeMs }) => timeMs >= sinceMs);
  }
}

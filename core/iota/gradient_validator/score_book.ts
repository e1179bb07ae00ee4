/**
 * Scores that the orchestrator has not got yet. What cannot be submitted is kept for the next time.
 *
 * @module
 */

import type { Log } from "../../host.ts";
import type { OrchestratorLink } from "./orchestrator_link.ts";

/** What {@linkcode ScoreBook} works with. */
export interface ScoreBookOptions {
  readonly client: OrchestratorLink;
  /** The uid of a hotkey in the subnet; undefined if it is not registered there. */
  readonly uidOf: (hotkey: string) => Promise<number | undefined>;
  readonly log: Log;
}

/** See the module. */
export class ScoreBook {
  /** By hotkey: a miner that was tracked twice has the sum. */
  readonly #unsent = new Map<string, number>();

  constructor(readonly options: ScoreBookOptions) {}

  /** Adds what a miner has earned. */
  add(hotkey: string, score: number): void {
    this.#unsent.set(hotkey, (this.#unsent.get(hotkey) ?? 0) + score);
  }

  /** Submits what is not submitted yet; a failure is logged. @returns what was submitted, by uid */
  async submit(): Promise<Record<string, number> | undefined> {
    if (this.#unsent.size === 0) return undefined;
    const sent = [...this.#unsent];
    this.#unsent.clear();
    try {
      const scores = await this.#byUid(sent);
      if (Object.keys(scores).length > 0) {
        await this.options.client.ask("submitScores", { body: scores });
      }
      return scores;
    } catch (error) {
      for (const [hotkey, score] of sent) this.add(hotkey, score);
      if (!(error instanceof Error)) throw error;
      this.options.log.warn(`scores were not submitted, and are kept: ${error.message}`);
      return undefined;
    }
  }

  async #byUid(
    entries: readonly [hotkey: string, score: number][],
  ): Promise<Record<string, number>> {
    const scores: Record<string, number> = {};
    for (const [hotkey, score] of entries) {
      const uid = await this.options.uidOf(hotkey);
      if (uid !== undefined) scores[`${uid}`] = score;
      else this.options.log.info(`miner ${hotkey.slice(0, 8)} has no uid: its score is dropped`);
    }
    return scores;
  }
}

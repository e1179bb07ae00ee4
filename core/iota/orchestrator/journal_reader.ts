/**
 * Reads what has come into a journal since the last look, a bounded piece at a time.
 *
 * @module
 */

import type { Journals, Json } from "./state.ts";

/** See the module. */
export class JournalReader {
  readonly #journals: Journals;
  readonly #journal: string;
  readonly #backlog: number;
  #sequence: number | undefined;

  /** @param backlog entries of the past that the first look begins with; infinity for all */
  constructor(journals: Journals, journal: string, backlog: number) {
    this.#journals = journals;
    this.#journal = journal;
    this.#backlog = backlog;
  }

  /** New entries, oldest first; at most `limit` beside the backlog. */
  async readNew(limit: number): Promise<{ sequence: number; value: Json }[]> {
    const isFirst = this.#sequence === undefined;
    const entries = isFirst && this.#backlog !== Infinity
      ? await this.#journals.last(this.#journal, this.#backlog)
      : await this.#journals.after(this.#journal, this.#sequence ?? 0, limit);
    this.#sequence = entries.at(-1)?.sequence ?? this.#sequence ?? 0;
    return entries;
  }
}

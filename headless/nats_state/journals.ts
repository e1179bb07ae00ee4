/**
 * Journals as streams of NATS, one each, so that their entries are numbered without gaps.
 *
 * @module
 */

import { DiscardPolicy, RetentionPolicy, StorageType, type StreamState } from "@nats-io/jetstream";
import type { JournalEntry, Journals, Json } from "../../core/iota/orchestrator/state.ts";
import { checkedName } from "../../core/iota/orchestrator/state_names.ts";
import { isMissingStream, type NatsLink } from "./link.ts";

/** Entries that are asked for at once. */
const READ_AT_ONCE = 256;

/** See the module. */
export class NatsJournals implements Journals {
  readonly #link: NatsLink;
  /** By journal: when its stream is there. */
  readonly #ready = new Map<string, Promise<void>>();

  constructor(link: NatsLink) {
    this.#link = link;
  }

  async append(journal: string, value: Json): Promise<number> {
    const json = JSON.stringify(value);
    await this.#ensure(checkedName("journal", journal));
    // By its id an entry whose answer was lost is not written twice.
    const msgID = crypto.randomUUID();
    const subject = this.#subject(journal);
    return (await this.#link.ask(() => this.#link.js.publish(subject, json, { msgID }))).seq;
  }

  async after(journal: string, sequence: number, limit: number): Promise<JournalEntry[]> {
    const state = await this.#state(checkedName("journal", journal));
    if (state === undefined) return [];
    const begin = Math.max(sequence + 1, state.first_seq);
    return await this.#read(journal, begin, Math.min(begin + limit - 1, state.last_seq));
  }

  async last(journal: string, count: number): Promise<JournalEntry[]> {
    const state = await this.#state(checkedName("journal", journal));
    if (state === undefined) return [];
    const begin = Math.max(state.last_seq - count + 1, state.first_seq);
    return await this.#read(journal, begin, state.last_seq);
  }

  /** Entries of two sequence numbers and between; what an administrator has removed is left out. */
  async #read(journal: string, first: number, end: number): Promise<JournalEntry[]> {
    const stream = this.#stream(journal);
    const entries: JournalEntry[] = [];
    // An empty stream says that its first entry has the number 0.
    const begin = Math.max(first, 1);
    for (let from = begin; from <= end; from += READ_AT_ONCE) {
      const length = Math.min(READ_AT_ONCE, end - from + 1);
      const reads = Array.from(
        { length },
        (_, index) => this.#link.message(stream, from + index),
      );
      for (const message of await Promise.all(reads)) {
        if (message) entries.push({ sequence: message.seq, value: JSON.parse(message.string()) });
      }
    }
    return entries;
  }

  #ensure(journal: string): Promise<void> {
    let ready = this.#ready.get(journal);
    if (ready === undefined) {
      ready = this.#link.ensureStream({
        name: this.#stream(journal),
        subjects: [this.#subject(journal)],
        retention: RetentionPolicy.Limits,
        storage: StorageType.File,
        discard: DiscardPolicy.New,
        allow_direct: this.#link.address.replicas === 1,
      });
      this.#ready.set(journal, ready);
      ready.catch(() => this.#ready.delete(journal));
    }
    return ready;
  }

  /** What the journal's stream has; undefined if there is none yet. */
  async #state(journal: string): Promise<StreamState | undefined> {
    return await this.#link.ask(async () => {
      try {
        return (await this.#link.jsm.streams.info(this.#stream(journal))).state;
      } catch (error) {
        if (isMissingStream(error)) return undefined;
        throw error;
      }
    });
  }

  #stream(journal: string): string {
    return `${this.#link.address.name}-journal-${journal.replaceAll(".", "=")}`;
  }

  #subject(journal: string): string {
    return `${this.#link.address.name}.journal.${journal.replaceAll(".", "=")}`;
  }
}

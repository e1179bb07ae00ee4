/**
 * A copy of a NATS bucket in this process, for reading many records at once.
 *
 * @module
 */

import type { KV, KvWatchEntry } from "@nats-io/kv";
import { errors } from "@nats-io/transport-node";
import type { Clock } from "../../core/host.ts";
import type { Entry } from "../../core/iota/orchestrator/state.ts";
import type { NatsLink } from "./link.ts";

/** How long the mark of a removed record stays, so that every copy hears of it. */
const MARK_MS = 600_000;
const SWEEP_MS = 60_000;
/** After this time without what must come, it is asked for anew. */
const STUCK_MS = 2000;

/** What is copied. */
interface MirrorParts {
  readonly link: NatsLink;
  readonly bucket: KV;
  /** Name of the bucket's stream. */
  readonly stream: string;
  readonly clock: Clock;
}

/**
 * See the module. A list waits until the copy has all that the server had when it was asked, so it
 * is never older than that.
 */
export class BucketMirror {
  readonly #parts: MirrorParts;
  /** Records by the first word of their names: JSON and revision by name. */
  readonly #groups = new Map<string, Map<string, { json: string; revision: number }>>();
  /** Marks of removed records that this process sweeps: revision and age by name, oldest first. */
  readonly #marks = new Map<string, { revision: number; sinceMs: number }>();
  readonly #stop = new AbortController();
  readonly #waiting = new Set<() => void>();
  /** The last revision of the bucket that the copy has. */
  #applied = 0;
  #watch: { stop(): void } | undefined;

  constructor(parts: MirrorParts) {
    this.#parts = parts;
  }

  /** Begins to follow the bucket. */
  async start(): Promise<void> {
    await this.#follow();
    // Should that fail, a list finds the copy stuck.
    this.#parts.link.onReconnect(() => void this.#follow().catch(() => {}));
    void this.#sweepMarks();
  }

  /** What the bucket has below a prefix, by name. */
  async list(prefix: string): Promise<Map<string, Entry>> {
    await this.#catchUp();
    const start = `${prefix}.`;
    const group = this.#groups.get(prefix.split(".")[0]) ?? [];
    const found = [...group].filter(([name]) => name.startsWith(start));
    found.sort(([a], [b]) => a < b ? -1 : 1);
    return new Map(
      found.map(([name, { json, revision }]) => [name, { value: JSON.parse(json), revision }]),
    );
  }

  /** Takes care of the mark that this process has set in place of a record. */
  sweepLater(name: string, revision: number): void {
    this.#marks.set(name, { revision, sinceMs: this.#parts.clock.nowMs() });
  }

  stop(): void {
    this.#stop.abort();
    this.#watch?.stop();
  }

  async #follow(): Promise<void> {
    const { link, bucket } = this.#parts;
    const watch = await link.ask(() =>
      bucket.watch(this.#applied === 0 ? {} : { resumeFromRevision: this.#applied + 1 })
    );
    this.#watch?.stop();
    this.#watch = watch;
    if (this.#stop.signal.aborted) watch.stop();
    const read = async (): Promise<void> => {
      for await (const entry of watch) this.#apply(entry);
    };
    read().catch(() => {});
  }

  /** Entries come in the order of revisions; after a reconnection some come twice. */
  #apply(entry: KvWatchEntry): void {
    const { key: name, revision, operation, isUpdate } = entry;
    if (revision <= this.#applied) return;
    this.#applied = revision;
    const word = name.split(".")[0];
    const group = this.#groups.get(word) ?? new Map();
    this.#groups.set(word, group);
    if (operation === "PUT") {
      group.set(name, { json: entry.string(), revision });
      this.#marks.delete(name);
    } else {
      group.delete(name);
      // What a process left that is gone.
      if (!isUpdate) this.sweepLater(name, revision);
    }
    for (const look of this.#waiting) look();
  }

  /** Waits until the copy has what the server has now. */
  async #catchUp(): Promise<void> {
    const { link, stream } = this.#parts;
    const { state } = await link.ask(() => link.jsm.streams.info(stream));
    await link.ask(async () => {
      if (await this.#reaches(state.last_seq)) return;
      await this.#follow();
      throw new errors.TimeoutError();
    });
  }

  /** Whether the copy has a revision, soon. */
  async #reaches(revision: number): Promise<boolean> {
    if (this.#applied >= revision) return true;
    const end = new AbortController();
    const look = (): void => {
      if (this.#applied >= revision) end.abort();
    };
    this.#waiting.add(look);
    await this.#parts.clock.sleep(STUCK_MS, end.signal);
    this.#waiting.delete(look);
    return this.#applied >= revision;
  }

  /** Without this the server would keep the name of every record that ever was. */
  async #sweepMarks(): Promise<void> {
    const { link, stream, clock } = this.#parts;
    const { signal } = this.#stop;
    for (;;) {
      await clock.sleep(SWEEP_MS, signal);
      for (const [name, { revision, sinceMs }] of this.#marks) {
        if (signal.aborted || clock.nowMs() - sinceMs < MARK_MS) break;
        // A copy that begins waits for the last revision, which must not vanish.
        if (revision >= this.#applied) continue;
        this.#marks.delete(name);
        // Another record may be in its place by now; then there is no such message.
        await link.ask(() => link.jsm.streams.deleteMessage(stream, revision, false))
          .catch(() => {});
      }
      if (signal.aborted) return;
    }
  }
}

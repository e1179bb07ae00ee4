/**
 * Records in a key-value bucket of NATS. Revisions are its sequence numbers.
 *
 * @module
 */

import { type KV, Kvm } from "@nats-io/kv";
import { headers } from "@nats-io/transport-node";
import type { Clock } from "../../core/host.ts";
import type { Entry, Json, Records } from "../../core/iota/orchestrator/state.ts";
import { checkedName } from "../../core/iota/orchestrator/state_names.ts";
import { isWrongSequence, type NatsLink } from "./link.ts";
import { BucketMirror } from "./mirror.ts";

/** What the bucket writes in place of a record that is removed. */
const REMOVED = { header: "KV-Operation", value: "DEL" };

/** See the module. */
export class NatsRecords implements Records {
  readonly #link: NatsLink;
  readonly #name: string;
  readonly #bucket: KV;
  readonly #mirror: BucketMirror;

  private constructor(link: NatsLink, name: string, bucket: KV, mirror: BucketMirror) {
    this.#link = link;
    this.#name = name;
    this.#bucket = bucket;
    this.#mirror = mirror;
  }

  /** Opens the bucket, and makes it where there is none. */
  static async open(link: NatsLink, clock: Clock): Promise<NatsRecords> {
    const name = `${link.address.name}-records`;
    const { replicas } = link.address;
    const bucket = await link.ask(() =>
      new Kvm(link.js).create(name, {
        history: 1,
        replicas,
        // A copy may be behind: only where there is one does any server answer a read.
        allow_direct: replicas === 1,
      })
    );
    const mirror = new BucketMirror({ link, bucket, stream: `KV_${name}`, clock });
    await mirror.start();
    return new NatsRecords(link, name, bucket, mirror);
  }

  async get(name: string): Promise<Entry | undefined> {
    checkedName("record", name);
    const entry = await this.#link.ask(() => this.#bucket.get(name));
    if (entry?.operation !== "PUT") return undefined;
    return { value: JSON.parse(entry.string()), revision: entry.revision };
  }

  async put(name: string, value: Json, seen: number): Promise<number | undefined> {
    const json = JSON.stringify(value);
    const revision = await this.#write(checkedName("record", name), json, seen);
    if (revision !== undefined || seen !== 0) return revision;
    // In place of a record that was removed there is a mark.
    const mark = await this.#link.ask(() => this.#bucket.get(name));
    if (mark === null || mark.operation === "PUT") return undefined;
    return await this.#write(name, json, mark.revision);
  }

  async remove(name: string, seen: number): Promise<boolean> {
    checkedName("record", name);
    // Whoever has seen no record would set a mark where there is nothing.
    if (seen === 0) return false;
    const mark = await this.#write(name, undefined, seen);
    if (mark !== undefined) this.#mirror.sweepLater(name, mark);
    return mark !== undefined;
  }

  async list(prefix: string): Promise<Map<string, Entry>> {
    return await this.#mirror.list(checkedName("record", prefix));
  }

  stop(): void {
    this.#mirror.stop();
  }

  /**
   * Writes over the revision that was seen; undefined if there is another. The id makes a try that
   * is repeated after a lost answer succeed only once, and give the same revision.
   */
  async #write(name: string, json: string | undefined, seen: number): Promise<number | undefined> {
    const msgID = crypto.randomUUID();
    return await this.#link.ask(async () => {
      const marks = headers();
      if (json === undefined) marks.set(REMOVED.header, REMOVED.value);
      try {
        const done = await this.#link.js.publish(`$KV.${this.#name}.${name}`, json, {
          msgID,
          headers: marks,
          expect: { lastSubjectSequence: seen },
        });
        return done.seq;
      } catch (error) {
        if (isWrongSequence(error)) return undefined;
        throw error;
      }
    });
  }
}

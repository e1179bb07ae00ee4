/**
 * What each miner keeps of activations between its forward and its backward, as the orchestrator
 * knows it: their number is bounded, and what no gradient will come for is forgotten.
 *
 * @module
 */

import { type ActivationBook, isAlive, isAt } from "./activation_book.ts";
import { type ActivationRecord, type LayerRecord, type MinerRecord, TOPICS } from "./records.ts";
import type { Registry } from "./registry.ts";

/** What becomes of an entry: it is done, is of no use any more, or ends its activation. */
type Verdict = "keep" | "done" | "forget" | "drop";

/** Share of the newest time in the mean. */
const NEWEST_SHARE = 0.2;

/** See the module. */
export class MinerCache {
  readonly #book: ActivationBook;
  readonly #registry: Registry;

  constructor(book: ActivationBook, registry: Registry) {
    this.#book = book;
    this.#registry = registry;
  }

  /** The miner without what it need not keep, and the records of what it keeps. */
  async refresh(
    miner: MinerRecord,
    layer0: LayerRecord,
  ): Promise<{ miner: MinerRecord; records: ReadonlyMap<string, ActivationRecord> }> {
    const found = await Promise.all(miner.cached.map(({ uid }) => this.#book.read(uid)));
    const records = new Map<string, ActivationRecord>();
    const verdicts = new Map<string, Verdict>();
    miner.cached.forEach(({ uid, sinceMs }, index) => {
      const record = found[index];
      const verdict = this.#judge(miner, sinceMs, record, layer0);
      if (record && verdict === "keep") records.set(uid, record);
      else verdicts.set(uid, verdict);
    });
    if (verdicts.size === 0) return { miner, records };
    for (const [uid, verdict] of verdicts) {
      if (verdict === "drop") await this.#book.drop(uid, "its miner has taken too long");
    }
    const left = await this.#registry.change(miner.hotkey, (now) => {
      const ended = now.cached.filter(({ uid }) => verdicts.has(uid));
      const done = ended.filter(({ uid }) => verdicts.get(uid) === "done").length;
      return { ...counted(now, done), cached: now.cached.filter((each) => !ended.includes(each)) };
    });
    return { miner: left ?? miner, records };
  }

  /** Whether a miner needs to keep an activation. */
  needs(
    { hotkey, layer, cached }: MinerRecord,
    record: ActivationRecord | undefined,
    layer0: LayerRecord,
  ): boolean {
    if (!record || !isAlive(record, layer0)) return false;
    if (!cached.some(({ uid }) => uid === record.uid)) return false;
    const place = record.path[layer];
    if (place) return place.hotkey === hotkey && place.backwardMs === null;
    return isAt(record, layer, "forward") && record.holder?.hotkey === hotkey;
  }

  /** Takes a place for an activation; false if there is none. */
  async reserve(hotkey: string, uid: string): Promise<boolean> {
    const { settings, wallClock } = this.#book.context;
    let isReserved = false;
    await this.#registry.change(hotkey, (now) => {
      const isThere = now.cached.some((each) => each.uid === uid);
      isReserved = isThere || now.cached.length < settings.maxCachedActivations;
      return isThere || !isReserved ? now : withEntry(now, uid, wallClock.unixMs());
    });
    return isReserved;
  }

  /** Gives the place of an activation up. */
  async release(hotkey: string, uid: string): Promise<void> {
    await this.#registry.change(hotkey, (now) => {
      const cached = now.cached.filter((each) => each.uid !== uid);
      return cached.length === now.cached.length ? now : { ...now, cached };
    });
    this.#tellOfRoom(hotkey);
  }

  /** Counts a forward; from now on the miner waits for the gradient. */
  async countForward(hotkey: string, uid: string, workMs: number): Promise<void> {
    const nowMs = this.#book.context.wallClock.unixMs();
    await this.#registry.change(hotkey, (now) => ({
      ...withEntry(now, uid, nowMs),
      forwardsEver: now.forwardsEver + 1,
      meanWorkMs: meanWith(now.meanWorkMs, workMs),
    }));
  }

  /** Counts a backward, once; undefined if it had been counted. */
  async countBackward(
    hotkey: string,
    uid: string,
    workMs: number,
  ): Promise<MinerRecord | undefined> {
    let isCounted = false;
    const miner = await this.#registry.change(hotkey, (now) => {
      const cached = now.cached.filter((each) => each.uid !== uid);
      isCounted = cached.length < now.cached.length;
      if (!isCounted) return now;
      return { ...counted(now, 1), cached, meanWorkMs: meanWith(now.meanWorkMs, workMs) };
    });
    if (isCounted) this.#tellOfRoom(hotkey);
    return isCounted ? miner : undefined;
  }

  /** A miner may ask for its next piece of work before it has reported the last. */
  #tellOfRoom(hotkey: string): void {
    this.#book.context.state.signals.raise(TOPICS.backward(hotkey));
  }

  #judge(
    { hotkey, layer }: MinerRecord,
    sinceMs: number,
    record: ActivationRecord | undefined,
    layer0: LayerRecord,
  ): Verdict {
    if (!record || !isAlive(record, layer0)) return "forget";
    const { settings, wallClock } = this.#book.context;
    const nowMs = wallClock.unixMs();
    const place = record.path[layer];
    if (!place) {
      const isOurs = isAt(record, layer, "forward") && record.holder?.hotkey === hotkey;
      if (isOurs && record.holder && record.holder.untilMs > nowMs) return "keep";
      // Nobody else has the tokens' batch in hand.
      return isOurs && layer === 0 ? "drop" : "forget";
    }
    if (place.hotkey !== hotkey) return "forget";
    if (place.backwardMs !== null) return "done";
    // The last layer has all it needs for its backward.
    const isLast = layer === settings.model.splits.length - 1;
    const limitMs = isLast ? settings.leaseMs : settings.cacheTimeoutMs;
    return nowMs - sinceMs > limitMs ? "drop" : "keep";
  }
}

function withEntry(miner: MinerRecord, uid: string, sinceMs: number): MinerRecord {
  const others = miner.cached.filter((each) => each.uid !== uid);
  const entry = { uid, sinceMs, gradientKey: null, leasedUntilMs: 0 };
  return { ...miner, cached: [...others, entry] };
}

function counted(miner: MinerRecord, backwards: number): MinerRecord {
  return {
    ...miner,
    backwards: miner.backwards + backwards,
    backwardsEver: miner.backwardsEver + backwards,
  };
}

function meanWith(meanMs: number, newestMs: number): number {
  return meanMs === 0 ? newestMs : meanMs + NEWEST_SHARE * (newestMs - meanMs);
}

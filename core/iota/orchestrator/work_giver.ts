/**
 * Hands out work on activations: gradients to who ran the forward, forwards to who comes first.
 *
 * @module
 */

import { Refusal } from "../api/service.ts";
import type { Activation } from "../api/schemas.ts";
import { type ActivationBook, isAlive, isAt, type LayerPhases } from "./activation_book.ts";
import type { BackPressure } from "./back_pressure.ts";
import type { MinerCache } from "./miner_cache.ts";
import {
  type ActivationRecord,
  forwardQueue,
  type LayerRecord,
  type MinerRecord,
  TOPICS,
} from "./records.ts";
import type { Registry } from "./registry.ts";
import type { Lease } from "./state.ts";

/** Good for as long as the published client asks for. */
const DOWNLOAD_S = 3600;
/** What is left of older rounds is passed over; so many in one request. */
const MAX_TAKES = 64;
/** Forwards that a miner may pass over because it has failed at them. */
const MAX_PASSED_OVER = 3;

/** What {@linkcode WorkGiver} works with. */
export interface WorkGiverParts {
  readonly book: ActivationBook;
  readonly cache: MinerCache;
  readonly registry: Registry;
  readonly phases: LayerPhases;
  readonly pressure: BackPressure;
}

/** How a miner asks for work. */
export interface WorkWish {
  /** How long to wait for work if there is none. */
  readonly waitMs: number;
  /** Layer 0 begins no batch now: it waits for gradients alone. */
  readonly beginsNone: boolean;
  /** Aborted when who asks is gone. */
  readonly signal: AbortSignal;
}

/** See the module. */
export class WorkGiver {
  readonly #parts: WorkGiverParts;

  constructor(parts: WorkGiverParts) {
    this.#parts = parts;
  }

  /**
   * Work for a miner, or why there is none. Layer 0 begins a batch of its own when there is none
   * without a reason.
   *
   * @throws {Refusal} 404 for a stranger, 409 if the layer is not training
   */
  async random(hotkey: string, wish: WorkWish): Promise<Activation> {
    const { waitMs, signal } = wish;
    const { clock, state } = this.#parts.book.context;
    const untilMs = clock.nowMs() + waitMs;
    for (;;) {
      const miner = await this.#parts.registry.find(hotkey);
      const stop = new AbortController();
      // First wait, then look: what comes in between is not missed.
      const news = waitMs > 0 ? state.signals.next(topicsOf(miner), stop.signal) : undefined;
      try {
        const found = await this.#look(miner, wish);
        const isForNow = found.direction !== null || found.reason === null;
        const leftMs = untilMs - clock.nowMs();
        if (isForNow || !news || leftMs <= 0 || signal.aborted) return found;
        const give = (): void => stop.abort();
        signal.addEventListener("abort", give);
        await Promise.race([news, clock.sleep(leftMs, stop.signal)]);
        signal.removeEventListener("abort", give);
        if (signal.aborted) return found;
      } finally {
        stop.abort();
      }
    }
  }

  async #look(asked: MinerRecord, { beginsNone }: WorkWish): Promise<Activation> {
    const { book, cache, phases, pressure } = this.#parts;
    const { maxCachedActivations } = book.context.settings;
    await phases.guard(asked.layer, "is_training");
    const layer0 = await phases.layer(0);
    const { miner, records } = await cache.refresh(asked, layer0);
    const gradient = await this.#gradient(miner, records);
    if (gradient) return gradient;
    const isFull = miner.cached.length >= maxCachedActivations;
    if (miner.layer === 0) {
      const isHeld = beginsNone || isFull || await pressure.holdsBack(layer0);
      return nothing(isHeld ? "out_of_cache" : null);
    }
    if (isFull) return nothing("out_of_cache");
    if (await this.#leavesToOthers(miner)) return nothing("no_activation_found");
    return await this.#forward(miner, layer0) ?? nothing("no_activation_found");
  }

  /**
   * A miner that has all its backwards leaves a forward for each of its layer that lacks some: a fast
   * one would keep slow ones from their work, and all from the merge.
   */
  async #leavesToOthers({ layer, backwards }: MinerRecord): Promise<boolean> {
    const { book, registry } = this.#parts;
    const { settings, state } = book.context;
    if (backwards < settings.globalOptimizerSteps) return false;
    const unready = await registry.countUnready(layer);
    if (unready === 0) return false;
    const { waiting } = await state.queues.count(forwardQueue(layer));
    return waiting <= unready;
  }

  /** The oldest gradient that has come for the miner and is not handed out at present. */
  async #gradient(
    { hotkey, layer, cached }: MinerRecord,
    records: ReadonlyMap<string, ActivationRecord>,
  ): Promise<Activation | undefined> {
    const { context } = this.#parts.book;
    for (const { uid } of cached.toSorted((a, b) => a.sinceMs - b.sinceMs)) {
      const record = records.get(uid);
      const key = record && isAt(record, layer, "backward") && record.path[layer + 1]?.backwardKey;
      if (!key) continue;
      const address = await context.store.presignGet(key, DOWNLOAD_S);
      const nowMs = context.wallClock.unixMs();
      const leasedUntilMs = nowMs + context.settings.leaseMs;
      let isOurs = false;
      await this.#parts.registry.change(hotkey, (now) => {
        const entry = now.cached.find((each) => each.uid === uid);
        isOurs = entry !== undefined && entry.leasedUntilMs <= nowMs;
        if (!entry || !isOurs) return now;
        const leased = { ...entry, gradientKey: key, leasedUntilMs };
        return { ...now, cached: now.cached.map((each) => each === entry ? leased : each) };
      });
      if (isOurs) return work("backward", uid, address);
    }
    return undefined;
  }

  /** The first forward that waits and that the miner has not failed at. */
  async #forward(miner: MinerRecord, layer0: LayerRecord): Promise<Activation | undefined> {
    const { book } = this.#parts;
    const { queues } = book.context.state;
    const queue = forwardQueue(miner.layer);
    const passedOver: Lease[] = [];
    try {
      for (let take = 0; take < MAX_TAKES; take++) {
        const lease = await queues.take(queue, book.context.settings.leaseMs);
        if (!lease) return undefined;
        const record = await book.read(lease.id);
        if (!record || !this.#isFor(miner.layer, record, lease, layer0)) {
          await this.#putRight(record, layer0);
          await queues.acknowledge(queue, lease.token);
        } else if (record.refusedFrom?.includes(miner.hotkey)) {
          passedOver.push(lease);
          if (passedOver.length >= MAX_PASSED_OVER) return undefined;
        } else {
          return await this.#give(miner, record, lease);
        }
      }
      return undefined;
    } finally {
      for (const { token } of passedOver) await queues.giveBack(queue, token);
    }
  }

  /** Whether a piece of work of the layer's queue is one, and not the copy of one in hand. */
  #isFor(
    layer: number,
    record: ActivationRecord,
    { deliveries }: Lease,
    layer0: LayerRecord,
  ): boolean {
    if (!isAlive(record, layer0) || !isAt(record, layer, "forward")) return false;
    const { holder } = record;
    // What comes back has been held too long, whatever our clock says.
    return deliveries > 1 || !holder ||
      holder.untilMs <= this.#parts.book.context.wallClock.unixMs();
  }

  /** What was done but not told to the next layer, because a process died in between, is told now. */
  async #putRight(record: ActivationRecord | undefined, layer0: LayerRecord): Promise<void> {
    if (!record || !isAlive(record, layer0) || record.direction !== "forward") return;
    if (record.layer === 0 || record.holder) return;
    const { state } = this.#parts.book.context;
    await state.queues.add(forwardQueue(record.layer), record.uid);
    state.signals.raise(TOPICS.forward(record.layer));
  }

  async #give(miner: MinerRecord, record: ActivationRecord, lease: Lease): Promise<Activation> {
    const { book, cache, pressure } = this.#parts;
    const { queues, signals } = book.context.state;
    let isGiven = false;
    try {
      const answer = await this.#answer(miner.layer, record);
      if (!await this.#hold(miner, record, lease)) return nothing("no_activation_found");
      isGiven = await cache.reserve(miner.hotkey, record.uid);
      if (!isGiven) {
        await this.#release(record.uid, lease);
        signals.raise(TOPICS.forward(miner.layer));
        return nothing("out_of_cache");
      }
      if (pressure.release()) signals.raise(TOPICS.forward(0));
      return answer;
    } finally {
      if (!isGiven) await queues.giveBack(forwardQueue(miner.layer), lease.token);
    }
  }

  /** The last layer gets the tokens too, for the loss. */
  async #answer(layer: number, record: ActivationRecord): Promise<Activation> {
    const { store, settings } = this.#parts.book.context;
    const key = record.path[layer - 1]?.forwardKey;
    if (!key) throw new Refusal(503, `Activation ${record.uid} has no file`);
    const answer = work("forward", record.uid, await store.presignGet(key, DOWNLOAD_S));
    if (layer < settings.model.splits.length - 1 || !record.initialKey) return answer;
    const tokens = await store.presignGet(record.initialKey, DOWNLOAD_S);
    return { ...answer, initial_activation: record.uid, initial_activation_path: tokens };
  }

  /** Makes the miner the holder; false if somebody else was faster. */
  async #hold(miner: MinerRecord, seen: ActivationRecord, lease: Lease): Promise<boolean> {
    const { settings, wallClock } = this.#parts.book.context;
    const sinceMs = wallClock.unixMs();
    const holder = {
      hotkey: miner.hotkey,
      sinceMs,
      untilMs: sinceMs + settings.leaseMs,
      token: lease.token,
    };
    const held = await this.#parts.book.change(seen.uid, (now) => {
      const isAsSeen = isAt(now, miner.layer, "forward") && now.round === seen.round &&
        now.holder?.token === seen.holder?.token;
      return isAsSeen ? { ...now, holder, loss: null } : undefined;
    });
    return held !== undefined;
  }

  async #release(uid: string, { token }: Lease): Promise<void> {
    await this.#parts.book.change(
      uid,
      (now) => now.holder?.token === token ? { ...now, holder: null } : undefined,
    );
  }
}

function topicsOf({ layer, hotkey }: MinerRecord): string[] {
  return [TOPICS.forward(layer), TOPICS.backward(hotkey), TOPICS.phase(layer)];
}

function work(direction: "forward" | "backward", uid: string, address: string): Activation {
  return { ...nothing(null), direction, activation_uid: uid, activation_path: address };
}

function nothing(reason: string | null): Activation {
  return {
    activation_uid: null,
    activation_path: null,
    direction: null,
    initial_activation: null,
    initial_activation_path: null,
    reason,
  };
}

/**
 * Takes what miners have done: looks at it, passes the activation on, and counts it.
 *
 * Only who was handed a piece of work may answer it, and the first answer counts. An answer that is
 * told again, because the first time nobody heard ours, is taken again. What is no good goes back
 * for another miner, or ends the activation where no other can do it.
 *
 * @module
 */

import { Refusal } from "../api/service.ts";
import { type ActivationBook, isAlive, isAt, isDone, type LayerPhases } from "./activation_book.ts";
import type { ActivationFiles } from "./activation_files.ts";
import { BadUploadError } from "./activation_inspection.ts";
import type { MinerCache } from "./miner_cache.ts";
import {
  type ActivationRecord,
  ACTIVATIONS,
  changeRecord,
  forwardQueue,
  type LayerRecord,
  LAYERS,
  type MinerRecord,
  PATHWAYS,
  TOPICS,
} from "./records.ts";
import type { Registry } from "./registry.ts";
import { type ActivationListeners, refuseReport, type Report } from "./work_report.ts";

/** Miners of a layer that may fail at an activation before it is given up. */
const MAX_REFUSALS = 3;

/** What {@linkcode WorkTaker} works with. */
export interface WorkTakerParts {
  readonly book: ActivationBook;
  readonly cache: MinerCache;
  readonly files: ActivationFiles;
  readonly registry: Registry;
  readonly phases: LayerPhases;
  readonly listeners: ActivationListeners;
}

/**
 * See the module. Methods throw {@linkcode Refusal} 409 for what nobody waits for, and 422 for what
 * is no good.
 */
export class WorkTaker {
  readonly #parts: WorkTakerParts;

  constructor(parts: WorkTakerParts) {
    this.#parts = parts;
  }

  /** Layer 0 has begun a batch: these are its tokens. */
  async initial(report: Report): Promise<void> {
    const { book, files, phases, cache } = this.#parts;
    const { miner, uid } = report;
    if (miner.layer !== 0) throw await this.#refuse(report, 403, "is begun on layer 0 only");
    const known = await book.read(uid);
    if (known) {
      if (this.#isAgain(known.initialKey, report) && known.holder?.hotkey === miner.hotkey) return;
      throw await this.#refuse(report, 409, "has been begun already");
    }
    const key = await this.#fileOf(report, () => Promise.resolve());
    const layer0 = await phases.guard(0, "is_training");
    await files.begin(uid);
    if (!await this.#create(report, key, layer0)) {
      throw await this.#refuse(report, 409, "has been begun already");
    }
    const hasRoom = await cache.reserve(miner.hotkey, uid);
    if (hasRoom && await this.#countBegun()) return;
    await book.drop(uid, "there is no room for it", { isCounted: false });
    await cache.release(miner.hotkey, uid);
    throw new Refusal(409, "out_of_cache");
  }

  /** A layer has run its forward. The last one has no file; its gradient follows. */
  async forward(report: Report): Promise<void> {
    const { book, cache, listeners } = this.#parts;
    const { miner: { hotkey, layer }, uid } = report;
    const record = await this.#alive(report);
    const place = record.path[layer];
    if (place?.hotkey === hotkey && this.#isAgain(place.forwardKey, report)) {
      return await this.#passOn(record);
    }
    if (!isAt(record, layer, "forward") || record.holder?.hotkey !== hotkey) {
      throw await this.#refuse(report, 409, "is not in your hands");
    }
    const key = this.#isLast(layer)
      ? null
      : await this.#fileOf(report, () => this.#returnForward(report, record));
    const workMs = this.#nowMs() - record.holder.sinceMs;
    const after = await book.change(uid, (now) => {
      const isOurs = now.round === record.round && isAt(now, layer, "forward") &&
        now.holder?.hotkey === hotkey && now.holder.token === record.holder?.token;
      return isOurs ? this.#forwarded(now, hotkey, key, workMs) : undefined;
    });
    if (!after) throw await this.#refuse(report, 409, "is not in your hands any more");
    await this.#passOn(after);
    if (layer > 0) {
      await book.context.state.queues.acknowledge(forwardQueue(layer), record.holder.token);
    }
    await cache.countForward(hotkey, uid, workMs);
    await listeners.uploaded({ uid, hotkey, layer, direction: "forward" });
  }

  /** A layer has run its backward; on layer 0 that ends the activation. */
  async backward(report: Report): Promise<void> {
    const { book, cache, listeners } = this.#parts;
    const { miner: { hotkey, layer }, uid, address } = report;
    const record = await this.#alive(report);
    const place = record.path[layer];
    const isAgain = place?.hotkey === hotkey && place.backwardMs !== null &&
      this.#isAgain(place.backwardKey, report);
    const startMs = this.#backwardSince(report.miner, uid);
    const workMs = this.#nowMs() - (startMs ?? this.#nowMs());
    if (!isAgain) {
      const isAsked = isAt(record, layer, "backward") && place?.hotkey === hotkey;
      if (!isAsked || startMs === undefined) {
        throw await this.#refuse(report, 409, "has no gradient in your hands");
      }
      const needsFile = layer > 0 || address !== null;
      const key = needsFile
        ? await this.#fileOf(report, () => book.drop(uid, "its gradient is no good"))
        : null;
      await this.#passBack(report, record, key, workMs);
    }
    const counted = await cache.countBackward(hotkey, uid, workMs);
    if (!counted) return;
    await listeners.uploaded({ uid, hotkey, layer, direction: "backward" });
    await listeners.backwardDone(counted);
  }

  /** Since when the miner has had what its backward needs; undefined if it was not given to it. */
  #backwardSince({ layer, cached }: MinerRecord, uid: string): number | undefined {
    const entry = cached.find((each) => each.uid === uid);
    if (this.#isLast(layer)) return entry?.sinceMs;
    if (!entry || entry.leasedUntilMs === 0) return undefined;
    return entry.leasedUntilMs - this.#parts.book.context.settings.leaseMs;
  }

  async #passBack(
    report: Report,
    seen: ActivationRecord,
    backwardKey: string | null,
    backwardMs: number,
  ): Promise<void> {
    const { book } = this.#parts;
    const { miner: { layer }, uid } = report;
    const after = await book.change(uid, (now) => {
      if (now.round !== seen.round || !isAt(now, layer, "backward")) return undefined;
      const path = now.path.with(layer, { ...now.path[layer], backwardKey, backwardMs });
      return { ...now, path, layer: Math.max(0, layer - 1), holder: null };
    });
    if (!after) throw await this.#refuse(report, 409, "has a gradient of this layer already");
    if (layer === 0) await this.#finish(after);
    else book.context.state.signals.raise(TOPICS.backward(after.path[layer - 1].hotkey));
  }

  async #finish({ uid, path, loss }: ActivationRecord): Promise<void> {
    if (loss === null) return;
    await this.#parts.book.context.state.journals.append(PATHWAYS, {
      uid,
      hotkeys: path.map(({ hotkey }) => hotkey),
      loss,
      ms: path.map(({ forwardMs, backwardMs }) => forwardMs + (backwardMs ?? 0)),
      timeMs: this.#nowMs(),
    });
  }

  #forwarded(
    now: ActivationRecord,
    hotkey: string,
    forwardKey: string | null,
    forwardMs: number,
  ): ActivationRecord {
    const place = { hotkey, forwardKey, backwardKey: null, forwardMs, backwardMs: null };
    const after = { ...now, path: [...now.path, place], holder: null, refusedFrom: undefined };
    return this.#isLast(now.layer)
      ? { ...after, direction: "backward" }
      : { ...after, layer: now.layer + 1 };
  }

  /** Tells the next layer that there is a forward. */
  async #passOn(record: ActivationRecord): Promise<void> {
    if (record.direction !== "forward" || record.holder) return;
    const { queues, signals } = this.#parts.book.context.state;
    await queues.add(forwardQueue(record.layer), record.uid);
    signals.raise(TOPICS.forward(record.layer));
  }

  /** A forward was no good: another miner is to try, unless too many have. */
  async #returnForward(report: Report, seen: ActivationRecord): Promise<void> {
    const { book, cache, registry } = this.#parts;
    const { miner: { hotkey, layer }, uid } = report;
    if (layer === 0) return await book.drop(uid, "its forward is no good");
    const token = seen.holder?.token ?? "";
    const after = await book.change(uid, (now) => {
      if (now.holder?.token !== token || now.holder.hotkey !== hotkey) return undefined;
      return { ...now, holder: null, refusedFrom: [...now.refusedFrom ?? [], hotkey] };
    });
    if (!after) return;
    await cache.release(hotkey, uid);
    const miners = (await registry.countByLayer())[layer];
    if ((after.refusedFrom?.length ?? 0) >= Math.min(MAX_REFUSALS, miners)) {
      return await book.drop(uid, "nobody gets its forward right");
    }
    const { queues, signals } = book.context.state;
    await queues.giveBack(forwardQueue(layer), token);
    signals.raise(TOPICS.forward(layer));
  }

  /** The key of the file of a report. @param onBad what becomes of the work if it is no good */
  async #fileOf(report: Report, onBad: () => Promise<void>): Promise<string> {
    const { miner: { layer }, uid, direction, address } = report;
    try {
      if (address === null) throw new BadUploadError("the path of a file is missing");
      return await this.#parts.files.check({ uid, layer, direction, address });
    } catch (error) {
      if (!(error instanceof BadUploadError)) throw error;
      await onBad();
      throw await this.#refuse(report, 422, `is no good: ${error.message}`);
    }
  }

  async #create(
    { miner: { hotkey }, uid }: Report,
    initialKey: string,
    { phaseSinceMs }: LayerRecord,
  ): Promise<boolean> {
    const { state, settings } = this.#parts.book.context;
    const nowMs = this.#nowMs();
    const holder = { hotkey, sinceMs: nowMs, untilMs: nowMs + settings.leaseMs, token: "" };
    const fresh: ActivationRecord = {
      ...{ uid, createdMs: nowMs, round: phaseSinceMs, initialKey, holder },
      ...{ layer: 0, direction: "forward", path: [], loss: null },
    };
    const kept = await changeRecord(state.records, ACTIVATIONS, uid, (now) => now ?? fresh);
    return kept === fresh;
  }

  /** Counts a batch; false if the round has as many as it may. */
  async #countBegun(): Promise<boolean> {
    const { state, settings: { batchesPerRound } } = this.#parts.book.context;
    if (batchesPerRound === undefined) return true;
    let isCounted = false;
    await changeRecord(state.records, LAYERS, "0", (now) => {
      isCounted = now !== undefined && now.batchesBegun < batchesPerRound;
      return now && isCounted ? { ...now, batchesBegun: now.batchesBegun + 1 } : now;
    });
    return isCounted;
  }

  async #alive(report: Report): Promise<ActivationRecord> {
    const { book, phases } = this.#parts;
    const record = await book.read(report.uid);
    if (record && isAlive(record, await phases.layer(0))) {
      if (!isDone(record) || report.direction === "backward") return record;
    }
    throw await this.#refuse(report, 409, "is not under way");
  }

  /** Whether what is reported is what was accepted before. */
  #isAgain(key: string | null, { address }: Report): boolean {
    const reported = address === null ? null : this.#parts.book.context.store.keyOf(address);
    return reported === key;
  }

  #refuse(report: Report, status: 403 | 409 | 422, reason: string): Promise<Refusal> {
    return refuseReport(this.#parts.book.context, report, status, reason);
  }

  #isLast(layer: number): boolean {
    return layer === this.#parts.book.context.settings.model.splits.length - 1;
  }

  #nowMs(): number {
    return this.#parts.book.context.wallClock.unixMs();
  }
}

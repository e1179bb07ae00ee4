/**
 * Activations on their way through all layers and back: who gets which work, and what comes of it.
 *
 * A batch begins on layer 0, goes forward from queue to queue, gets its loss on the last layer, and
 * comes back from miner to miner along the way that it went. What a request costs does not depend on
 * how many are under way.
 *
 * Source of the rules: macrocosm-os/iota @ 56aee24, `orchestrator/orchestrator.py`,
 * `storage/activation_storage.py`.
 *
 * @module
 */

import type {
  Activation,
  Direction,
  LossRecord,
  LossReport,
  StatusUpdate,
} from "../api/schemas.ts";
import { Refusal } from "../api/service.ts";
import { ActivationBook, type LayerPhases } from "./activation_book.ts";
import { ActivationFiles } from "./activation_files.ts";
import { BackPressure } from "./back_pressure.ts";
import type { OrchestratorContext } from "./context.ts";
import { LossReports } from "./loss_reports.ts";
import { MinerCache } from "./miner_cache.ts";
import { type ActivationKey, isActivationUid } from "./object_keys.ts";
import type { Registry } from "./registry.ts";
import { WorkGiver, type WorkWish } from "./work_giver.ts";
import type { ActivationListeners } from "./work_report.ts";
import { WorkTaker } from "./work_taker.ts";

export type { LayerPhases } from "./activation_book.ts";
export type { AcceptedUpload, ActivationListeners } from "./work_report.ts";

/** How long the address of a file is good for. */
const DOWNLOAD_S = 3600;

/** Which file of an activation; with layer null the latest. */
export interface WantedFile {
  readonly uid: string;
  readonly direction: Direction;
  /** The layer that it is for; -1 for what layer 0 shows of its embedding's gradient. */
  readonly layer: number | null;
}

/** See the module. */
export class Activations {
  readonly #context: OrchestratorContext;
  readonly #registry: Registry;
  readonly #phases: LayerPhases;
  readonly #book: ActivationBook;
  readonly #cache: MinerCache;
  readonly #files: ActivationFiles;
  readonly #losses: LossReports;
  readonly #giver: WorkGiver;
  readonly #taker: WorkTaker;

  constructor(
    context: OrchestratorContext,
    registry: Registry,
    phases: LayerPhases,
    listeners: ActivationListeners,
  ) {
    this.#context = context;
    this.#registry = registry;
    this.#phases = phases;
    const book = this.#book = new ActivationBook(context, phases);
    const cache = this.#cache = new MinerCache(book, registry);
    const files = this.#files = new ActivationFiles(book);
    this.#losses = new LossReports(book);
    const pressure = new BackPressure(context, registry);
    this.#giver = new WorkGiver({ book, cache, registry, phases, pressure });
    this.#taker = new WorkTaker({ book, cache, files, registry, phases, listeners });
    registry.onLeft(async (uids, reason) => {
      for (const uid of uids) await book.drop(uid, reason);
    });
  }

  /**
   * Work for a miner, or the reason why there is none. Layer 0 begins a batch of its own when there
   * is none without a reason.
   *
   * @throws {Refusal} 404 for a stranger, 409 with the phase if the layer is not training
   */
  random(hotkey: string, wish: WorkWish): Promise<Activation> {
    return this.#giver.random(hotkey, wish);
  }

  /**
   * Takes what a miner has done.
   *
   * @throws {Refusal} 404 for a stranger; 409 with the phase if the layer is not training, and with a
   *   reason for work that is not in the miner's hands; 422 for a file that is no good
   */
  async submit(hotkey: string, update: StatusUpdate): Promise<void> {
    const { status, activation_uid: uid, activation_path: address } = update;
    const miner = await this.#registry.find(hotkey);
    if (status === "idle") return;
    await this.#phases.guard(miner.layer, "is_training");
    if (uid === null || !isActivationUid(uid)) {
      throw new Refusal(422, `A status ${status} needs the uid of an activation`);
    }
    await this.#taker[status]({ miner, uid, direction: status, address });
  }

  /** Whether a miner needs to keep what it has of an activation: its gradient may still come. */
  async isActive(hotkey: string, uid: string): Promise<boolean> {
    const miner = await this.#registry.find(hotkey);
    if (!isActivationUid(uid)) return false;
    return this.#cache.needs(miner, await this.#book.read(uid), await this.#phases.layer(0));
  }

  /**
   * Takes the loss of an activation, from who has it in hand on the last layer.
   *
   * @throws {Refusal} 404 for a stranger, 409 from anybody else
   */
  async reportLoss(hotkey: string, report: LossReport): Promise<LossRecord> {
    const miner = await this.#registry.find(hotkey);
    if (!isActivationUid(report.activation_uid)) throw new Refusal(422, "That is no uid");
    return await this.#losses.report(miner, report);
  }

  /** The last losses by hotkey, oldest first. */
  losses(): Promise<Record<string, LossRecord[]>> {
    return this.#losses.all();
  }

  /**
   * Lets a miner upload a file of an activation.
   *
   * @throws {Refusal} 404 for a stranger, 403 if it has nothing to upload there
   */
  async allowUpload(hotkey: string, key: ActivationKey): Promise<void> {
    await this.#files.allow(await this.#registry.find(hotkey), key);
  }

  /** Where a file of an activation can be had; undefined if there is none. */
  async download({ uid, direction, layer }: WantedFile): Promise<string | undefined> {
    const record = isActivationUid(uid) ? await this.#book.read(uid) : undefined;
    const key = record && this.#files.keyOf(record, direction, layer);
    return key && await this.#context.store.presignGet(key, DOWNLOAD_S);
  }

  /**
   * Removes files and records of rounds before the last: to be called at the end of a merge, and now
   * and then. Several processes may do so at once. What is under way when a merge begins needs no
   * call: it counts no more.
   */
  async dropRound(): Promise<void> {
    while (await this.#files.sweep());
  }
}

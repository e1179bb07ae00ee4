/**
 * The files of activations: who may put one where, whether it is fit for use, and when it goes.
 *
 * Files and records stay for the round after their own, because a validator re-runs them later.
 *
 * @module
 */

import type { Direction } from "../api/schemas.ts";
import { Refusal } from "../api/service.ts";
import type { ActivationBook } from "./activation_book.ts";
import {
  BadUploadError,
  inspectActivation,
  maxFileBytes,
  readBounded,
} from "./activation_inspection.ts";
import {
  ACTIVATION_BOUNDS,
  type ActivationKey,
  activationKey,
  isActivationUid,
  parseActivationKey,
} from "./object_keys.ts";
import {
  type ActivationRecord,
  ACTIVATIONS,
  changeRecord,
  type LayerRecord,
  type MinerRecord,
} from "./records.ts";

/** Queues of what is to be removed: of the present round, the one before, and the one that goes. */
const ROUNDS_KEPT = 3;
const SWEEP_LEASE_MS = 60_000;
/** Objects that are removed in one request to the store. */
const SWEEP_AT_ONCE = 64;

/** What a miner says that it has uploaded. */
export interface ReportedFile {
  readonly uid: string;
  readonly layer: number;
  readonly direction: Direction;
  readonly address: string;
}

/** See the module. */
export class ActivationFiles {
  readonly #book: ActivationBook;

  constructor(book: ActivationBook) {
    this.#book = book;
  }

  /**
   * Lets a miner upload a file, which is removed some time later, reported or not.
   *
   * @throws {Refusal} 403 if the miner has nothing to upload there
   */
  async allow(miner: MinerRecord, key: ActivationKey): Promise<void> {
    const refuse = (what: string): never => {
      throw new Refusal(403, `Activation ${key.uid} ${what}`);
    };
    if (key.layer !== miner.layer) refuse(`is asked for on layer ${key.layer}: it is not yours`);
    if (key.direction === "initial" && key.layer !== 0) refuse("gets its tokens on layer 0 only");
    const record = await this.#book.read(key.uid);
    const isBegun = record !== undefined;
    if (!isBegun && key.layer !== 0) refuse("is not known");
    if (isBegun && !isWorkedOnBy(record, miner)) refuse("is not yours");
    if (isBegun && isReported(record, activationKey(key))) refuse("has this file already");
    await this.#sweepLater(`file.${key.uid}.${key.layer}.${key.direction}.${key.name}`);
  }

  /** Lets the record of an activation go some time later. */
  async begin(uid: string): Promise<void> {
    await this.#sweepLater(`record.${uid}`);
  }

  /**
   * The key of a file that a miner has reported, after a look at it.
   *
   * @throws {BadUploadError} if it is not there, or not what it should be; then it is removed
   */
  async check(file: ReportedFile): Promise<string> {
    const key = this.#book.context.store.keyOf(file.address);
    const parsed = key === undefined ? undefined : parseActivationKey(key);
    const isRight = parsed?.uid === file.uid && parsed.layer === file.layer &&
      parsed.direction === file.direction;
    if (key === undefined || !isRight) {
      const { uid, layer, direction } = file;
      throw new BadUploadError(
        `expected a file in activations/${uid}/${layer}/${direction}/, got another`,
      );
    }
    try {
      await this.#look(key, file);
    } catch (error) {
      if (error instanceof BadUploadError) await this.#book.context.store.remove([key]);
      throw error;
    }
    return key;
  }

  /** The key of a file of an activation, by the layer that it is for; undefined if there is none. */
  keyOf(record: ActivationRecord, direction: Direction, layer: number | null): string | undefined {
    const { path, initialKey } = record;
    if (direction === "initial") return initialKey ?? undefined;
    if (direction === "forward") {
      const from = layer === null ? path.findLastIndex(({ forwardKey }) => forwardKey) : layer - 1;
      return path[from]?.forwardKey ?? undefined;
    }
    const from = layer === null ? path.findIndex(({ backwardKey }) => backwardKey) : layer + 1;
    return path[from]?.backwardKey ?? undefined;
  }

  /** Removes some of what is left of rounds before the last; false if there is nothing more. */
  async sweep(): Promise<boolean> {
    const { context: { state: { queues }, store }, phases } = this.#book;
    const { merges } = await phases.layer(0);
    const queue = sweepQueue(merges + 1);
    const leases = [];
    while (leases.length < SWEEP_AT_ONCE) {
      const lease = await queues.take(queue, SWEEP_LEASE_MS);
      if (!lease) break;
      leases.push(lease);
    }
    const keys = leases.flatMap(({ id }) => sweptKey(id) ?? []);
    if (keys.length > 0) await store.remove(keys);
    for (const { id, token } of leases) {
      const [kind, uid] = id.split(".");
      if (kind === "record") await this.#removeRecord(uid);
      await queues.acknowledge(queue, token);
    }
    return leases.length === SWEEP_AT_ONCE;
  }

  async #look(key: string, { direction, layer }: ReportedFile): Promise<void> {
    const { store, settings } = this.#book.context;
    const size = await store.size(key);
    if (size === undefined) throw new BadUploadError("the file is not there");
    const { minBytes, maxBytes } = ACTIVATION_BOUNDS;
    if (size < minBytes || size > maxBytes) {
      throw new BadUploadError(
        `the file has ${size} bytes, expected from ${minBytes} to ${maxBytes}`,
      );
    }
    // What layer 0 shows of its embedding's gradient is for its validator only.
    const goesNowhere = layer === 0 && direction === "backward";
    if (!settings.inspectsActivations || goesNowhere) return;
    const limit = maxFileBytes(settings);
    if (size > limit) throw new BadUploadError(`the file has ${size} bytes, expected ${limit}`);
    const stream = await store.read(key);
    if (!stream) throw new BadUploadError("the file is not there");
    const bytes = await readBounded(stream, limit);
    if (bytes.length !== size) throw new BadUploadError("the file changed while it was read");
    inspectActivation(bytes, direction, settings);
  }

  async #sweepLater(id: string): Promise<void> {
    const { merges }: LayerRecord = await this.#book.phases.layer(0);
    await this.#book.context.state.queues.add(sweepQueue(merges), id);
  }

  async #removeRecord(uid: string): Promise<void> {
    await changeRecord(this.#book.context.state.records, ACTIVATIONS, uid, () => undefined);
  }
}

/** Whether a miner holds an activation, or has run its part of it. */
function isWorkedOnBy({ holder, path }: ActivationRecord, { hotkey, layer }: MinerRecord): boolean {
  return holder?.hotkey === hotkey || path[layer]?.hotkey === hotkey;
}

function isReported({ initialKey, path }: ActivationRecord, key: string): boolean {
  return initialKey === key ||
    path.some(({ forwardKey, backwardKey }) => forwardKey === key || backwardKey === key);
}

function sweepQueue(round: number): string {
  return `sweep.${round % ROUNDS_KEPT}`;
}

/** The key in an item of the queue; undefined for a record. */
function sweptKey(id: string): string | undefined {
  const [kind, uid, layer, direction, name] = id.split(".");
  if (kind !== "file" || !isActivationUid(uid)) return undefined;
  return `activations/${uid}/${layer}/${direction}/${name}.pt`;
}

/**
 * Has validators look at what miners do. In a round of a layer each validator tracks one miner, from
 * the round's first batch to its upload for the merge, so that it can go through the same steps.
 *
 * All of it happens beside the requests that set it off: what fails here is logged in one line, and
 * costs a miner nothing. Questions to one validator keep their order.
 *
 * @module
 */

import { WeftError } from "../../errors.ts";
import type { Validation, WeightsUploaded } from "../api/schemas.ts";
import type { OrchestratorContext } from "./context.ts";
import { noteEvent, shortKey } from "./event_log.ts";
import type { MinerRecord, ValidatorRecord } from "./records.ts";
import type { Registry } from "./registry.ts";
import type { ValidatorPool } from "./validator_pool.ts";
import type { AcceptedUpload } from "./work_report.ts";

/** Questions that may wait for one validator; one that is slower does not see the rest. */
const MAX_WAITING = 256;
/** How long the address of an upload is good for. */
const DOWNLOAD_S = 3600;
const RANDOM_RANGE = 2 ** 32;

/** What is asked of one validator, one after the other. */
interface Lane {
  waiting: number;
  last: Promise<void>;
  /** The tracking of which something got lost: the rest of it would be judged by a wrong mirror. */
  brokenSinceMs: number | undefined;
}

/** See the module. */
export class SpotChecks {
  readonly #context: OrchestratorContext;
  readonly #pool: ValidatorPool;
  readonly #registry: Pick<Registry, "all">;
  readonly #lanes = new Map<string, Lane>();
  /** What has happened is looked at in the order in which it did. */
  #incoming: Promise<void> = Promise.resolve();
  #isClosed = false;
  /** Rounds of which it has been decided whether a validator takes part in them. */
  readonly #decided = new Map<string, string>();

  constructor(
    context: OrchestratorContext,
    pool: ValidatorPool,
    registry: Pick<Registry, "all">,
  ) {
    this.#context = context;
    this.#pool = pool;
    this.#registry = registry;
  }

  /** A result was accepted. */
  uploaded({ uid, hotkey, layer, direction }: AcceptedUpload): Promise<void> {
    // Tokens are the miner's choice.
    if (direction === "initial") return Promise.resolve();
    return this.#later(async () => {
      for (const validator of await this.#pool.trackersOf(hotkey)) {
        this.#ask(validator, async () => {
          const query = { activation_uid: uid };
          const found = direction === "backward"
            ? await this.#pool.ask(validator, "backward", { query })
            : await this.#pool.ask(validator, "forward", { query: { ...query, direction } });
          await this.#note({ hotkey, layer, what: `${direction} of ${uid}`, found });
        });
      }
    });
  }

  /** A miner has uploaded its weights for a merge. */
  weightsUploaded(hotkey: string, uploaded: WeightsUploaded): Promise<void> {
    return this.#later(async () => {
      for (const validator of await this.#pool.trackersOf(hotkey)) {
        const layer = validator.tracked?.layer ?? 0;
        this.#ask(validator, async () => {
          const { store } = this.#context;
          const address = (key: string): Promise<string> => store.presignGet(key, DOWNLOAD_S);
          const query = {
            weights_path: await address(uploaded.weights_path),
            metadata_path: await address(uploaded.metadata_path),
            optimizer_state_path: await address(uploaded.optimizer_state_path),
          };
          const found = await this.#pool.ask(validator, "validateWeights", { query });
          await this.#note({ hotkey, layer, what: "weights", found });
        });
      }
    });
  }

  /** A layer begins a round: validators of its miners, and those without one, choose anew. */
  roundEnded(layer: number, merges: number): Promise<void> {
    return this.#later(async () => {
      const validators = await this.#pool.all();
      for (const validator of validators) {
        if (validator.tracked && validator.tracked.layer !== layer) continue;
        await this.#choose(validator, `${layer} ${merges}`, ({ layer: own }) => own === layer);
      }
    });
  }

  /**
   * Gives whoever tracks nobody a miner that has not begun its round; to be called every ten seconds
   * or so. Who tracks a miner that has gone tracks nobody.
   */
  tick(): Promise<void> {
    return this.#later(async () => {
      const validators = await this.#pool.all();
      if (validators.length === 0) return;
      const miners = new Map((await this.#registry.all()).map((miner) => [miner.hotkey, miner]));
      for (const validator of validators) {
        const { tracked } = validator;
        const isThere = tracked && miners.get(tracked.hotkey)?.layer === tracked.layer;
        if (tracked && isThere) continue;
        if (tracked) this.#decided.delete(validator.hotkey);
        const free = tracked ? await this.#pool.assign(validator, undefined) : validator;
        if (!free) continue;
        const isFresh = (miner: MinerRecord): boolean =>
          miner.backwards === 0 && miner.cached.length === 0;
        await this.#choose(free, `begin ${validator.registeredMs}`, isFresh);
      }
    });
  }

  /** Asks nobody any more. */
  close(): void {
    this.#isClosed = true;
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    let seen: Promise<void>;
    do {
      seen = this.#incoming;
      await seen;
      await Promise.all([...this.#lanes.values()].map(({ last }) => last));
    } while (seen !== this.#incoming);
  }

  /** @param round of which it is decided once whether the validator takes part in it */
  async #choose(
    validator: ValidatorRecord,
    round: string,
    isFit: (miner: MinerRecord) => boolean,
  ): Promise<void> {
    const { hotkey } = validator;
    if (this.#decided.get(hotkey) === round) return;
    const others = (await this.#pool.all()).flatMap((other) =>
      other.hotkey === hotkey ? [] : other.tracked ?? []
    );
    const fit = (await this.#registry.all()).filter(isFit);
    const miner = this.#pick(fit, others);
    if (fit.length > 0) this.#decided.set(hotkey, round);
    const takesPart = miner && this.#random() < this.#context.settings.spotCheckShare;
    const assigned = takesPart || validator.tracked
      ? await this.#pool.assign(validator, takesPart ? miner : undefined)
      : undefined;
    if (assigned && takesPart) this.#begin(assigned, miner);
  }

  #begin(validator: ValidatorRecord, { hotkey, layer }: MinerRecord): void {
    this.#ask(validator, async () => {
      const body = { layer, miner_hotkey: hotkey, weight_path: null };
      try {
        await this.#pool.ask(validator, "initialize", { body });
      } catch (error) {
        await this.#pool.assign(validator, undefined);
        throw error;
      }
      const text = `is tracked by ${shortKey(validator.hotkey)}`;
      await noteEvent(this.#context, { kind: "check", layer, hotkey, text });
    });
  }

  /** A miner that nobody tracks, of a layer that is tracked least. */
  #pick(
    miners: readonly MinerRecord[],
    tracked: readonly { readonly hotkey: string; readonly layer: number }[],
  ): MinerRecord | undefined {
    const watchers = (layer: number): number =>
      tracked.filter((each) => each.layer === layer).length;
    const free = miners.filter(({ hotkey }) => !tracked.some((each) => each.hotkey === hotkey));
    const least = Math.min(...free.map(({ layer }) => watchers(layer)));
    const fit = free.filter(({ layer }) => watchers(layer) === least);
    return fit[Math.floor(this.#random() * fit.length)];
  }

  /** From 0 up to 1. */
  #random(): number {
    const bytes = this.#context.randomBytes(4);
    return new DataView(bytes.buffer).getUint32(0) / RANDOM_RANGE;
  }

  /** Does something after all that has happened before, and keeps nobody waiting for it. */
  #later(work: () => Promise<void>): Promise<void> {
    this.#incoming = this.#incoming.then(work).catch((error: unknown) => this.#fail(error));
    return Promise.resolve();
  }

  /** Asks a validator after all that it was asked before, unless something of it got lost. */
  #ask({ hotkey, tracked }: ValidatorRecord, question: () => Promise<void>): void {
    const lane = this.#lanes.get(hotkey) ??
      { waiting: 0, last: Promise.resolve(), brokenSinceMs: undefined };
    this.#lanes.set(hotkey, lane);
    const sinceMs = tracked?.sinceMs;
    if (lane.waiting >= MAX_WAITING) {
      lane.brokenSinceMs = sinceMs;
      return this.#context.log.debug(`validator ${shortKey(hotkey)} is too slow to go on`);
    }
    lane.waiting += 1;
    const inTurn = async (): Promise<void> => {
      if (!this.#isClosed && lane.brokenSinceMs !== sinceMs) await question();
    };
    lane.last = lane.last.then(inTurn).catch((error: unknown) => {
      lane.brokenSinceMs = sinceMs;
      this.#fail(error);
    }).then(() => void (lane.waiting -= 1));
  }

  #fail(error: unknown): void {
    if (this.#isClosed) return;
    const { log } = this.#context;
    const reason = error instanceof Error ? error.message : `${error}`;
    if (error instanceof WeftError) log.warn(`a check was left out: ${reason}`);
    else log.error(`a check failed: ${reason}`);
  }

  async #note({ hotkey, layer, what, found }: {
    readonly hotkey: string;
    readonly layer: number;
    readonly what: string;
    readonly found: Validation;
  }): Promise<void> {
    const { is_valid, score, reason } = found;
    const text = `${what}: ${is_valid ? "valid" : "not valid"}, ${reason} (${score.toFixed(4)})`;
    const line = `check of ${shortKey(hotkey)} on layer ${layer}: ${text}`;
    if (is_valid) this.#context.log.debug(line);
    else this.#context.log.warn(line);
    await noteEvent(this.#context, { kind: "check", layer, hotkey, text });
  }
}

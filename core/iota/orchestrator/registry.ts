/**
 * The miners of a swarm: who they are, which layer each works for, and who has gone.
 *
 * @module
 */

import type { Access } from "../api/routes.ts";
import { Refusal } from "../api/service.ts";
import type { OrchestratorContext } from "./context.ts";
import { noteEvent, shortKey } from "./event_log.ts";
import { type LayerClaim, LayerClaims } from "./layer_claims.ts";
import { chooseLayer, keepOrMove } from "./layer_assignment.ts";
import { Membership } from "./membership.ts";
import { changeRecord, listRecords, MinerRecord, MINERS, readRecord } from "./records.ts";

/** How exactly the time is kept at which a miner was last seen. */
const SEEN_STEP_MS = 30_000;
/** How old the list of miners may be by which layers are balanced. */
const SNAPSHOT_MS = 5_000;

/** Who has not asked for this long is not waited for. */
const AWAY_MS = 60_000;

type Snapshot = Map<string, Pick<MinerRecord, "layer" | "meanWorkMs" | "backwards" | "seenMs">>;

/** See the module. */
export class Registry {
  readonly #context: OrchestratorContext;
  readonly #membership: Membership;
  readonly #claims: LayerClaims;
  readonly #startedMs: number;
  /** Who was seen here lately; without it the records are only written more often. */
  readonly #seen = new Map<string, number>();
  #snapshot: { readonly miners: Snapshot; readonly readMs: number } | undefined;
  #onLeft: (uids: readonly string[], reason: string) => Promise<void> = () => Promise.resolve();

  constructor(context: OrchestratorContext) {
    this.#context = context;
    this.#membership = new Membership(context);
    this.#claims = new LayerClaims(context);
    this.#startedMs = context.clock.nowMs();
  }

  /** Sets what is to be done about activations whose miner has lost what it kept of them. */
  onLeft(listener: (uids: readonly string[], reason: string) => Promise<void>): void {
    this.#onLeft = listener;
  }

  /**
   * Lets a hotkey ask, and remembers that it has been there.
   *
   * @throws {Refusal} 403 for one that may not; 503 while the chain cannot be asked
   */
  async admit(hotkey: string, access: Access): Promise<void> {
    await this.#membership.check(hotkey, access);
    if (access === "miner") await this.#touch(hotkey);
  }

  /**
   * Takes a miner in, or back: what it kept of activations is gone, and its layer is its old one
   * unless another needs it much more.
   *
   * @throws {Refusal} 403 for a validator or a stranger; 503 while the chain cannot be asked
   */
  async register(hotkey: string): Promise<MinerRecord> {
    const uid = await this.#membership.minerUid(hotkey);
    const layer = await this.#assign(hotkey);
    const { state, wallClock, log } = this.#context;
    const nowMs = wallClock.unixMs();
    let lost: string[] = [];
    const miner = await changeRecord(state.records, MINERS, hotkey, (now) => {
      lost = now?.cached.map(({ uid }) => uid) ?? [];
      return {
        ...now ?? { forwardsEver: 0, backwardsEver: 0, meanWorkMs: 0, lastMerge: null },
        ...{ hotkey, layer, uid, registeredMs: nowMs, seenMs: nowMs, cached: [], backwards: 0 },
        ...now && now.layer !== layer ? { meanWorkMs: 0, lastMerge: null } : {},
      };
    });
    if (!miner) throw new Error("a record that was written is there");
    this.#snapshot?.miners.set(hotkey, miner);
    await this.#onLeft(lost, "its miner has registered anew");
    log.info(`miner ${shortKey(hotkey)} registered for layer ${layer}`);
    const text = `works for layer ${layer}`;
    await noteEvent(this.#context, { kind: "registered", layer, hotkey, text });
    return miner;
  }

  /** @throws {Refusal} 404 for one that is not registered */
  async find(hotkey: string): Promise<MinerRecord> {
    const miner = await this.get(hotkey);
    if (!miner) throw new Refusal(404, "Miner not found in registry");
    return miner;
  }

  /** Undefined for one that is not registered. */
  get(hotkey: string): Promise<MinerRecord | undefined> {
    return readRecord(this.#context.state.records, MINERS, hotkey);
  }

  /** All miners, by hotkey. */
  all(): Promise<MinerRecord[]> {
    return listRecords(this.#context.state.records, MINERS);
  }

  /** Miners of each layer, some seconds ago. */
  async countByLayer(): Promise<number[]> {
    const counts = this.#layers().map(() => 0);
    for (const { layer } of (await this.#balance()).values()) {
      if (layer < counts.length) counts[layer] += 1;
    }
    return counts;
  }

  /** Miners of a layer that lack backwards for the next merge, some seconds ago. */
  async countUnready(layer: number): Promise<number> {
    const { wallClock, settings: { globalOptimizerSteps } } = this.#context;
    const sinceMs = wallClock.unixMs() - AWAY_MS;
    return [...(await this.#balance()).values()].filter((miner) =>
      miner.layer === layer && miner.backwards < globalOptimizerSteps && miner.seenMs >= sinceMs
    ).length;
  }

  /** Changes a miner's record; undefined if it is not registered any more. */
  async change(
    hotkey: string,
    change: (now: MinerRecord) => MinerRecord,
  ): Promise<MinerRecord | undefined> {
    const { records } = this.#context.state;
    const miner = await changeRecord(records, MINERS, hotkey, (now) => now && change(now));
    if (miner) this.#snapshot?.miners.set(hotkey, miner);
    return miner;
  }

  /** Forgets miners that have not been there for long. Who was not here itself cannot tell. */
  async removeGone(): Promise<void> {
    const { settings: { goneAfterMs }, clock } = this.#context;
    if (clock.nowMs() - this.#startedMs < goneAfterMs) return;
    for (const { hotkey, seenMs } of await this.all()) {
      if (this.#isGone(seenMs)) await this.#removeIfGone(hotkey);
    }
  }

  async #removeIfGone(hotkey: string): Promise<void> {
    const { state, log } = this.#context;
    let gone: MinerRecord | undefined;
    await changeRecord(state.records, MINERS, hotkey, (now) => {
      gone = now && this.#isGone(now.seenMs) ? now : undefined;
      return gone ? undefined : now;
    });
    if (!gone) return;
    this.#seen.delete(hotkey);
    this.#snapshot?.miners.delete(hotkey);
    await this.#onLeft(gone.cached.map(({ uid }) => uid), "its miner has gone");
    log.info(`miner ${shortKey(hotkey)} of layer ${gone.layer} has gone`);
    const text = `has not been heard of, layer ${gone.layer} goes on without it`;
    await noteEvent(this.#context, { kind: "gone", layer: gone.layer, hotkey, text });
  }

  #isGone(seenMs: number): boolean {
    return this.#context.wallClock.unixMs() - seenMs > this.#context.settings.goneAfterMs;
  }

  async #touch(hotkey: string): Promise<void> {
    const { clock, wallClock, settings } = this.#context;
    const stepMs = Math.min(SEEN_STEP_MS, settings.goneAfterMs / 4);
    const nowMs = clock.nowMs();
    if (nowMs - (this.#seen.get(hotkey) ?? -Infinity) < stepMs) return;
    const seenMs = wallClock.unixMs();
    const miner = await this.change(
      hotkey,
      (now) => seenMs - now.seenMs < stepMs ? now : { ...now, seenMs },
    );
    if (miner) this.#seen.set(hotkey, nowMs - Math.max(0, seenMs - miner.seenMs));
  }

  /** Finds a layer, and tells other registrations that it is taken. */
  #assign(hotkey: string): Promise<number> {
    const layers = this.#layers().length;
    return this.#claims.claim(hotkey, async (claims) => {
      const known = await this.get(hotkey);
      const others = withClaims(await this.#balance(), claims);
      others.delete(hotkey);
      const workforce = [...others.values()];
      return known ? keepOrMove(known.layer, workforce, layers) : chooseLayer(workforce, layers);
    });
  }

  async #balance(): Promise<Snapshot> {
    const nowMs = this.#context.clock.nowMs();
    if (!this.#snapshot || nowMs - this.#snapshot.readMs > SNAPSHOT_MS) {
      const miners = new Map((await this.all()).map((miner) => [miner.hotkey, miner]));
      this.#snapshot = { miners, readMs: nowMs };
    }
    return this.#snapshot.miners;
  }

  #layers(): readonly unknown[] {
    return this.#context.settings.model.splits;
  }
}

/** The miners, and those who are about to become one elsewhere. */
function withClaims(miners: Snapshot, claims: readonly LayerClaim[]): Snapshot {
  const all = new Map(miners);
  for (const { hotkey, layer } of claims) {
    const { meanWorkMs = 0, backwards = 0, seenMs = 0 } = all.get(hotkey) ?? {};
    all.set(hotkey, { layer, meanWorkMs, backwards, seenMs });
  }
  return all;
}

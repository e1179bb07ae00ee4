/**
 * A swarm to be shown: records and journals as an orchestrator would have left them, made by hand.
 *
 * @module
 */

import type { WallClock } from "../../../core/host.ts";
import type { DashboardContext } from "../../../core/iota/orchestrator/dashboards.ts";
import { MemoryState } from "../../../core/iota/orchestrator/memory_state.ts";
import {
  changeRecord,
  EVENTS,
  forwardQueue,
  type LayerRecord,
  LAYERS,
  LOSSES,
  type MinerRecord,
  MINERS,
  PATHWAYS,
  type ValidatorRecord,
  VALIDATORS,
} from "../../../core/iota/orchestrator/records.ts";
import { PUBLISHED_SWARM, type SwarmSettings } from "../../../core/iota/orchestrator/settings.ts";
import type { Json } from "../../../core/iota/orchestrator/state.ts";
import { findPreset } from "../../../core/model/presets.ts";
import { FakeClock } from "../../harness/memory_host.ts";

/** 2026-11-23 07:00 UTC. */
export const NOW_MS = Date.UTC(2026, 10, 23, 7);

/** A swarm that trains nano in three layers. */
export const SETTINGS: SwarmSettings = {
  ...PUBLISHED_SWARM,
  model: findPreset("nano").model,
  batch: 4,
  seq: 64,
  schedule: { peak: 1e-3, warmupSteps: 10, plateauSteps: 500, totalSteps: 1000 },
};

/** A time of day that stands still until it is moved. */
export class SetWallClock implements WallClock {
  nowMs = NOW_MS;

  unixMs(): number {
    return this.nowMs;
  }
}

/** See the module. */
export class ShownSwarm {
  readonly clock = new FakeClock();
  readonly wallClock = new SetWallClock();
  readonly state = new MemoryState(this.wallClock);
  readonly context: DashboardContext;

  constructor(settings: Partial<SwarmSettings> = {}) {
    this.context = {
      settings: { ...SETTINGS, ...settings },
      state: this.state,
      clock: this.clock,
      wallClock: this.wallClock,
      signer: {
        address: "5Orchestrator",
        publicKey: new Uint8Array(32),
        sign: () => Promise.reject(new Error("nothing is to be signed")),
      },
      version: "test",
    };
  }

  async miner(hotkey: string, layer: number, given: Partial<MinerRecord> = {}): Promise<void> {
    const record: MinerRecord = {
      ...{ hotkey, layer, uid: null, registeredMs: NOW_MS - 3_600_000, seenMs: NOW_MS - 1000 },
      ...{ cached: [], backwards: 0, forwardsEver: 0, backwardsEver: 0, meanWorkMs: 0 },
      lastMerge: null,
      ...given,
    };
    await changeRecord(this.state.records, MINERS, hotkey, () => record);
  }

  async layer(layer: number, given: Partial<LayerRecord> = {}): Promise<void> {
    const record: LayerRecord = {
      ...{ layer, phase: "is_training", phaseSinceMs: NOW_MS - 60_000, merges: 0, numSections: 1 },
      ...{ batchesBegun: 0 },
      ...given,
    };
    await changeRecord(this.state.records, LAYERS, `${layer}`, () => record);
  }

  async validator(record: ValidatorRecord): Promise<void> {
    await changeRecord(this.state.records, VALIDATORS, record.hotkey, () => record);
  }

  async waiting(layer: number, count: number): Promise<void> {
    for (let i = 0; i < count; i++) await this.state.queues.add(forwardQueue(layer), `u${i}`);
  }

  async loss(loss: number, timeMs = NOW_MS): Promise<void> {
    await this.state.journals.append(LOSSES, {
      ...{ activation_uid: "u", loss_value: loss, hotkey: "5Tail", timestamp: timeMs / 1000 },
    });
  }

  async pathway(
    hotkeys: readonly string[],
    loss: number,
    { timeMs = NOW_MS, ms = hotkeys.map(() => 100) }: { timeMs?: number; ms?: number[] } = {},
  ): Promise<void> {
    await this.state.journals.append(PATHWAYS, { uid: "u", hotkeys, loss, ms, timeMs });
  }

  async event(event: { readonly [key: string]: Json }): Promise<void> {
    await this.state.journals.append(EVENTS, { timeMs: NOW_MS, ...event });
  }
}

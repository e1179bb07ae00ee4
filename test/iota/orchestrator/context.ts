/**
 * What the parts of an orchestrator work with, for tests: state and store in memory, time that the
 * test lets pass, and a log that is kept.
 *
 * @module
 */

import type { Chain } from "../../../core/chain/chain.ts";
import { WeftError } from "../../../core/errors.ts";
import type { Http } from "../../../core/host.ts";
import type { OrchestratorContext } from "../../../core/iota/orchestrator/context.ts";
import { MemoryState } from "../../../core/iota/orchestrator/memory_state.ts";
import { PUBLISHED_SWARM, type SwarmSettings } from "../../../core/iota/orchestrator/settings.ts";
import type { SwarmState } from "../../../core/iota/orchestrator/state.ts";
import { Keypair } from "../../../core/wallet/keypair.ts";
import { readyKeys } from "../../../core/wallet/ready.ts";
import { tinyModel } from "../../model/tiny_model.ts";
import { FakeTime } from "../fake_time.ts";
import { MemoryObjectStore } from "../memory_object_store.ts";

/** A swarm of three layers of a tiny model, open to all, with the published thresholds. */
export const TEST_SWARM: SwarmSettings = {
  ...PUBLISHED_SWARM,
  model: tinyModel(),
  batch: 2,
  seq: 8,
  schedule: { peak: 1e-3, warmupSteps: 10, plateauSteps: 500, totalSteps: 1000 },
  membersOnly: false,
};

/** What may differ from the usual. */
export interface TestContextOptions {
  readonly settings?: Partial<SwarmSettings>;
  readonly chain?: Chain;
  readonly http?: Http;
  /** A state that several contexts share, as several processes do. @default one of its own */
  readonly state?: SwarmState;
  readonly time?: FakeTime;
  readonly store?: MemoryObjectStore;
}

/** A context with what stands behind it. */
export interface TestContext extends OrchestratorContext {
  readonly store: MemoryObjectStore;
  readonly time: FakeTime;
  /** Level and message of each line. */
  readonly lines: string[];
}

/** Makes a context. */
export async function testContext(options: TestContextOptions = {}): Promise<TestContext> {
  await readyKeys();
  const time = options.time ?? new FakeTime();
  const lines: string[] = [];
  const at = (level: string) => (message: string): void => void lines.push(`${level}: ${message}`);
  return {
    settings: { ...TEST_SWARM, ...options.settings },
    state: options.state ?? new MemoryState(time),
    store: options.store ?? new MemoryObjectStore(time),
    clock: time,
    wallClock: time,
    time,
    randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
    log: { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") },
    lines,
    http: options.http ?? (() => Promise.reject(new WeftError("there is no network in this test"))),
    signer: Keypair.fromSeed(new Uint8Array(32).fill(7)),
    chain: options.chain,
    version: "1",
  };
}

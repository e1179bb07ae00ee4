/**
 * What the page asks of its worker, and what the worker tells.
 *
 * @module
 */

import type { Metagraph } from "../../core/chain/metagraph.ts";
import type { MinerEvent } from "../../core/iota/miner/miner.ts";
import type { NodeEvent } from "../../core/node/events.ts";
import type { GpuShares } from "../../core/node/gpu_use.ts";
import type { DeviceEvent } from "../../core/node/swarm_miner.ts";
import type { LogLevel } from "./browser_host.ts";

/** The GPU that the browser gave, and what it does. */
export interface AdapterReport {
  readonly adapter: string;
  readonly isSoftware: boolean;
  /** f32 operations a second of a matrix product, in 1e9. */
  readonly gigaflops: number;
  readonly hasF16: boolean;
  /** Of the largest buffer that a shader may see. */
  readonly maxBindingBytes: number;
}

/** A challenge that the node has answered. */
export interface ChallengeEvent {
  readonly kind: "challenge";
  readonly difficulty: number;
  readonly success: boolean;
  /** From the question to the answer, in seconds. */
  readonly elapsedS: number;
  /** The miner's score with it, from 0 to 1; undefined where only the validator knows. */
  readonly score: number | undefined;
  /** Why it failed; empty for a success. */
  readonly reason: string;
}

/** A line of the log. */
export interface LogEvent {
  readonly kind: "log";
  readonly level: LogLevel;
  readonly message: string;
}

/** A miner of a swarm elsewhere begins. */
export interface JoinedEvent {
  readonly kind: "joined";
  readonly url: string;
  readonly hotkey: string;
  readonly model: string;
  readonly layers: number;
}

/** Bytes of bodies that went over the network since the miner began. */
export interface TrafficEvent {
  readonly kind: "traffic";
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

/** Whom the GPU has worked for since the last event of this kind. */
export interface GpuEvent {
  readonly kind: "gpu";
  readonly shares: GpuShares;
  /** Pieces of work that wait for it now. */
  readonly waiting: number;
}

/** What a miner of a swarm elsewhere does; its steps count for one stage. */
export interface MiningEvent {
  readonly kind: "mining";
  readonly event: Exclude<MinerEvent | DeviceEvent, { kind: "device lost" }>;
}

/** A tab's axon is known to its relay and to the chain. */
export interface ServingEvent {
  readonly kind: "serving";
  readonly hotkey: string;
  /** Where validators reach it. */
  readonly ip: string;
  readonly port: number;
}

/** All that a run tells. */
export type RunEvent =
  | NodeEvent
  | ChallengeEvent
  | LogEvent
  | JoinedEvent
  | TrafficEvent
  | GpuEvent
  | MiningEvent
  | ServingEvent;

/** What mining in a swarm elsewhere needs. */
export interface SwarmRunSettings {
  /** The orchestrator's, `https://host`. */
  readonly url: string;
  /** Address of a kept hotkey, and what opens it. */
  readonly hotkey: string;
  readonly passphrase: string;
  /** Undefined where no chain was asked. */
  readonly uid: number | undefined;
  /** Whether the page's own server is to ask in its stead. */
  readonly forwards: boolean;
}

/** What answering challenges of validators needs. */
export interface ComputeRunSettings {
  /** The relay's, `wss://host/relay`. */
  readonly relayUrl: string;
  readonly netuid: number;
  /** Address of a kept hotkey, and what opens it. */
  readonly hotkey: string;
  readonly passphrase: string;
}

/** What a miner of the compute network asks of the chain, on the page's side. */
export interface ComputeChainLink {
  /** Who is registered. */
  readonly metagraph: (netuid: number) => Promise<Metagraph>;
  /** Tells the chain where validators reach the axon. @param sign signs bytes in hex with the hotkey */
  readonly serveAxon: (
    place: { readonly ip: string; readonly port: number },
    sign: (hex: string) => Promise<string>,
  ) => Promise<void>;
}

/** A hotkey of this browser. */
export interface HotkeyEntry {
  readonly address: string;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

/** A hotkey that was made now: its words are shown once. */
export interface NewHotkey extends HotkeyEntry {
  readonly mnemonic: string;
}

/** What a run on this device is to do. */
export interface LocalRunSettings {
  /** A preset's name, or `auto`. */
  readonly model: string;
  readonly steps: number;
  /** Whether challenges come beside training. */
  readonly challenges: boolean;
}

/** What the browser keeps of runs. */
export interface StorageReport {
  readonly usedBytes: number;
  readonly quotaBytes: number;
  /** Whether the browser has promised not to throw it away. */
  readonly isPersistent: boolean;
}

/** The worker, as the page sees it through comlink. */
export interface NodeApi {
  /** Opens the GPU and measures it. @throws {Error} where there is none */
  measureAdapter(): Promise<AdapterReport>;
  /** Runs until it is done or stopped. Earlier steps of the run are told first. */
  runLocal(settings: LocalRunSettings, tell: (events: readonly RunEvent[]) => void): Promise<void>;
  /** Mines until it is stopped. */
  mineSwarm(settings: SwarmRunSettings, tell: (events: readonly RunEvent[]) => void): Promise<void>;
  /** Answers challenges through a relay until it is stopped. */
  mineCompute(
    settings: ComputeRunSettings,
    metagraph: ComputeChainLink["metagraph"],
    serveAxon: ComputeChainLink["serveAxon"],
    tell: (events: readonly RunEvent[]) => void,
  ): Promise<void>;
  /** Ends a run; a local one with a checkpoint. */
  stop(): void;
  storage(): Promise<StorageReport>;
  /** Forgets the local run. */
  clearLocalRun(): Promise<void>;

  listHotkeys(): Promise<HotkeyEntry[]>;
  createHotkey(name: string, passphrase: string): Promise<NewHotkey>;
  /** @param secret a mnemonic, or the JSON of a keyfile */
  importHotkey(name: string, secret: string, passphrase: string): Promise<HotkeyEntry>;
  /** The keyfile for btcli. */
  exportHotkey(address: string, passphrase: string): Promise<string>;
  forgetHotkey(address: string): Promise<void>;
}

/**
 * Mining in a swarm elsewhere: what is chosen, and what the miner has told so far.
 *
 * @module
 */

import { batch, signal } from "@preact/signals";
import { proxy } from "comlink";
import { PUBLISHED_ORCHESTRATOR } from "../../core/iota/miner/swarm_options.ts";
import type { MinerPhase } from "../../core/iota/miner/miner_context.ts";
import type { StageFacts } from "../../core/node/trainers.ts";
import { readRegistered, serveAxon } from "./chain.ts";
import type { JoinedEvent, MiningEvent, RunEvent, ServingEvent } from "../worker/node_api.ts";
import {
  addChallenges,
  addLog,
  begin,
  challenges,
  failure,
  gpu,
  isRunning,
  node,
  phase,
  reasonOf,
} from "./node.ts";

const MAX_LOSSES = 2_000;

/** What a miner has done since it began. */
export interface Tally {
  readonly forwards: number;
  readonly backwards: number;
  readonly steps: number;
  readonly merges: number;
  readonly lost: number;
}

const NOTHING: Tally = { forwards: 0, backwards: 0, steps: 0, merges: 0, lost: 0 };

export const url = signal<string>(PUBLISHED_ORCHESTRATOR);
/** Whether this page's server asks in its stead, where servers do not let pages ask. */
export const forwards = signal(false);
/** Of the page's own server, unless another is named. */
export const relayUrl = signal(
  `${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}/relay`,
);
export const serving = signal<ServingEvent | undefined>(undefined);
export const joined = signal<JoinedEvent | undefined>(undefined);
export const stage = signal<StageFacts | undefined>(undefined);
export const tally = signal<Tally>(NOTHING);
/** Losses of the last layer, where this is it. */
export const losses = signal<readonly number[]>([]);
/** What the miner is at; undefined until it is registered. */
export const swarmPhase = signal<MinerPhase | undefined>(undefined);
export const traffic = signal({ sentBytes: 0, receivedBytes: 0 });

/** Mines with a hotkey until it is stopped. */
export async function startMining(
  hotkey: string,
  passphrase: string,
  uid: number | undefined,
): Promise<void> {
  if (isRunning.value) return;
  batch(() => {
    begin("swarm");
    joined.value = undefined;
    stage.value = undefined;
    swarmPhase.value = undefined;
    tally.value = NOTHING;
    losses.value = [];
  });
  const settings = { url: url.value, hotkey, passphrase, uid, forwards: forwards.value };
  try {
    await node.mineSwarm(settings, proxy(take));
    phase.value = "done";
  } catch (error) {
    batch(() => {
      failure.value = reasonOf(error);
      phase.value = "failed";
    });
  }
}

/** Answers challenges with a hotkey, through a relay, until it is stopped. */
export async function startComputing(
  hotkey: string,
  passphrase: string,
  netuid: number,
): Promise<void> {
  if (isRunning.value) return;
  batch(() => {
    begin("compute");
    serving.value = undefined;
    challenges.value = [];
  });
  const settings = { relayUrl: relayUrl.value, netuid, hotkey, passphrase };
  try {
    await node.mineCompute(
      settings,
      proxy(readRegistered),
      proxy((place, sign) => serveAxon(netuid, hotkey, place, sign)),
      proxy(take),
    );
    phase.value = "done";
  } catch (error) {
    batch(() => {
      failure.value = reasonOf(error);
      phase.value = "failed";
    });
  }
}

function take(events: readonly RunEvent[]): void {
  batch(() => {
    for (const event of events) takeOne(event);
  });
}

function takeOne(event: RunEvent): void {
  switch (event.kind) {
    case "joined":
      joined.value = event;
      phase.value = "running";
      return;
    case "traffic":
      traffic.value = event;
      return;
    case "gpu":
      gpu.value = event;
      return;
    case "serving":
      serving.value = event;
      phase.value = "running";
      return;
    case "challenge":
      return addChallenges([event]);
    case "mining":
      return takeWork(event.event);
    case "device lost":
      return addLog({ kind: "log", level: "warn", message: `the GPU was lost: ${event.reason}` });
    case "log":
      return addLog(event);
  }
}

function takeWork(event: MiningEvent["event"]): void {
  const { forwards, backwards, steps, merges, lost } = tally.value;
  switch (event.kind) {
    case "phase":
      swarmPhase.value = event.phase;
      return;
    case "stage":
      stage.value = event;
      return;
    case "forward":
      tally.value = { ...tally.value, forwards: forwards + 1 };
      if (event.loss !== undefined) {
        losses.value = [...losses.value, event.loss].slice(-MAX_LOSSES);
      }
      return;
    case "backward":
      tally.value = { ...tally.value, backwards: backwards + 1 };
      return;
    case "step":
      tally.value = { ...tally.value, steps: steps + 1 };
      return;
    case "merged":
      tally.value = { ...tally.value, merges: merges + 1 };
      return;
    case "lost":
      tally.value = { ...tally.value, lost: lost + 1 };
      return addLog({ kind: "log", level: "warn", message: event.reason });
  }
}

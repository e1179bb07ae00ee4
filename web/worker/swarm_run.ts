/**
 * Mines in a swarm elsewhere, with a hotkey of this browser.
 *
 * @module
 */

import type { Host } from "../../core/host.ts";
import { PUBLISHED_ORCHESTRATOR } from "../../core/iota/miner/swarm_options.ts";
import type { MinerEvent } from "../../core/iota/miner/miner.ts";
import { GpuStages } from "../../core/node/gpu_stages.ts";
import { askFacts } from "../../core/node/swarm_facts.ts";
import { type DeviceEvent, SwarmMiner, toldTraining } from "../../core/node/swarm_miner.ts";
import { Traffic } from "../../core/node/traffic.ts";
import type { Signer } from "../../core/wallet/signer.ts";
import { browserRandomBytes, browserWallClock } from "./browser_host.ts";
import { fetchHttp } from "./fetch_http.ts";
import { toldTurns } from "./gpu_report.ts";
import type { RunEvent, SwarmRunSettings } from "./node_api.ts";

/** How often it is told what went over the network. */
const TRAFFIC_MS = 2_000;

/** Mines until the signal. @throws {WeftError} if the orchestrator does not want this miner */
export async function mineSwarm(
  { clock, log, webgpu }: Pick<Host, "clock" | "log" | "webgpu">,
  signer: Signer,
  settings: SwarmRunSettings,
  tell: (event: RunEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const url = settings.url.replace(/\/+$/, "");
  const traffic = new Traffic();
  const http = traffic.counted(fetchHttp(settings.forwards ? location.origin : undefined));
  const isPublished = url === PUBLISHED_ORCHESTRATOR;
  const facts = isPublished ? undefined : await askFacts(url, { http, clock }, signal);
  const training = toldTraining(facts);
  const ended = new AbortController();
  let miner: SwarmMiner | undefined;
  try {
    const turns = toldTurns(clock, tell, ended.signal);
    miner = new SwarmMiner({
      ...training,
      ...{ clock, wallClock: browserWallClock, randomBytes: browserRandomBytes, http, log, signal },
      ...{ url, isWeft: facts !== undefined, signer, uid: settings.uid, turns },
      texts: {
        ...{ ownDocuments: undefined, tokenizer: undefined, token: undefined },
        dataset: "HuggingFaceFW/fineweb",
      },
      openStages: (options) => new GpuStages({ ...options, clock, webgpu }),
      onEvent: (event) => tell(toldEvent(event)),
    });
    const { name: model, splits } = training.training.model;
    tell({ kind: "joined", url, hotkey: signer.address, model, layers: splits.length });
    await Promise.race([miner.run(), tellTraffic(clock, traffic, tell, ended.signal)]);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    ended.abort();
    miner?.close();
  }
}

function toldEvent(event: MinerEvent | DeviceEvent): RunEvent {
  return event.kind === "device lost" ? event : { kind: "mining", event };
}

/** Ends with the signal only. */
async function tellTraffic(
  clock: Host["clock"],
  traffic: Traffic,
  tell: (event: RunEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const { sentBytes, receivedBytes } = traffic;
    tell({ kind: "traffic", sentBytes, receivedBytes });
    await clock.sleep(TRAFFIC_MS, signal);
  }
}

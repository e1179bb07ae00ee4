/**
 * Mines in a swarm elsewhere: from the flags to the last word. Nothing is kept between runs, the
 * weights come from the orchestrator.
 *
 * @module
 */

import { resolve } from "node:path";
import { WeftError } from "../../core/errors.ts";
import type { Http, Log } from "../../core/host.ts";
import { RefusedError } from "../../core/iota/api/client_errors.ts";
import { healthHandler } from "../../core/iota/miner/health.ts";
import { PUBLISHED_ORCHESTRATOR } from "../../core/iota/miner/swarm_options.ts";
import { PUBLISHED_SWARM } from "../../core/iota/orchestrator/settings.ts";
import { GpuTurns } from "../../core/node/gpu_turns.ts";
import { askFacts, type SwarmFacts } from "../../core/node/swarm_facts.ts";
import {
  SwarmMiner,
  type SwarmMinerOptions,
  type SwarmTraining,
} from "../../core/node/swarm_miner.ts";
import { Traffic } from "../../core/node/traffic.ts";
import type { Signer } from "../../core/wallet/signer.ts";
import type { CommandContext } from "../command.ts";
import { readDocuments } from "../corpus_files.ts";
import { createLog } from "../deno_host.ts";
import type { HttpListener } from "../http_server.ts";
import { checkRemoteUse, type MINE_FLAGS, type MineValues } from "../mine_settings.ts";
import { hotkeySigner } from "../wallet/unlock.ts";
import { walletFolder } from "../wallet/wallet_folder.ts";
import type { RemotePlace } from "./remote_flags.ts";
import { RemoteReport, type StartedEvent } from "./remote_report.ts";
import { remoteTraining } from "./remote_training.ts";
import type { MineSystem } from "./system.ts";

type Context = CommandContext<typeof MINE_FLAGS>;

/** What a run is made of; everything about the flags has been judged. */
interface Run {
  readonly system: MineSystem;
  readonly context: Context;
  readonly place: RemotePlace;
  readonly facts: SwarmFacts | undefined;
  readonly settings: SwarmTraining;
  readonly signer: Signer;
  readonly uid: number | undefined;
  readonly http: Http;
  readonly log: Log;
  readonly report: RemoteReport;
  readonly turns: GpuTurns;
}

/**
 * Mines until the user says stop; gives the exit code.
 *
 * @throws {UsageError} if flags do not fit together, or not the swarm
 * @throws {WeftError} if there is no wallet, no such miner on the chain, no usable GPU, no text for
 *   layer 0, or the orchestrator does not want this miner
 */
export async function mineRemote(
  system: MineSystem,
  context: Context,
  place: RemotePlace,
  turns = new GpuTurns(),
): Promise<number> {
  const { values, screen, signal } = context;
  const { clock, wallClock } = system;
  checkRemoteUse(values);
  const log = createLog(values.loggingDebug ? "debug" : "info", (line) => screen.message(line));
  await using open = new AsyncDisposableStack();
  const client = system.openHttp();
  open.defer(() => client.close());
  const traffic = new Traffic();
  const http = traffic.counted(client);
  try {
    // What is wrong with the flags is told before a password is asked for.
    const isPublished = place.url === PUBLISHED_ORCHESTRATOR;
    const facts = isPublished ? undefined : await askFacts(place.url, { http, clock }, signal);
    const settings = await remoteTraining(values, { folder: system.userFolder(), facts, log });
    const signer = await hotkeySigner(walletFolder(values, system), values.walletHotkey, system);
    const uid = await uidOnChain(system, values, { place, signer, log });
    signal.throwIfAborted();
    const report = new RemoteReport(screen, { clock, wallClock }, traffic, values.json);
    await mine({
      ...{ system, context, place, facts, settings, signer, uid, http, log, report, turns },
    });
    report.show({ kind: "finished", ...report.totals });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return 0;
}

/** Opens the stages and the health endpoint, and mines. */
async function mine(run: Run): Promise<void> {
  const { system, context: { values, signal }, report, place, settings, facts } = run;
  const { signer, uid, http, log, turns } = run;
  const { clock, wallClock, randomBytes } = system;
  await using open = new AsyncDisposableStack();
  const miner = new SwarmMiner({
    ...settings,
    ...{ clock, wallClock, randomBytes, http, log, signer, uid, turns, signal },
    ...{ url: place.url, isWeft: facts !== undefined, texts: textSettings(run) },
    openStages: (options) => system.openStages({ ...options, backend: values.gpuBackend }),
    onEvent: (event) => report.show(event),
  });
  open.defer(() => miner.close());
  const health = await listenForHealth(run, miner);
  open.defer(() => health?.close());
  report.show(started(run, health?.url));
  try {
    await miner.run();
  } catch (error) {
    throw explained(error, values, place);
  }
}

function started({ place, facts, settings, signer, uid }: Run, health?: string): StartedEvent {
  const { training, precision, seed } = settings;
  const { model, batch, seq, weightsDtype, maxCachedActivations, localOptimizerSteps } = training;
  return {
    ...{ kind: "started", url: place.url, isWeft: facts !== undefined },
    ...{ hotkey: signer.address, uid: uid ?? null },
    ...{ model: model.name, layers: model.splits.length, batch, seq, precision },
    ...{ batchesBeforeMerging: training.globalOptimizerSteps, localOptimizerSteps },
    ...{ weightsDtype, maxCachedActivations, seed },
    ...health === undefined ? {} : { health },
  };
}

function textSettings({ system, context: { values } }: Run): SwarmMinerOptions["texts"] {
  const { data, tokenizer, dataset } = values;
  return {
    ownDocuments: data === undefined
      ? undefined
      : async () => (await readDocuments(resolve(system.userFolder(), data))).documents,
    ...{ tokenizer, dataset },
    // An empty variable counts as not set.
    token: system.environment.HF_TOKEN || system.envFile.HF_TOKEN || undefined,
  };
}

/** The hotkey's uid; undefined where no chain is asked. @throws {WeftError} if it has none */
async function uidOnChain(
  system: MineSystem,
  { netuid = PUBLISHED_SWARM.netuid }: MineValues,
  { place, signer, log }: Pick<Run, "place" | "signer" | "log">,
): Promise<number | undefined> {
  if (place.chain === undefined) return undefined;
  const chain = await system.openChain(place.chain, log);
  try {
    const uid = await chain.uidOf(netuid, signer.address);
    if (uid !== undefined) return uid;
    const { network } = await chain.identity();
    throw new WeftError(
      `hotkey ${signer.address} is not registered on subnet ${netuid} of ${network}: register it ` +
        `with deno task wallet register --netuid ${netuid} --subtensor.network ${network}`,
    );
  } finally {
    await chain.close().catch((error) => log.debug(`the chain did not close: ${error}`));
  }
}

async function listenForHealth(
  { system, context: { values }, log }: Run,
  miner: SwarmMiner,
): Promise<HttpListener | undefined> {
  if (!values.health) return undefined;
  const { healthHost: hostname, healthPort: port, healthEndpoint } = values;
  const handler = healthHandler(healthEndpoint, () => miner.health());
  const listener = await system.listen(handler, { hostname, port, log });
  return { ...listener, url: `${listener.url}${healthEndpoint}` };
}

/** What to do, where the orchestrator only says no. */
function explained(
  error: unknown,
  { netuid = PUBLISHED_SWARM.netuid }: MineValues,
  { url }: RemotePlace,
): unknown {
  if (!(error instanceof RefusedError) || error.status !== 403) return error;
  return new WeftError(
    `${url} does not take this miner: ${error.detail || "no reason given"}; is the hotkey ` +
      `registered on subnet ${netuid}? deno task doctor --netuid ${netuid} tells`,
    { cause: error },
  );
}

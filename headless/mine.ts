/**
 * `deno task mine`: trains a model on the network's protocol, on a network that is all on this machine
 * or in a swarm elsewhere.
 *
 * @module
 */

import { join, resolve } from "node:path";
import { buildCorpus } from "../core/data/corpus.ts";
import { byteTokenizer } from "../core/data/tokenizer.ts";
import type { NodeEvent } from "../core/node/events.ts";
import { GpuTurns } from "../core/node/gpu_turns.ts";
import { train } from "../core/node/train.ts";
import { type Command, type CommandContext, runAsProcess, userFolder } from "./command.ts";
import { ignoredLines } from "./compute/flags.ts";
import { readDocuments } from "./corpus_files.ts";
import { createDenoHost } from "./deno_host.ts";
import { localSwarmOpener } from "./local_swarm.ts";
import { CHART_NAME, LossChart } from "./loss_chart.ts";
import { startLocalChallenges } from "./mine/local_challenges.ts";
import { processMineSystem } from "./mine/process_system.ts";
import { mineRemote } from "./mine/remote.ts";
import { mineCompute } from "./mine/remote_compute.ts";
import { computeChain, remotePlace } from "./mine/remote_flags.ts";
import type { MineSystem } from "./mine/system.ts";
import { MineReport } from "./mine_report.ts";
import {
  checkText,
  localSeed,
  MINE_FLAGS,
  type MineValues,
  modelLabel,
  precisionOf,
  trainSettings,
} from "./mine_settings.ts";
import { defaultRunFolder, lockRunFolder } from "./run_folder.ts";
import type { Screen } from "./screen.ts";

/** The command, in surroundings that are opened for a swarm elsewhere only. */
export function mineCommandIn(openSystem: () => MineSystem): Command<typeof MINE_FLAGS> {
  return {
    name: "mine",
    summary:
      "Trains a model in stages, as the miners of IOTA do. On the local network this process " +
      "is every miner, and the orchestrator too: Ctrl-C saves the run and ends it, the same " +
      "command goes on with it. With --network finney or test, or with --orchestrator, it is one " +
      "miner of a swarm elsewhere, which keeps nothing between runs.",
    flags: MINE_FLAGS,
    run: (context) => {
      for (const line of ignoredLines(context.values)) context.screen.message(line);
      const place = remotePlace(context.values);
      const chain = computeChain(context.values);
      const { subnet = place ? "iota" : "all" } = context.values;
      const turns = new GpuTurns();
      const compute = async (): Promise<number> =>
        chain ? await mineCompute(openSystem(), context, chain, turns) : await mineLocal(context);
      if (subnet === "compute") return compute();
      if (!place) return mineLocal(context);
      const iota = mineRemote(openSystem(), context, place, turns);
      return subnet === "iota" ? iota : both(iota, compute());
    },
  };
}

/** Runs until both have ended; what one fails with goes before the other's. */
async function both(...works: readonly Promise<number>[]): Promise<number> {
  const codes = await Promise.all(works);
  return Math.max(...codes);
}

/** The command. */
export const mineCommand: Command<typeof MINE_FLAGS> = mineCommandIn(processMineSystem);

async function mineLocal(context: CommandContext<typeof MINE_FLAGS>): Promise<number> {
  const { values, screen, signal } = context;
  const settings = await trainSettings(values, userFolder());
  const { name, documents } = await readDocuments(
    values.data === undefined ? undefined : resolve(userFolder(), values.data),
  );
  const corpus = buildCorpus(documents, byteTokenizer);
  checkText(settings.model, byteTokenizer, corpus);
  const runDir = runFolder(values, name);
  const subnet = values.subnet ?? "all";
  const lock = lockRunFolder(runDir);
  try {
    const denoHost = createDenoHost({
      runDir,
      backend: values.gpuBackend,
      logLevel: values.loggingDebug ? "debug" : "info",
      writeLog: (line) => screen.message(line),
    });
    const turns = new GpuTurns();
    const host = { ...denoHost, openNetwork: localSwarmOpener(runDir, denoHost.log, turns) };
    const report = new MineReport(screen, host.clock, {
      runDir,
      textName: name,
      tokens: corpus.training.length + corpus.validation.length,
      chartPath: join(runDir, CHART_NAME),
    });
    announce(screen, signal, values, runDir);
    const ended = new AbortController();
    const challenges = subnet === "iota" ? undefined : await startLocalChallenges({
      ...{ runDir, host: denoHost, turns },
      onChallenge: (event) => values.json ? screen.printJson(event) : report.showChallenge(event),
    }, AbortSignal.any([signal, ended.signal]));
    try {
      const chart = new LossChart(host.storage);
      const text = { corpus, tokenizer: byteTokenizer };
      if (subnet === "compute") await challenges?.done;
      else {
        for await (const event of train(host, text, settings, signal)) {
          await chart.take(event);
          show(event, values, screen, report);
        }
      }
    } finally {
      ended.abort();
      await challenges?.done;
    }
  } finally {
    lock.release();
  }
  return 0;
}

function runFolder(values: MineValues, text: string): string {
  if (values.runDir !== undefined) return resolve(userFolder(), values.runDir);
  return defaultRunFolder(
    {
      ...{ model: modelLabel(values.model), precision: precisionOf(values), text },
      seed: localSeed(values),
    },
    Deno.build.os,
    Deno.env.toObject(),
  );
}

function announce(screen: Screen, signal: AbortSignal, values: MineValues, runDir: string): void {
  if (values.json) screen.message(`run folder ${runDir}`);
  else screen.status("opening the GPU and building the model");
  signal.addEventListener("abort", () => {
    screen.message("stopping, the run is saved first; Ctrl-C again ends it at once");
  });
}

function show(event: NodeEvent, values: MineValues, screen: Screen, report: MineReport): void {
  if (values.json) screen.printJson(event);
  else report.show(event);
}

if (import.meta.main) await runAsProcess(mineCommand);

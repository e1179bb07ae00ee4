/**
 * A real orchestrator on loopback with its store on disk, and as many wallets as miners are wanted;
 * stages are on the shared device.
 *
 * @module
 */

import { join } from "node:path";
import type { Chain } from "../../../core/chain/chain.ts";
import { chainHandlers, type PartialHandler } from "../../../core/iota/api/server.ts";
import { StageTrainer } from "../../../core/iota/miner/stage_trainer.ts";
import { MemoryState } from "../../../core/iota/orchestrator/memory_state.ts";
import { Orchestrator } from "../../../core/iota/orchestrator/orchestrator.ts";
import { WeftError } from "../../../core/errors.ts";
import { PUBLISHED_SWARM, type SwarmSettings } from "../../../core/iota/orchestrator/settings.ts";
import { createStage } from "../../../core/model/pipeline.ts";
import type { Stage } from "../../../core/model/stage.ts";
import { Keypair } from "../../../core/wallet/keypair.ts";
import { readyKeys } from "../../../core/wallet/ready.ts";
import { processClock, processRandomBytes, processWallClock } from "../../../headless/deno_host.ts";
import { openDiskStore } from "../../../headless/disk_store.ts";
import { listenHttp } from "../../../headless/http_server.ts";
import { runCommand } from "../../../headless/command.ts";
import { mineCommandIn } from "../../../headless/mine.ts";
import type { BackendStagesOptions, MineSystem } from "../../../headless/mine/system.ts";
import { nodeHttp } from "../../../headless/node_http.ts";
import { Screen } from "../../../headless/screen.ts";
import type { Trainers } from "../../../core/node/trainers.ts";
import { denoThreads } from "../../../headless/threads.ts";
import { MemoryStorage } from "../../harness/memory_host.ts";
import { KeptLog } from "../../harness/kept_log.ts";
import { TEST_TUNING } from "../../model/device_pipeline.ts";
import { openSharedGpu } from "../../model/shared.ts";
import { tinyModel } from "../../model/tiny_model.ts";
import { withTempFolder } from "../temp_folder.ts";
import { TINY_MODEL_JSON } from "../validate/tiny_model_json.ts";
import { fakeWalletSystem, type WalletRun } from "../wallet/fake_wallet_system.ts";
import { makeWallet } from "../wallet/test_wallet.ts";

/** A model of three layers whose tokens are bytes. */
const BYTE_MODEL = tinyModel({ name: "bytes", V: 256 });

/** Its file. */
export const BYTE_MODEL_JSON = {
  ...TINY_MODEL_JSON,
  ...{ model_name: "bytes", vocab_size: 256, total_global_params: BYTE_MODEL.totalGlobalParams },
};

/** How it trains, unless a test says otherwise. */
export const LOOPBACK_SETTINGS: SwarmSettings = {
  ...PUBLISHED_SWARM,
  ...{ model: BYTE_MODEL, batch: 2, seq: 16, globalOptimizerSteps: 2, localOptimizerSteps: 2 },
  schedule: { peak: 1e-3, warmupSteps: 1, plateauSteps: 500, totalSteps: 1000 },
  ...{ rateFactor: Infinity, membersOnly: false },
};

const LOOPBACK = { hostname: "127.0.0.1", port: 0 };

/** What a test plays with. */
export interface LoopbackSwarm {
  readonly url: string;
  /** The orchestrator's log. */
  readonly log: KeptLog;
  /** Folder of the wallets, and where the user stands. */
  readonly dir: string;
  /** What stages were asked for. */
  readonly stages: readonly BackendStagesOptions[];
  /** Makes every further stage fail. */
  failStages(error: Error): void;
  /** Runs the command with these arguments. */
  mine(args: readonly string[], options?: MineRunOptions): Promise<WalletRun>;
}

/** How the command is run. */
export interface MineRunOptions {
  /** Ends it, as Ctrl-C does. */
  readonly signal?: AbortSignal;
  /** Sees each line on stdout. */
  readonly onLine?: (line: string) => void;
  /** In place of arguments. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** What may differ. */
export interface LoopbackOptions {
  readonly settings?: Partial<SwarmSettings>;
  readonly version?: string;
  /** Whether it answers the published routes only. */
  readonly isPublished?: boolean;
  /** That miners ask. */
  readonly chain?: Chain;
  /** That the orchestrator asks who may mine. @default it asks nobody */
  readonly members?: Chain;
}

/** Gives `body` a swarm, and closes it afterwards. */
export async function withLoopbackSwarm(
  options: LoopbackOptions,
  body: (swarm: LoopbackSwarm) => Promise<void>,
): Promise<void> {
  await withTempFolder(async (dir) => {
    await readyKeys();
    await using open = new AsyncDisposableStack();
    const log = new KeptLog();
    const http = nodeHttp();
    open.defer(() => http.close());
    let handle: PartialHandler = () => undefined;
    const listener = await listenHttp(chainHandlers((request) => handle(request)), {
      ...{ ...LOOPBACK, log },
    });
    open.defer(() => listener.close());
    const { url } = listener;
    const time = { clock: processClock, wallClock: processWallClock };
    const store = await openDiskStore(join(dir, "store"), {
      ...{ publicUrl: url, wallClock: processWallClock, log, syncs: false },
    });
    const orchestrator = new Orchestrator({
      ...{ ...time, store, log, http, chain: options.members, version: options.version ?? "1" },
      ...{
        settings: { ...LOOPBACK_SETTINGS, ...options.settings },
        state: new MemoryState(time.wallClock),
      },
      ...{ randomBytes: processRandomBytes, signer: Keypair.fromUri("//Alice") },
    });
    const isHidden = (target: string): boolean =>
      options.isPublished === true && target.startsWith("/orchestrator/overview");
    handle = (request) =>
      store.handle(request) ??
        (isHidden(request.target) ? undefined : orchestrator.handler(request));
    const stop = new AbortController();
    const running = orchestrator.run(stop.signal);
    open.defer(async () => {
      stop.abort();
      await running;
    });
    const wallet = fakeWalletSystem(dir, options);
    const hotkeys = { default: "//Bob", second: "//Charlie", third: "//Dave" };
    await makeWallet(wallet, { hotkeys });
    const stages: BackendStagesOptions[] = [];
    let failure: Error | undefined;
    const system: MineSystem = {
      ...wallet,
      ...{ ...time, envFile: {}, openHttp: nodeHttp, listen: listenHttp },
      randomBytes: processRandomBytes,
      openStages: (asked) => {
        stages.push(asked);
        if (failure) return { trainerFor: () => Promise.reject(failure), close: () => {} };
        return new SharedStages(asked);
      },
      openComputeHost: ({ log }) => ({
        ...{ clock: processClock, log, storage: new MemoryStorage(), threads: denoThreads() },
        webgpu: () => Promise.reject(new WeftError("no GPU in this test")),
      }),
    };
    await body({
      ...{ url, log, dir, stages },
      failStages: (error) => void (failure = error),
      mine: (args, run) => runMine(system, args, run),
    });
  });
}

async function runMine(
  system: MineSystem,
  args: readonly string[],
  { signal, onLine = () => {}, environment = {} }: MineRunOptions = {},
): Promise<WalletRun> {
  let [out, error] = ["", ""];
  const screen = new Screen({
    ...{ columns: 100, isLive: false, hasColour: false },
    writeOut: (text) => {
      out += text;
      for (const line of text.split("\n").filter((each) => each !== "")) onLine(line);
    },
    writeError: (text) => void (error += text),
  });
  const source = { args, environment, envFile: {} };
  const never = new AbortController().signal;
  const code = await runCommand(mineCommandIn(() => system), source, screen, signal ?? never);
  return { code, out, error };
}

/** Stages on the shared device, without measuring it. */
class SharedStages implements Trainers {
  #stage: Stage | undefined;

  constructor(readonly options: BackendStagesOptions) {}

  async trainerFor(layer: number): Promise<StageTrainer> {
    const { training: { model, batch, seq }, precision, seed, slots, onStage } = this.options;
    this.close();
    const gpu = await openSharedGpu();
    const options = { model, batch, seq, precision, tuning: TEST_TUNING, seed, slots };
    this.#stage = await createStage(gpu, options, layer);
    const { adapterName: adapter, backend, isSoftware, memory } = gpu;
    onStage({
      ...{ layer, parameters: 1, adapter, backend, isSoftware, memoryBytes: memory.bytes },
    });
    return await StageTrainer.create(this.#stage);
  }

  close(): void {
    this.#stage?.destroy();
    this.#stage?.gpu.close();
    this.#stage = undefined;
  }
}

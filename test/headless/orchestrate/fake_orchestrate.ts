/**
 * Surroundings for `orchestrate` in a test: a real listener on loopback and a real store on disk,
 * with a state in memory and an orchestrator that answers one route.
 *
 * @module
 */

import type { HttpHandler, HttpRequest } from "../../../core/host.ts";
import { jsonAnswer } from "../../../core/iota/api/server.ts";
import type { OrchestratorContext } from "../../../core/iota/orchestrator/context.ts";
import { Dashboards } from "../../../core/iota/orchestrator/dashboards.ts";
import { MemoryState } from "../../../core/iota/orchestrator/memory_state.ts";
import type { SwarmState } from "../../../core/iota/orchestrator/state.ts";
import { runCommand } from "../../../headless/command.ts";
import { processClock, processWallClock } from "../../../headless/deno_host.ts";
import { openDiskStore } from "../../../headless/disk_store.ts";
import { type HttpListener, listenHttp } from "../../../headless/http_server.ts";
import { nodeHttp } from "../../../headless/node_http.ts";
import { orchestrateCommand } from "../../../headless/orchestrate/command.ts";
import type { StatePlace, StorePlace } from "../../../headless/orchestrate/places.ts";
import type {
  OpenedStore,
  OrchestrateSystem,
  RunningOrchestrator,
} from "../../../headless/orchestrate/system.ts";
import { fakeScreen } from "../fake_screen.ts";
import { type FakeWalletOptions, fakeWalletSystem } from "../wallet/fake_wallet_system.ts";
import { makeWallet } from "../wallet/test_wallet.ts";

/** What a test may change. */
export interface FakeOrchestrateOptions extends FakeWalletOptions {
  /** What the orchestrator's timers do. @default they wait for the end */
  readonly run?: (signal: AbortSignal) => Promise<void>;
}

/** Surroundings, and what came of them. */
export interface FakeOrchestrate {
  readonly system: OrchestrateSystem;
  /** What the orchestrator was made with, once it was. */
  readonly context: Promise<OrchestratorContext>;
  /** Where it listens, once it does and everything is open. */
  readonly url: Promise<string>;
  /** Places that were opened, and what was closed, in order. */
  readonly steps: readonly string[];
}

/** Surroundings with `dir` as home, and a wallet in it. */
export async function fakeOrchestrate(
  dir: string,
  options: FakeOrchestrateOptions = {},
): Promise<FakeOrchestrate> {
  const wallet = fakeWalletSystem(dir, options);
  await makeWallet(wallet);
  const steps: string[] = [];
  const context = Promise.withResolvers<OrchestratorContext>();
  const url = Promise.withResolvers<string>();
  let listening = "";
  const system: OrchestrateSystem = {
    ...wallet,
    ...{ clock: processClock, wallClock: processWallClock, envFile: {}, os: "linux" },
    environment: { HOME: dir, ...options.environment },
    openHttp(): ReturnType<OrchestrateSystem["openHttp"]> {
      const http = nodeHttp();
      const close = (): void => {
        steps.push("http closed");
        http.close();
      };
      return Object.assign((request: HttpRequest) => http(request), { close });
    },
    async listen(handler, listenOptions): Promise<HttpListener> {
      const listener = await listenHttp(handler, listenOptions);
      listening = listener.url;
      return { ...listener, close: () => listener.close().then(() => void steps.push("unheard")) };
    },
    openState(place: StatePlace): Promise<SwarmState> {
      steps.push(`state ${place.kind}`);
      return Promise.resolve(new NotedState(steps));
    },
    async openStore(place: StorePlace, { publicUrl, log }): Promise<OpenedStore> {
      steps.push(`store ${place.kind} at ${publicUrl.replace(/:\d+$/, "")}`);
      const folder = place.kind === "folder" ? place.path : dir;
      const wallClock = processWallClock;
      const store = await openDiskStore(folder, { publicUrl, wallClock, log, syncs: false });
      return { store, handle: store.handle };
    },
    createOrchestrator(made): RunningOrchestrator {
      context.resolve(made);
      return {
        handler,
        dashboards: new Dashboards(made, { globalScores: () => Promise.resolve({}) }),
        async run(signal: AbortSignal): Promise<void> {
          url.resolve(listening);
          await (options.run ?? untilAborted)(signal);
        },
      };
    },
  };
  return { system, context: context.promise, url: url.promise, steps };
}

class NotedState extends MemoryState {
  constructor(readonly steps: string[]) {
    super(processWallClock);
  }

  override close(): Promise<void> {
    this.steps.push("state closed");
    return super.close();
  }
}

const handler: HttpHandler = ({ target }) =>
  Promise.resolve(
    target === "/orchestrator/healthcheck"
      ? jsonAnswer(200, { status: "healthy" })
      : jsonAnswer(404, { detail: "Not Found" }),
  );

/** What a command left behind. */
export interface OrchestrateRun {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

/** Runs the command until `body` has ended, or the command itself. */
export async function runOrchestrate(
  { system }: FakeOrchestrate,
  args: readonly string[],
  body: () => Promise<void> = () => Promise.resolve(),
): Promise<OrchestrateRun> {
  const fake = fakeScreen({ columns: 100 });
  const stop = new AbortController();
  const source = { args, environment: system.environment, envFile: system.envFile };
  const running = runCommand(orchestrateCommand(system), source, fake.screen, stop.signal);
  try {
    await Promise.race([body(), running]);
  } finally {
    stop.abort();
  }
  return { code: await running, out: fake.out(), error: fake.error() };
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
}

/**
 * The thread that does everything heavy, so that the page never waits: it opens the GPU, trains,
 * answers challenges, and keeps state and keys.
 *
 * @module
 */

import { expose, proxy } from "comlink";
import { openGpu } from "../../core/gpu/gpu.ts";
import type { Host } from "../../core/host.ts";
import { measureTuning } from "../../core/model/tuning.ts";
import { browserClock, browserLog, browserWebGpu } from "./browser_host.ts";
import { browserThreads } from "./browser_threads.ts";
import { mineCompute } from "./compute_run.ts";
import { EventBatches } from "./event_batches.ts";
import * as hotkeys from "./hotkeys.ts";
import { type Database, IdbStorage, openDatabase, removeLeftovers } from "./idb_storage.ts";
import { runLocal } from "./local_run.ts";
import type {
  AdapterReport,
  ComputeChainLink,
  ComputeRunSettings,
  HotkeyEntry,
  LocalRunSettings,
  NewHotkey,
  NodeApi,
  RunEvent,
  StorageReport,
  SwarmRunSettings,
} from "./node_api.ts";
import { keptEvents } from "./run_history.ts";
import { mineSwarm } from "./swarm_run.ts";
import { withLock } from "./tab_lock.ts";

const LOCAL_RUN = "local";

/** What a run is given. */
interface RunTools {
  readonly host: Host;
  readonly database: Database;
  readonly tell: (event: RunEvent) => void;
  readonly signal: AbortSignal;
}

class NodeWorker implements NodeApi {
  #stop = new AbortController();

  async measureAdapter(): Promise<AdapterReport> {
    const gpu = await openGpu(await browserWebGpu());
    try {
      const { flopsPerSecond } = await measureTuning(gpu, () => browserClock.nowMs());
      return {
        adapter: gpu.adapterName,
        isSoftware: gpu.isSoftware,
        gigaflops: flopsPerSecond / 1e9,
        hasF16: gpu.device.features.has("shader-f16"),
        maxBindingBytes: gpu.device.limits.maxStorageBufferBindingSize,
      };
    } finally {
      gpu.close();
    }
  }

  async runLocal(
    settings: LocalRunSettings,
    tell: (events: readonly RunEvent[]) => void,
  ): Promise<void> {
    await withLock(
      "local run",
      "the run of this page",
      () =>
        this.#run(tell, async ({ host, tell, signal, database }) => {
          await removeLeftovers(database);
          for (const event of await keptEvents(host.storage)) tell(event);
          await runLocal(host, settings, tell, signal);
        }),
    );
  }

  async mineSwarm(
    settings: SwarmRunSettings,
    tell: (events: readonly RunEvent[]) => void,
  ): Promise<void> {
    const { hotkey, passphrase } = settings;
    const signer = await withDatabase((database) =>
      hotkeys.unlockHotkey(database, hotkey, passphrase)
    );
    await withLock(
      `hotkey ${hotkey}`,
      `hotkey ${hotkey}`,
      () =>
        this.#run(
          tell,
          ({ host, tell, signal }) => mineSwarm(host, signer, settings, tell, signal),
        ),
    );
  }

  async mineCompute(
    settings: ComputeRunSettings,
    metagraph: ComputeChainLink["metagraph"],
    serveAxon: ComputeChainLink["serveAxon"],
    tell: (events: readonly RunEvent[]) => void,
  ): Promise<void> {
    const { hotkey, passphrase } = settings;
    const signer = await withDatabase((database) =>
      hotkeys.unlockHotkey(database, hotkey, passphrase)
    );
    // A function of the page's is passed on, so that the page can pass it to the chain's thread.
    const link: ComputeChainLink = {
      metagraph,
      serveAxon: (place, sign) => serveAxon(place, proxy(sign)),
    };
    await withLock(
      `hotkey ${hotkey}`,
      `hotkey ${hotkey}`,
      () =>
        this.#run(tell, ({ host, database, tell, signal }) => {
          const storage = new IdbStorage(database, `compute ${hotkey}`);
          return mineCompute({ ...host, storage }, signer, settings, { ...link, tell, signal });
        }),
    );
  }

  stop(): void {
    this.#stop.abort();
  }

  async storage(): Promise<StorageReport> {
    const { usage = 0, quota = 0 } = await navigator.storage.estimate();
    const isPersistent = await navigator.storage.persisted();
    return { usedBytes: usage, quotaBytes: quota, isPersistent };
  }

  clearLocalRun(): Promise<void> {
    return withLock(
      "local run",
      "the run of this page",
      () => withDatabase((database) => new IdbStorage(database, LOCAL_RUN).clear()),
    );
  }

  listHotkeys(): Promise<HotkeyEntry[]> {
    return withDatabase(hotkeys.listHotkeys);
  }

  createHotkey(name: string, passphrase: string): Promise<NewHotkey> {
    return withDatabase((database) => hotkeys.createHotkey(database, name, passphrase));
  }

  importHotkey(name: string, secret: string, passphrase: string): Promise<HotkeyEntry> {
    return withDatabase((database) => hotkeys.importHotkey(database, name, secret, passphrase));
  }

  exportHotkey(address: string, passphrase: string): Promise<string> {
    return withDatabase((database) => hotkeys.exportHotkey(database, address, passphrase));
  }

  forgetHotkey(address: string): Promise<void> {
    return withDatabase((database) => hotkeys.forgetHotkey(database, address));
  }

  async #run(
    tell: (events: readonly RunEvent[]) => void,
    work: (tools: RunTools) => Promise<void>,
  ): Promise<void> {
    const stop = this.#stop = new AbortController();
    const batches = new EventBatches(browserClock, tell);
    const log = browserLog((level, message) => batches.add({ kind: "log", level, message }));
    try {
      await withDatabase(async (database) => {
        const storage = new IdbStorage(database, LOCAL_RUN);
        const host = {
          ...{ clock: browserClock, log, storage, webgpu: browserWebGpu },
          threads: browserThreads(),
        };
        await work({ database, host, tell: (event) => batches.add(event), signal: stop.signal });
      });
    } finally {
      batches.flush();
    }
  }
}

async function withDatabase<Result>(
  work: (database: Database) => Promise<Result>,
): Promise<Result> {
  const database = await openDatabase();
  try {
    return await work(database);
  } finally {
    database.close();
  }
}

expose(new NodeWorker());

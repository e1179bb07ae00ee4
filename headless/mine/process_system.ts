/**
 * A miner's surroundings in this process.
 *
 * @module
 */

import { join } from "node:path";
import { userFolder } from "../command.ts";
import { processClock, processWallClock } from "../deno_host.ts";
import { readEnvFile } from "../env_file.ts";
import { openFolderStorage } from "../folder_storage.ts";
import { listenHttp } from "../http_server.ts";
import { nodeHttp } from "../node_http.ts";
import { dataFolder } from "../run_folder.ts";
import { denoThreads } from "../threads.ts";
import { CACHE_DIR } from "../unpack.ts";
import { processWalletSystem } from "../wallet/process_system.ts";
import { loadWebGpu } from "../webgpu.ts";
import { GpuStages } from "../../core/node/gpu_stages.ts";
import type { MineSystem } from "./system.ts";

/** Among the data of the user's programs. */
function computeFolder(): string {
  const data = dataFolder(Deno.build.os, Deno.env.toObject());
  const folder = join(data ?? CACHE_DIR, "weft", "compute");
  Deno.mkdirSync(folder, { recursive: true });
  return folder;
}

/** This process's wallet, network and GPU. */
export function processMineSystem(): MineSystem {
  return {
    ...processWalletSystem(),
    ...{ clock: processClock, wallClock: processWallClock },
    envFile: readEnvFile(userFolder()),
    ...{ openHttp: nodeHttp, listen: listenHttp },
    openStages: (options) =>
      new GpuStages({
        ...options,
        clock: processClock,
        webgpu: () => loadWebGpu(options.backend),
      }),
    openComputeHost: ({ backend, log }) => ({
      ...{ clock: processClock, log, storage: openFolderStorage(computeFolder()) },
      ...{ webgpu: () => loadWebGpu(backend), threads: denoThreads() },
    }),
  };
}

/**
 * A miner's surroundings in this process.
 *
 * @module
 */

import { userFolder } from "../command.ts";
import { processClock, processWallClock } from "../deno_host.ts";
import { readEnvFile } from "../env_file.ts";
import { listenHttp } from "../http_server.ts";
import { nodeHttp } from "../node_http.ts";
import { processWalletSystem } from "../wallet/process_system.ts";
import { loadWebGpu } from "../webgpu.ts";
import { GpuStages } from "./gpu_stages.ts";
import type { MineSystem } from "./system.ts";

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
  };
}

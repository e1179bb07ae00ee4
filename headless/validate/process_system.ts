/**
 * A validator's surroundings in this process.
 *
 * @module
 */

import { processClock, processWallClock } from "../deno_host.ts";
import { listenHttp } from "../http_server.ts";
import { nodeHttp } from "../node_http.ts";
import { processWalletSystem } from "../wallet/process_system.ts";
import { loadWebGpu } from "../webgpu.ts";
import { GpuTrainers } from "../../core/node/gpu_trainers.ts";
import type { ValidateSystem } from "./system.ts";

/** This process's wallet, network and GPU. */
export function processValidateSystem(): ValidateSystem {
  return {
    ...processWalletSystem(),
    clock: processClock,
    wallClock: processWallClock,
    openHttp: nodeHttp,
    listen: listenHttp,
    openTrainers: (options) =>
      new GpuTrainers({
        ...options,
        clock: processClock,
        webgpu: () => loadWebGpu(options.backend),
      }),
  };
}

/**
 * Flags that several commands have.
 *
 * @module
 */

import { choice, text, toggle } from "./flags.ts";
import { BACKENDS } from "./webgpu.ts";

/** `--gpu.backend` */
export const gpuBackend = choice({
  name: "gpu.backend",
  words: BACKENDS,
  default: "wgpu",
  description: "WebGPU implementation: wgpu is Deno's own, dawn is Chromium's.",
});

/** `--json` */
export const json = toggle({
  name: "json",
  default: false,
  description: "Writes one JSON object a line on stdout, and messages on stderr.",
});

/** `--logging.debug` */
export const loggingDebug = toggle({
  name: "logging.debug",
  default: false,
  publishedNames: ["BT_LOGGING_DEBUG"],
  description: "Shows what is of use when looking for a fault.",
});

/** `--run.dir` */
export const runDir = text({
  name: "run.dir",
  placeholder: "DIR",
  default: undefined,
  defaultText: "by model, dtype, text and seed, among your programs' data",
  description: "Folder of the run: checkpoint, metrics and loss curve. A run goes on from the " +
    "checkpoint in its folder.",
});

/**
 * The headless Chromium of the browser tests, with WebGPU on the software adapter. `unpack.ts` must
 * have run before.
 *
 * @module
 */

import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { CACHE_DIR } from "../../headless/unpack.ts";

const WEBGPU_FLAGS = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];
const FLAGS = [
  "--no-sandbox",
  // What the browser asks the network for by itself has no place in a test.
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-quic",
  "--disable-sync",
  "--no-first-run",
];

/** Starts it. @param hasWebGpu with the software adapter, or as a browser that finds none */
export function launchChromium(hasWebGpu = true): Promise<Browser> {
  return chromium.launch({
    executablePath: join(CACHE_DIR, "browser.sh"),
    args: [...FLAGS, ...hasWebGpu ? WEBGPU_FLAGS : ["--disable-gpu"]],
  });
}

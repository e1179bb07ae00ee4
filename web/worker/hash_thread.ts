/**
 * A thread that searches for passwords on a core of the processor; `browser_threads.ts` starts it.
 *
 * @module
 */

import { serveSearches } from "../../core/hash/wasm/thread.ts";

serveSearches({
  post: (message) => postMessage(message),
  onMessage: (listener) =>
    addEventListener("message", ({ data }: MessageEvent<unknown>) => listener(data)),
}, () => performance.now());

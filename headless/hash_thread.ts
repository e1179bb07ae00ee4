/**
 * A thread that searches for passwords; `threads.ts` starts it.
 *
 * @module
 */

import { serveSearches } from "../core/hash/wasm/thread.ts";

/** The line to whoever started this thread; Deno's types know only the main thread. */
declare const self: Worker;

serveSearches({
  post: (message) => self.postMessage(message),
  onMessage: (listener) =>
    self.addEventListener("message", ({ data }: MessageEvent<unknown>) => listener(data)),
}, () => performance.now());

/**
 * Threads in a browser: workers of this worker.
 *
 * @module
 */

import type { Thread, Threads } from "../../core/host.ts";

/** One thread for each core; none is started before it is asked for. */
export function browserThreads(): Threads {
  return { count: navigator.hardwareConcurrency, startHashThread };
}

function startHashThread(): Thread {
  // Bundlers find the file by just this form.
  const worker = new Worker(new URL("./hash_thread.ts", import.meta.url), { type: "module" });
  return {
    post: (message) => worker.postMessage(message),
    onMessage: (listener) =>
      worker.addEventListener("message", ({ data }: MessageEvent<unknown>) => listener(data)),
    onError: (listener) => worker.addEventListener("error", ({ message }) => listener(message)),
    stop: () => worker.terminate(),
  };
}

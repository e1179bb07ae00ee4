/**
 * Threads in Deno: workers of this process.
 *
 * @module
 */

import type { Thread, Threads } from "../core/host.ts";

/** One thread for each core; none is started before it is asked for. */
export function denoThreads(): Threads {
  return {
    count: navigator.hardwareConcurrency,
    startHashThread: () => startThread(new URL("./hash_thread.ts", import.meta.url)),
  };
}

/** Starts a thread that runs a module. */
export function startThread(module: URL): Thread {
  const worker = new Worker(module.href, { type: "module" });
  return {
    post: (message) => worker.postMessage(message),
    onMessage: (listener) =>
      worker.addEventListener("message", ({ data }: MessageEvent<unknown>) => listener(data)),
    onError(listener): void {
      worker.addEventListener("error", (event) => {
        // Else Deno would end the whole process.
        event.preventDefault();
        listener(event.message);
      });
    },
    stop: () => worker.terminate(),
  };
}

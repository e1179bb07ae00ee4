/**
 * What a browser gives to the core.
 *
 * @module
 */

import { WeftError } from "../../core/errors.ts";
import type { Clock, Log, RandomBytes, WallClock, WebGpu } from "../../core/host.ts";

/** Levels of messages; each is more urgent than those before it. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** Time as this thread sees it. */
export const browserClock: Clock = {
  nowMs: () => performance.now(),
  sleep: (durationMs, signal) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (signal?.aborted) resolve();
    const timer = setTimeout(resolve, durationMs);
    signal?.addEventListener("abort", () => resolve(), { once: true });
    return promise.finally(() => clearTimeout(timer));
  },
};

/** The system's time of day. */
export const browserWallClock: WallClock = { unixMs: () => Date.now() };

/** Random bytes fit for keys. */
export const browserRandomBytes: RandomBytes = (length) =>
  crypto.getRandomValues(new Uint8Array(length));

/** A log that hands each message on. */
export function browserLog(write: (level: LogLevel, message: string) => void): Log {
  return {
    debug: (message) => write("debug", message),
    info: (message) => write("info", message),
    warn: (message) => write("warn", message),
    error: (message) => write("error", message),
  };
}

/** The browser's WebGPU. @throws {WeftError} if it has none, or finds no adapter */
export async function browserWebGpu(): Promise<WebGpu> {
  const { gpu } = navigator;
  // Types say that it is always there; browsers do not.
  if (!gpu) {
    throw new WeftError("this browser has no WebGPU: use Chrome, Edge, Safari 26 or Firefox");
  }
  if (await gpu.requestAdapter() !== null) return { gpu, backend: "browser" };
  throw new WeftError(
    "this browser finds no GPU that it may use: update the card's driver, or turn hardware " +
      "acceleration on in the browser's settings",
  );
}

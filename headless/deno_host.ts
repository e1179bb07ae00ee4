/**
 * What Deno gives to the core.
 *
 * @module
 */

import type { Clock, Host, Log, OpenSocket, RandomBytes, WallClock } from "../core/host.ts";
import { openFolderStorage } from "./folder_storage.ts";
import { writeText } from "./screen.ts";
import { denoThreads } from "./threads.ts";
import { type Backend, loadWebGpu } from "./webgpu.ts";

/** Levels of messages; each shows itself and those after it. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;

/** One of {@linkcode LOG_LEVELS}. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What a host is made of. */
export interface DenoHostOptions {
  /** Folder of the storage; it must exist. */
  readonly runDir: string;
  readonly backend: Backend;
  readonly logLevel: LogLevel;
  /** Takes one line without its line break. @default a line on stderr */
  readonly writeLog?: (line: string) => void;
}

/** Time as this process sees it. */
export const processClock: Clock = {
  nowMs: () => performance.now(),
  sleep: (durationMs, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const end = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", end);
        resolve();
      };
      const timer = setTimeout(end, durationMs);
      signal?.addEventListener("abort", end, { once: true });
    }),
};

/** A WebSocket of this process. */
export const openSocket: OpenSocket = (address) => new WebSocket(address);

/** The system's time of day. */
export const processWallClock: WallClock = { unixMs: () => Date.now() };

/** Random bytes fit for keys. */
export const processRandomBytes: RandomBytes = (length) =>
  crypto.getRandomValues(new Uint8Array(length));

/** The host of a command. */
export function createDenoHost(options: DenoHostOptions): Host {
  const writeLog = options.writeLog ?? ((line) => writeText(Deno.stderr, `${line}\n`));
  return {
    clock: processClock,
    log: createLog(options.logLevel, writeLog),
    storage: openFolderStorage(options.runDir),
    webgpu: () => loadWebGpu(options.backend),
    threads: denoThreads(),
  };
}

/** A log that writes the messages from a level on; `info` is the plain one. */
export function createLog(least: LogLevel, write: (line: string) => void): Log {
  const at = (level: LogLevel, prefix: string): (message: string) => void =>
    LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(least)
      ? () => {}
      : (message) => write(prefix + message);
  return {
    debug: at("debug", "debug: "),
    info: at("info", ""),
    warn: at("warn", "warning: "),
    error: at("error", "error: "),
  };
}

/**
 * A log for parts whose daily work is no news.
 *
 * @module
 */
import type { Log } from "../host.ts";

/** Takes what is told for information as detail only. */
export function quietLog(log: Log): Log {
  return {
    debug: (message) => log.debug(message),
    info: (message) => log.debug(message),
    warn: (message) => log.warn(message),
    error: (message) => log.error(message),
  };
}

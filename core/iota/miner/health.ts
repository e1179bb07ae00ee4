/**
 * A miner's health endpoint, with the published fields.
 *
 * Source: macrocosm-os/iota @ 56aee24, `_start_health_server` of `miner/miner.py`.
 *
 * @module
 */

import type { HttpHandler } from "../../host.ts";
import { chainHandlers, jsonAnswer } from "../api/answers.ts";
import type { MinerHealth } from "../api/schemas.ts";

/**
 * Answers GET of one path.
 * @param endpoint such as `/health`
 */
export function healthHandler(endpoint: string, health: () => MinerHealth): HttpHandler {
  return chainHandlers(({ method, target }) => {
    if (target.split("?", 1)[0] !== endpoint) return undefined;
    const isAllowed = method === "GET" || method === "HEAD";
    return Promise.resolve(
      isAllowed
        ? jsonAnswer(200, health())
        : jsonAnswer(405, { detail: "Method Not Allowed" }, { allow: "GET, HEAD" }),
    );
  });
}

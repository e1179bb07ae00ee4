/**
 * Lets pages of any origin ask: what a miner in a tab sends is signed like everybody's, and nothing
 * is answered because of who runs the browser.
 *
 * Source: the Fetch standard, "CORS protocol".
 *
 * @module
 */

import type { HttpHandler } from "../../host.ts";

const PAGE_HEADERS = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers": "Retry-After",
};
const PREFLIGHT_HEADERS = {
  ...PAGE_HEADERS,
  "access-control-allow-methods": "GET, POST",
  "access-control-allow-headers": "*",
  "access-control-max-age": "86400",
};

/** The same answers, which a browser hands on to its page; and what it asks before. */
export function openToPages(handler: HttpHandler): HttpHandler {
  return async (request) => {
    if (request.method === "OPTIONS") {
      return { status: 204, headers: PREFLIGHT_HEADERS, body: new Uint8Array(0) };
    }
    const answer = await handler(request);
    return { ...answer, headers: { ...PAGE_HEADERS, ...answer.headers } };
  };
}

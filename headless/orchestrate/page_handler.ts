/**
 * Serves the page of a swarm: files of our own, under a policy that lets the browser load nothing
 * else and run nothing that stands in the page itself.
 *
 * @module
 */

import type { ServedResponse } from "../../core/host.ts";
import type { PartialHandler } from "../../core/iota/api/server.ts";
import charts from "./page/charts.js" with { type: "text" };
import dom from "./page/dom.js" with { type: "text" };
import icon from "./page/icon.svg" with { type: "text" };
import html from "./page/index.html" with { type: "text" };
import minersTable from "./page/miners_table.js" with { type: "text" };
import css from "./page/page.css" with { type: "text" };
import page from "./page/page.js" with { type: "text" };
import plot from "./page/plot.js" with { type: "text" };

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join("; ");

const HEADERS = {
  "content-security-policy": POLICY,
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  // A new version of the program has a new page.
  "cache-control": "no-cache",
};

const HTML = "text/html; charset=utf-8";
const SCRIPT = "text/javascript; charset=utf-8";

/** By path: type and text. */
const FILES: ReadonlyMap<string, readonly [type: string, text: string]> = new Map([
  ["/", [HTML, html]],
  ["/page/page.js", [SCRIPT, page]],
  ["/page/charts.js", [SCRIPT, charts]],
  ["/page/dom.js", [SCRIPT, dom]],
  ["/page/miners_table.js", [SCRIPT, minersTable]],
  ["/page/plot.js", [SCRIPT, plot]],
  ["/page/page.css", ["text/css; charset=utf-8", css]],
  ["/page/icon.svg", ["image/svg+xml", icon]],
]);

/** Answers the page's paths; a query behind them is of no account. */
export const pageHandler: PartialHandler = ({ method, target }) => {
  const file = FILES.get(target.split("?")[0]);
  if (file === undefined) return undefined;
  return Promise.resolve(answer(method, ...file));
};

function answer(method: string, type: string, text: string): ServedResponse {
  if (method !== "GET" && method !== "HEAD") {
    return { status: 405, headers: { ...HEADERS, allow: "GET, HEAD" }, body: new Uint8Array() };
  }
  const bytes = new TextEncoder().encode(text);
  const headers = { ...HEADERS, "content-type": type };
  if (method === "GET") return { status: 200, headers, body: bytes };
  return { status: 200, headers, body: new Uint8Array() };
}

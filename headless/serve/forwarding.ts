/**
 * Asks servers in the page's stead, where they do not let pages ask: `/forward/https/host/path` for
 * `https://host/path`. Only servers that the operator has named are asked.
 *
 * Requests are passed on as they are but for what concerns the connection or the page's own origin;
 * an Epistula signature covers body and receiver, and stays good.
 *
 * @module
 */

import { WeftError } from "../../core/errors.ts";
import type {
  HeaderSource,
  Http,
  HttpRequest,
  ServedRequest,
  ServedResponse,
} from "../../core/host.ts";
import { PAGE_HEADERS } from "./page_headers.ts";
import { textAnswer } from "./static_files.ts";

const PREFIX = "/forward/";
const METHODS: readonly HttpRequest["method"][] = ["GET", "POST", "PUT", "HEAD"];
/** Of a request: what miners send to orchestrators, stores and the hub. */
const PASSED_ON = [
  ...["content-type", "content-length", "accept", "range", "if-match", "if-none-match"],
  ...["authorization", "x-weft-wait"],
  ...["epistula-version", "epistula-timestamp", "epistula-uuid", "epistula-signed-by"],
  ...["epistula-signed-for", "epistula-request-signature"],
];
/** Of an answer. */
const PASSED_BACK = [
  ...["content-type", "content-length", "content-range", "etag", "retry-after", "accept-ranges"],
];

/** Of what is sent; no part of a miner's upload is larger. */
const MAX_SENT_BYTES = 1024 ** 3;
/** Less than the listener lets a connection be silent, so that there is an answer. */
const ANSWER_MS = 100_000;

/** Answers paths under `/forward/`; undefined for all others. */
export type Forwarding = (request: ServedRequest) => Promise<ServedResponse> | undefined;

/** @param targets `https://host`, `http://host:port` or `https://*.host` */
export function forwarding(targets: readonly string[], http: Http): Forwarding {
  const isNamed = targets.map(targetTest);
  return (request) => {
    if (!request.target.startsWith(PREFIX)) return undefined;
    return forward(request, (url) => isNamed.some((test) => test(url)), http);
  };
}

/** Whether a text names servers. */
export function isTarget(text: string): boolean {
  try {
    targetTest(text);
    return true;
  } catch {
    return false;
  }
}

function targetTest(text: string): (url: URL) => boolean {
  const [, scheme, wildcard = "", host] = /^(https?):\/\/(\*\.)?([^/*@\s]+)\/?$/.exec(text) ?? [];
  if (scheme === undefined) throw new WeftError(`${text} names no server`);
  const { host: named } = new URL(`${scheme}://${host}`);
  return (url) =>
    url.protocol === `${scheme}:` &&
    (wildcard === "" ? url.host === named : url.host.endsWith(`.${named}`));
}

async function forward(
  request: ServedRequest,
  isNamed: (url: URL) => boolean,
  http: Http,
): Promise<ServedResponse> {
  const { headers, body, signal } = request;
  if (!isOfPage(headers)) {
    return textAnswer(403, "Only the page itself may ask through its server.");
  }
  const url = addressOf(request.target);
  const method = METHODS.find((known) => known === request.method);
  if (!url) return textAnswer(400, "Expected /forward/https/host/path.");
  if (!method) return textAnswer(405, "Only reading and sending are passed on.");
  if (!isNamed(url)) {
    return textAnswer(
      403,
      `${url.origin} is not among the servers that may be asked: see --forward`,
    );
  }
  const passed = named(headers, PASSED_ON);
  if (Number(passed["content-length"] ?? 0) > MAX_SENT_BYTES) {
    return textAnswer(413, `At most ${MAX_SENT_BYTES} bytes are passed on.`);
  }
  const isSending = method !== "GET" && method !== "HEAD" && passed["content-length"] !== undefined;
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), ANSWER_MS);
  try {
    const answer = await http({
      ...{ method, url: url.href, headers: passed, signal: AbortSignal.any([signal, late.signal]) },
      ...isSending && { body },
    });
    return {
      status: answer.status,
      headers: {
        ...PAGE_HEADERS,
        ...named(answer.headers, PASSED_BACK),
        // What strangers send is no part of the page.
        "content-disposition": "attachment",
      },
      body: answer.body,
    };
  } catch (error) {
    if (late.signal.aborted) return textAnswer(504, `${url.origin} does not answer.`);
    if (!(error instanceof WeftError)) throw error;
    return textAnswer(502, error.message);
  } finally {
    clearTimeout(timer);
  }
}

/** A browser says whose request it is; who is no browser runs no other's page. */
function isOfPage(headers: HeaderSource): boolean {
  const site = headers.get("sec-fetch-site");
  return site === null ? headers.get("origin") === null : site === "same-origin";
}

function addressOf(target: string): URL | undefined {
  const [, scheme, rest] = /^\/forward\/(https?)\/([^/]+(?:\/.*)?)$/.exec(target) ?? [];
  if (scheme === undefined) return undefined;
  try {
    const url = new URL(`${scheme}://${rest}`);
    return url.username === "" && url.password === "" ? url : undefined;
  } catch {
    return undefined;
  }
}

function named(source: HeaderSource, names: readonly string[]): Record<string, string> {
  const found = names.flatMap((name) => {
    const value = source.get(name);
    return value === null ? [] : [[name, value]];
  });
  return Object.fromEntries(found);
}

/**
 * The server's side of routes, for orchestrator and gradient validator: finds the route, lets the
 * request through the gate, reads it by its schemas, and turns what comes of it into an answer.
 *
 * @module
 */

import * as v from "valibot";
import type { HttpHandler, ServedRequest, ServedResponse } from "../../host.ts";
import {
  chainHandlers,
  jsonAnswer,
  type PartialHandler,
  refusalAnswer,
  validationRefusal,
} from "./answers.ts";
import { type Admitted, Gate, type ServerOptions } from "./gate.ts";
import { type PathReader, pathReader } from "./route_path.ts";
import { type Route, WAIT_HEADER } from "./routes.ts";
import { type Call, type Handlers, Refusal, type RouteHandler } from "./service.ts";

export { chainHandlers, jsonAnswer, type PartialHandler } from "./answers.ts";
export type { ServerOptions } from "./gate.ts";

/** No answer is held back longer, whatever is asked. */
export const MAX_WAIT_MS = 20_000;
const MAX_REASON_LETTERS = 300;

/** Answers these routes, and everything else with 404. */
export function serveRoutes<Routes extends Record<string, Route>>(
  routes: Routes,
  handlers: Handlers<Routes>,
  options: ServerOptions,
): HttpHandler {
  return chainHandlers(matchRoutes(routes, handlers, options));
}

/** Answers these routes, and leaves all other paths to others. */
export function matchRoutes<Routes extends Record<string, Route>>(
  routes: Routes,
  handlers: Handlers<Routes>,
  options: ServerOptions,
): PartialHandler {
  const server = new RouteServer(options);
  for (const name in routes) server.add(routes[name], handlers[name]);
  return (request) => server.answer(request);
}

/** A call of any route. */
interface AnyCall extends Omit<Call<Route>, "query" | "body"> {
  readonly query: unknown;
  readonly body: unknown;
}

/** A route with its handler, whatever its types. */
interface Entry {
  readonly route: Route;
  handle(call: AnyCall): Promise<unknown>;
}

/** What answers at a path, by method. */
type Methods = Map<string, Entry>;

/** Fields of a request's path and query. */
type Query = Readonly<Record<string, string>>;

class RouteServer {
  readonly #paths = new Map<string, Methods>();
  /** Paths with `{names}`. */
  readonly #forms = new Map<string, PathReader>();
  readonly #gate: Gate;

  constructor(readonly options: ServerOptions) {
    this.#gate = new Gate(options);
  }

  add<R extends Route>(route: R, handler: RouteHandler<R>): void {
    // What a handler is called with has been read by the schemas of this very route.
    const entry: Entry = { route, handle: (call) => handler(call as Call<R>) };
    const methods = this.#paths.get(route.path) ?? new Map<string, Entry>();
    this.#paths.set(route.path, methods.set(route.method, entry));
    if (route.path.includes("{")) this.#forms.set(route.path, pathReader(route.path));
  }

  /** Undefined if no route has this path. */
  answer(request: ServedRequest): Promise<ServedResponse> | undefined {
    const [path, search] = splitTarget(request.target);
    const found = this.#find(path);
    if (found === undefined) return undefined;
    const entry = found.methods.get(request.method);
    if (entry === undefined) {
      const allow = [...found.methods.keys()].join(", ");
      return Promise.resolve(jsonAnswer(405, { detail: "Method Not Allowed" }, { allow }));
    }
    const query = { ...Object.fromEntries(new URLSearchParams(search)), ...found.inPath };
    return this.#answerRoute(entry, request, query);
  }

  #find(path: string): { readonly methods: Methods; readonly inPath: Query } | undefined {
    const methods = this.#paths.get(path);
    if (methods !== undefined && !this.#forms.has(path)) return { methods, inPath: {} };
    for (const [form, read] of this.#forms) {
      const inPath = read(path);
      const formed = this.#paths.get(form);
      if (inPath !== undefined && formed !== undefined) return { methods: formed, inPath };
    }
    return undefined;
  }

  async #answerRoute(
    entry: Entry,
    request: ServedRequest,
    query: Query,
  ): Promise<ServedResponse> {
    let admitted: Admitted | undefined;
    try {
      admitted = await this.#gate.admit(entry.route, request);
      const call = readCall(entry.route, request, query, admitted);
      return jsonAnswer(200, await entry.handle(call));
    } catch (error) {
      if (!(error instanceof Refusal)) this.#logFailure(entry.route, request, error);
      else this.#logRefusal(entry.route, request, error);
      const status = error instanceof Refusal ? error.status : 500;
      // What failed on our side may come again under the same signature.
      if (status >= 500 && admitted?.hotkey) this.#gate.forget(request);
      if (error instanceof Refusal) return refusalAnswer(error);
      return jsonAnswer(status, { detail: "Internal Server Error" });
    }
  }

  #logRefusal({ method, path }: Route, request: ServedRequest, refusal: Refusal): void {
    const reason = oneLine(refusal.message);
    this.options.log.debug(`${refusal.status} ${method} ${path} of ${nameOf(request)}: ${reason}`);
  }

  #logFailure({ method, path }: Route, request: ServedRequest, error: unknown): void {
    // Who has gone needs no answer, and waiting for it ended by an error.
    if (request.signal.aborted) return;
    const reason = oneLine(error instanceof Error ? `${error.name}: ${error.message}` : `${error}`);
    this.options.log.error(`${method} ${path} of ${nameOf(request)} failed: ${reason}`);
  }
}

function readCall(
  { query, body }: Route,
  request: ServedRequest,
  asked: Query,
  admitted: Admitted,
): AnyCall {
  const waitSeconds = Number(request.headers.get(WAIT_HEADER.toLowerCase()) ?? 0);
  return {
    query: query && readPart("query", query, asked),
    body: body && readPart("body", body, admitted.body?.value ?? {}),
    hotkey: admitted.hotkey,
    waitMs: waitSeconds > 0 ? Math.min(waitSeconds * 1000, MAX_WAIT_MS) : 0,
    request,
  };
}

function readPart(place: "query" | "body", schema: v.GenericSchema, value: unknown): unknown {
  const read = v.safeParse(schema, value, { abortEarly: true });
  if (read.success) return read.output;
  throw validationRefusal(place, read.issues);
}

/** Who claims to ask, in short: it may be unverified. */
function nameOf({ headers, remoteAddress }: ServedRequest): string {
  const claimed = headers.get("epistula-signed-by") ?? "";
  return /^\w{8}/.exec(claimed)?.[0] ?? remoteAddress;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").slice(0, MAX_REASON_LETTERS);
}

function splitTarget(target: string): readonly [string, string] {
  const at = target.indexOf("?");
  return at < 0 ? [target, ""] : [target.slice(0, at), target.slice(at + 1)];
}

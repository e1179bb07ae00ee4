/**
 * Asks an orchestrator or a gradient validator: signs, sends, tries again, and checks what comes back.
 *
 * Source: macrocosm-os/iota @ 56aee24, `miner/api_client.py`. Unlike there every try is signed anew,
 * for our server takes a signature once.
 *
 * @module
 */

import * as v from "valibot";
import { WeftError } from "../../errors.ts";
import type {
  ByteStream,
  Clock,
  HeaderSource,
  Http,
  Log,
  RandomBytes,
  WallClock,
} from "../../host.ts";
import type { Signer } from "../../wallet/signer.ts";
import { signRequest } from "../epistula.ts";
import { type PythonData, pythonJson } from "../../formats/python_json.ts";
import { errorOf, parseJson, type Received, UnansweredError } from "./client_errors.ts";
import { routeTarget } from "./route_path.ts";
import {
  type Answer,
  type Asked,
  KNOWN_PHASE_HEADER,
  NO_BATCH_HEADER,
  ORCHESTRATOR_VERSION_HEADER,
  type Route,
  type RouteName,
  ROUTES,
  SPEC_VERSION,
  SPEC_VERSION_HEADER,
  WAIT_HEADER,
} from "./routes.ts";
import type { Phase, Registration } from "./schemas.ts";
import { asPython } from "./signed_body.ts";

export {
  RefusedError,
  SpecMismatchError,
  UnansweredError,
  VersionMismatchError,
  WrongPhaseError,
} from "./client_errors.ts";

/** Times that a request is sent, and the pause after the first; each further pause is longer. */
const TRIES = 3;
const PAUSE_MS = 3_000;
/** A server may ask for another pause, up to here. */
const MAX_PAUSE_MS = 60_000;
/** For an answer to come whole, beside what the server may hold it back. */
const TRY_MS = 30_000;
const MAX_ANSWER_LETTERS = 64 * 1024 ** 2;

/** What a client is made of. */
export interface ApiClientSettings {
  /** `http://host:port`, perhaps with a path before those of the routes. */
  readonly baseUrl: string;
  readonly signer: Signer;
  readonly http: Http;
  readonly clock: Clock;
  readonly wallClock: WallClock;
  readonly randomBytes: RandomBytes;
  readonly log: Log;
}

/** How to ask. */
export interface AskOptions {
  /** How long a server of Weft's may hold back the answer until there is something to tell. */
  readonly waitMs?: number;
  /** The phase that is known already, for `phase` with `waitMs`. */
  readonly knownPhase?: Phase;
  /** For `randomActivation` of layer 0: that no batch is to be begun now. */
  readonly beginsNone?: boolean;
  readonly signal?: AbortSignal;
}

/** A request before it is signed. */
interface Prepared {
  /** `GET /path`, for messages. */
  readonly asked: string;
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Undefined for none; `{}` is signed then. */
  readonly data: PythonData | undefined;
}

/** What a route is asked with, whichever it is. */
interface AskedAny {
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
}

/** One server as one hotkey sees it. */
export class ApiClient {
  /** What the orchestrator called itself at the last registration; sent along from then on. */
  version: string | null = null;
  readonly #settings: ApiClientSettings;
  readonly #base: string;

  constructor(settings: ApiClientSettings) {
    this.#settings = settings;
    this.#base = settings.baseUrl.replace(/\/+$/, "");
  }

  /** Registers as a miner and takes over the orchestrator's version. Throws as `ask`. */
  register(options: AskOptions = {}): Promise<Registration> {
    return this.ask("registerMiner", { body: {} }, options);
  }

  /**
   * Asks a route of the orchestrator.
   *
   * @throws {WrongPhaseError} if the layer is doing something else
   * @throws {VersionMismatchError} if one must register anew
   * @throws {SpecMismatchError} if this Weft is too old or too new
   * @throws {RefusedError} for any other refusal
   * @throws {UnansweredError} if there is no answer, or only that the server failed, in three tries
   * @throws {WeftError} if the body does not fit the route, or the answer does not
   */
  async ask<Name extends RouteName>(
    name: Name,
    asked: Asked<(typeof ROUTES)[Name]>,
    options: AskOptions = {},
  ): Promise<Answer<(typeof ROUTES)[Name]>> {
    const route = ROUTES[name];
    if (name !== "registerMiner" && name !== "registerValidator") {
      return await this.askRoute(route, asked, options);
    }
    // Who registers has no version yet, or an old one.
    this.version = null;
    const answer = await this.askRoute(route, asked, options);
    this.version = v.parse(v.object({ version: v.nullable(v.string()) }), answer).version;
    return answer;
  }

  /** Asks any route. Throws as `ask`. */
  async askRoute<R extends Route>(
    route: R,
    asked: Asked<R>,
    options: AskOptions = {},
  ): Promise<Answer<R>> {
    const prepared = this.#prepare(route, asked, options);
    const received = await this.#askAgain(prepared, options);
    if (received.status < 200 || received.status > 299) throw errorOf(prepared.asked, received);
    const read = v.safeParse(route.answer, parseJson(received.text));
    if (read.success) return read.output;
    const place = v.getDotPath(read.issues[0]) ?? "answer";
    throw new WeftError(
      `${prepared.asked} was answered with something else than expected (${place}: ` +
        `${read.issues[0].message}): is ${this.#base} of this version?`,
    );
  }

  #prepare(route: Route, { query, body }: AskedAny, options: AskOptions): Prepared {
    const asked = `${route.method} ${route.path}`;
    const { waitMs = 0, knownPhase, beginsNone = false } = options;
    return {
      asked,
      method: route.method,
      url: this.#base + routeTarget(route.path, query ?? {}),
      headers: {
        [SPEC_VERSION_HEADER]: `${SPEC_VERSION}`,
        ...(this.version === null ? {} : { [ORCHESTRATOR_VERSION_HEADER]: this.version }),
        ...(waitMs > 0 ? { [WAIT_HEADER]: `${waitMs / 1000}` } : {}),
        ...(knownPhase === undefined ? {} : { [KNOWN_PHASE_HEADER]: knownPhase }),
        ...(beginsNone ? { [NO_BATCH_HEADER]: "1" } : {}),
        ...(route.body === undefined ? {} : { "Content-Type": "application/json" }),
      },
      data: route.body && modelOf(asked, route.body, body),
    };
  }

  /** Tries until there is an answer that says something about the request. */
  async #askAgain(prepared: Prepared, options: AskOptions): Promise<Received> {
    const { clock, log } = this.#settings;
    for (let attempt = 1;; attempt++) {
      const outcome = await this.#attempt(prepared, options);
      if ("status" in outcome) return outcome;
      const { error, retryAfterMs = PAUSE_MS * attempt } = outcome;
      if (attempt === TRIES) throw error;
      const pauseMs = Math.min(retryAfterMs, MAX_PAUSE_MS);
      log.warn(`${error.message} (try ${attempt} of ${TRIES}, the next in ${pauseMs / 1000} s)`);
      await clock.sleep(pauseMs, options.signal);
      options.signal?.throwIfAborted();
    }
  }

  /** Signs and sends once, within a limit of time. */
  async #attempt(prepared: Prepared, { waitMs = 0, signal }: AskOptions): Promise<Outcome> {
    const { clock, http } = this.#settings;
    const { asked, method, url, data } = prepared;
    const signed = await signRequest(this.#settings.signer, data ?? {}, this.#settings);
    signal?.throwIfAborted();
    const over = new AbortController();
    const settled = new AbortController();
    const giveUp = (): void => over.abort();
    signal?.addEventListener("abort", giveUp, { once: true });
    void clock.sleep(TRY_MS + waitMs, settled.signal).then(() => {
      if (!settled.signal.aborted) over.abort();
    });
    try {
      const headers = { ...prepared.headers, ...signed };
      const body = data === undefined ? {} : { body: encode(pythonJson(data)) };
      const response = await http({ method, url, headers, ...body, signal: over.signal });
      const received = { status: response.status, text: await readText(response.body) };
      signal?.throwIfAborted();
      if (received.status < 500 && received.status !== 429) return received;
      return { error: errorOf(asked, received), ...retryAfter(response.headers) };
    } catch (error) {
      signal?.throwIfAborted();
      if (over.signal.aborted) {
        const limit = `${(TRY_MS + waitMs) / 1000} s`;
        return { error: new UnansweredError(`${asked} was not answered within ${limit}`) };
      }
      if (!(error instanceof WeftError)) throw error;
      return { error: new UnansweredError(error.message, { cause: error }) };
    } finally {
      settled.abort();
      signal?.removeEventListener("abort", giveUp);
    }
  }
}

/** What a try came to: an answer about the request, or a failure that may pass. */
type Outcome = Received | { readonly error: WeftError; readonly retryAfterMs?: number };

function retryAfter(headers: HeaderSource): { readonly retryAfterMs?: number } {
  const seconds = headers.get("retry-after") ?? "";
  return /^\d+$/.test(seconds) ? { retryAfterMs: Number(seconds) * 1000 } : {};
}

/** A body with every field of its model, as Python has it. */
function modelOf(asked: string, schema: v.GenericSchema, body: unknown): PythonData {
  const read = v.safeParse(schema, body);
  if (read.success) return asPython(schema, read.output);
  const [issue] = read.issues;
  throw new WeftError(
    `${asked} cannot be asked with such a body (${v.getDotPath(issue) ?? "it"}: ${issue.message})`,
  );
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

async function readText(body: ByteStream): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const piece of body) {
    text += decoder.decode(piece, { stream: true });
    if (text.length > MAX_ANSWER_LETTERS) {
      throw new WeftError(`An answer has more than ${MAX_ANSWER_LETTERS} letters`);
    }
  }
  return text + decoder.decode();
}

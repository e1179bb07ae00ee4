/**
 * Before a request is read: is it of our version, signed, not too often, and of somebody who may ask.
 *
 * A stranger costs a bounded body and, in fresh headers, at most four checks of sr25519: of what was
 * sent and of its model, each bare and as wallets wrap it. Nothing of an unsigned request is kept.
 *
 * Source of statuses and texts: macrocosm-os/iota @ 56aee24, `utils/auth.py`, `utils/epistula.py`.
 *
 * @module
 */

import * as v from "valibot";
import type { Clock, HeaderSource, Log, ServedRequest, WallClock } from "../../host.ts";
import type { SignatureCheck } from "../../wallet/verify.ts";
import { EpistulaError, EpistulaVerifier } from "../epistula.ts";
import { type PythonData, pythonJson } from "../../formats/python_json.ts";
import { type JsonBody, readJson } from "../../formats/python_json_reader.ts";
import { RateRefusal, ValidationRefusal } from "./answers.ts";
import { limitText, RateLimiter } from "./rate_limit.ts";
import {
  type Access,
  ORCHESTRATOR_VERSION_HEADER,
  type Route,
  ROUTES,
  SPEC_VERSION,
  SPEC_VERSION_HEADER,
} from "./routes.ts";
import { Refusal } from "./service.ts";
import { asPython } from "./signed_body.ts";

const MAX_BODY_BYTES = 1024 ** 2;
/** Who registers has no version yet, or an old one. */
const UNVERSIONED: readonly string[] = [ROUTES.registerMiner.path, ROUTES.registerValidator.path];

/** What a server goes by. */
export interface ServerOptions {
  readonly clock: Clock;
  readonly wallClock: WallClock;
  readonly log: Log;
  /** Throws a {@linkcode Refusal} for a hotkey that may not ask. @default everyone may */
  readonly admit?: (hotkey: string, access: Access) => Promise<void>;
  /** What `X-Orchestrator-Version` must be if it is sent. @default anything */
  readonly version?: string;
  /** Multiplies the limits of all routes; infinity for none. @default {1} */
  readonly rateFactor?: number;
  /** @default {1048576} */
  readonly maxBodyBytes?: number;
  /** Checks signatures elsewhere, such as on threads. @default here */
  readonly checkSignature?: SignatureCheck;
}

/** A request that may be answered. */
export interface Admitted {
  /** Who signed it; empty on public routes. */
  readonly hotkey: string;
  readonly body: JsonBody | undefined;
}

/** See the module. */
export class Gate {
  readonly #options: ServerOptions;
  readonly #rateFactor: number;
  readonly #verifier: EpistulaVerifier;
  readonly #limiter: RateLimiter;

  constructor(options: ServerOptions) {
    this.#options = options;
    this.#rateFactor = options.rateFactor ?? 1;
    this.#verifier = new EpistulaVerifier(options.wallClock);
    this.#limiter = new RateLimiter(options.clock, this.#rateFactor);
  }

  /** @throws {Refusal} 401, 403, 409, 413, 422 or 429 */
  async admit(route: Route, request: ServedRequest): Promise<Admitted> {
    if (route.access === "public") {
      this.#count(route, request.remoteAddress);
      return { hotkey: "", body: undefined };
    }
    this.#checkVersions(route, request.headers);
    const text = await readText(request, this.#options.maxBodyBytes ?? MAX_BODY_BYTES);
    const body = text === "" ? undefined : readBody(text);
    const hotkey = await this.#verify(request.headers, possibleBodies(route, body));
    try {
      this.#count(route, hotkey);
      await this.#options.admit?.(hotkey, route.access);
    } catch (error) {
      this.forget(request);
      throw error;
    }
    return { hotkey, body };
  }

  /** Lets a request come again that was verified but not carried out. */
  forget(request: ServedRequest): void {
    this.#verifier.forget(request.headers);
  }

  #checkVersions({ path }: Route, headers: HeaderSource): void {
    const { version } = this.#options;
    const ours = headers.get(ORCHESTRATOR_VERSION_HEADER.toLowerCase());
    const spec = headers.get(SPEC_VERSION_HEADER.toLowerCase());
    if (spec !== null && spec !== `${SPEC_VERSION}`) throw mismatch("Spec", SPEC_VERSION, spec);
    if (version === undefined || ours === null || UNVERSIONED.includes(path)) return;
    if (ours !== version) throw mismatch("Orchestrator", version, ours);
  }

  async #verify(headers: HeaderSource, bodies: Iterable<PythonData>): Promise<string> {
    const check = this.#options.checkSignature;
    let reason = "";
    for (const body of bodies) {
      try {
        if (check === undefined) return this.#verifier.verify(headers, body);
        return await this.#verifier.verifyBy(check, headers, body);
      } catch (error) {
        if (!(error instanceof EpistulaError)) throw error;
        reason = error.message;
      }
    }
    throw new Refusal(401, `Epistula verification failed: ${reason}`);
  }

  #count({ method, path, limit }: Route, who: string): void {
    const waitMs = this.#limiter.take(`${method} ${path} ${who}`, limit);
    if (waitMs > 0) throw new RateRefusal(limitText(limit, this.#rateFactor), waitMs);
  }
}

function mismatch(what: string, expected: string | number, received: string): Refusal {
  return new Refusal(
    409,
    `${what} version mismatch. Expected: ${expected}, Received: ${received}`,
  );
}

/** The bounded body as text. */
async function readText({ headers, body }: ServedRequest, maxBytes: number): Promise<string> {
  const length = headers.get("content-length") ?? "0";
  if (Number(length) > maxBytes) throw tooLarge(maxBytes);
  if (length === "0" && headers.get("transfer-encoding") === null) return "";
  const pieces: Uint8Array[] = [];
  let total = 0;
  for await (const piece of body) {
    total += piece.length;
    if (total > maxBytes) throw tooLarge(maxBytes);
    pieces.push(piece);
  }
  return decode(pieces, total);
}

function decode(pieces: readonly Uint8Array[], totalBytes: number): string {
  const whole = new Uint8Array(totalBytes);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(whole);
  } catch {
    throw notJson("it is not UTF-8");
  }
}

function readBody(text: string): JsonBody {
  try {
    return readJson(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw notJson(error.message);
    throw error;
  }
}

function notJson(reason: string): Refusal {
  return new ValidationRefusal([{ type: "json_invalid", loc: ["body"], msg: reason }]);
}

function tooLarge(maxBytes: number): Refusal {
  return new Refusal(413, `The body has more than ${maxBytes} bytes`);
}

/**
 * What may have been signed: what was sent, as the published client does it, or the model that the
 * published server makes of it, with every default and no other field.
 */
function* possibleBodies(route: Route, body: JsonBody | undefined): Generator<PythonData, void> {
  const asSent = body?.asSent ?? {};
  yield asSent;
  let model: PythonData = {};
  if (route.body !== undefined) {
    const read = v.safeParse(route.body, body?.value ?? {});
    if (!read.success) return;
    model = asPython(route.body, read.output);
  }
  if (pythonJson(model) !== pythonJson(asSent)) yield model;
}

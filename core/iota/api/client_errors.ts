/**
 * What asking a server may come to, beside an answer.
 *
 * @module
 */

import * as v from "valibot";
import { WeftError } from "../../errors.ts";

const MAX_DETAIL_LETTERS = 300;

/** The layer is in another phase than the request is for; nothing is wrong otherwise. */
export class WrongPhaseError extends WeftError {
  override name = "WrongPhaseError";

  /** @param expected what the server says of the phase, usually its name */
  constructor(readonly expected: string) {
    super(`The layer is in another phase: ${expected}.`);
  }
}

/** The orchestrator has begun anew: everyone must register again. */
export class VersionMismatchError extends WeftError {
  override name = "VersionMismatchError";
}

/** Orchestrator and Weft speak different versions of the protocol. */
export class SpecMismatchError extends WeftError {
  override name = "SpecMismatchError";
}

/** The server does not want this request; asking again changes nothing. */
export class RefusedError extends WeftError {
  override name = "RefusedError";

  /** @param status 4xx */
  constructor(readonly status: number, readonly detail: string, asked: string) {
    super(`${asked} was refused with status ${status}: ${detail || "no reason given"}`);
  }
}

/** No answer came, or only that the server failed, as often as it was tried. Later it may be there. */
export class UnansweredError extends WeftError {
  override name = "UnansweredError";
}

/** What came back. */
export interface Received {
  readonly status: number;
  readonly text: string;
}

/** The error that an answer with a status other than 2xx becomes. */
export function errorOf(asked: string, { status, text }: Received): WeftError {
  const detail = detailOf(text);
  if (status >= 500) {
    return new UnansweredError(`${asked} failed on the server with status ${status}: ${detail}`);
  }
  if (status < 400) {
    return new WeftError(`${asked} was answered with status ${status}: is the address right?`);
  }
  if (status !== 409) return new RefusedError(status, detail, asked);
  if (detail.includes("Orchestrator version mismatch.")) return new VersionMismatchError(detail);
  if (detail.includes("Spec version mismatch.")) return new SpecMismatchError(detail);
  return new WrongPhaseError(detail);
}

const Said = v.union([
  v.pipe(v.object({ detail: v.unknown() }), v.transform(({ detail }) => detail)),
  v.pipe(v.object({ error: v.unknown() }), v.transform(({ error }) => error)),
]);

/** What a server said, in one line: FastAPI's `detail`, slowapi's `error`, or the text. */
function detailOf(text: string): string {
  const said = v.safeParse(Said, parseJson(text));
  const detail = said.success ? said.output : text;
  const line = typeof detail === "string" ? detail : JSON.stringify(detail);
  return line.replaceAll(/\s+/g, " ").slice(0, MAX_DETAIL_LETTERS);
}

/** Undefined for what is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

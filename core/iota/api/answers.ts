/**
 * Answers of a server in the forms of FastAPI and slowapi, and several handlers behind one address.
 *
 * @module
 */

import type * as v from "valibot";
import type { HttpHandler, ServedRequest, ServedResponse } from "../../host.ts";
import { Refusal } from "./service.ts";

/** Answers what is its own, and returns undefined for what is not. */
export type PartialHandler = (request: ServedRequest) => Promise<ServedResponse> | undefined;

/** The first handler that knows a request answers it; without one it is 404. */
export function chainHandlers(...handlers: readonly PartialHandler[]): HttpHandler {
  return (request) => {
    for (const handler of handlers) {
      const answer = handler(request);
      if (answer !== undefined) return answer;
    }
    return Promise.resolve(jsonAnswer(404, { detail: "Not Found" }));
  };
}

/** An answer in JSON; undefined becomes null. */
export function jsonAnswer(
  status: number,
  data: unknown,
  headers: Readonly<Record<string, string>> = {},
): ServedResponse {
  const body = new TextEncoder().encode(JSON.stringify(data ?? null));
  return { status, headers: { "content-type": "application/json", ...headers }, body };
}

/** One thing that is wrong with a request. */
export interface ValidationDetail {
  readonly type: string;
  /** Where: `["body", "parts", 0, "ETag"]`. */
  readonly loc: readonly (string | number)[];
  readonly msg: string;
}

/** A refusal of what a schema does not take; `detail` is a list then. */
export class ValidationRefusal extends Refusal {
  override name = "ValidationRefusal";

  constructor(readonly details: readonly ValidationDetail[]) {
    super(422, details.map(({ loc, msg }) => `${loc.join(".")}: ${msg}`).join("; "));
  }
}

/** What a schema said of a body or query. */
export function validationRefusal(
  place: "body" | "query",
  issues: readonly v.BaseIssue<unknown>[],
): ValidationRefusal {
  return new ValidationRefusal(issues.map(({ type, path, received, message }) => {
    const keys = (path ?? []).map(({ key }) => typeof key === "number" ? key : String(key));
    const isMissing = received === "undefined";
    return {
      type: isMissing ? "missing" : type,
      loc: [place, ...keys],
      msg: isMissing ? "Field required" : message,
    };
  }));
}

/** A refusal of what comes too often. */
export class RateRefusal extends Refusal {
  override name = "RateRefusal";

  /** @param waitMs after which the same may be asked again */
  constructor(detail: string, readonly waitMs: number) {
    super(429, detail);
  }
}

/** The answer that a refusal becomes. */
export function refusalAnswer(refusal: Refusal): ServedResponse {
  const { status, message: detail } = refusal;
  if (refusal instanceof ValidationRefusal) return jsonAnswer(status, { detail: refusal.details });
  if (!(refusal instanceof RateRefusal)) return jsonAnswer(status, { detail });
  // slowapi says `error`, and all others `detail`.
  const retryAfter = `${Math.ceil(refusal.waitMs / 1000)}`;
  return jsonAnswer(status, { error: detail, detail }, { "retry-after": retryAfter });
}

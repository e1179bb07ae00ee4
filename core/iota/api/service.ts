/**
 * What a route's handler is given and what it may refuse with, on the server's side of every route.
 *
 * @module
 */

import { WeftError } from "../../errors.ts";
import type { ServedRequest } from "../../host.ts";
import type { Answer, Read, Route } from "./routes.ts";

/** A refusal: what becomes the status and the `detail` of the answer. */
export class Refusal extends WeftError {
  override name = "Refusal";

  constructor(
    readonly status: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 429 | 503,
    detail: string,
  ) {
    super(detail);
  }
}

/** A request that was verified and read. */
export type Call<R extends Route> = Read<R> & {
  /** Who signed it; empty on public routes. */
  readonly hotkey: string;
  /** How long the answer may be held back, in milliseconds; 0 for at once. */
  readonly waitMs: number;
  readonly request: ServedRequest;
};

/** Answers one route. */
export type RouteHandler<R extends Route> = (call: Call<R>) => Promise<Answer<R>>;

/** A handler for each of some routes. */
export type Handlers<Routes extends Record<string, Route>> = {
  readonly [Name in keyof Routes]: RouteHandler<Routes[Name]>;
};

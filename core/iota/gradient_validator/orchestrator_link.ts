/**
 * What a gradient validator asks its orchestrator, and what may be wrong with what it gets.
 *
 * @module
 */

import { WeftError } from "../../errors.ts";
import type { Answer, Asked, RouteName, ROUTES } from "../api/routes.ts";

/** A client of the orchestrator, as `ApiClient` is one; errors as there. */
export interface OrchestratorLink {
  ask<Name extends RouteName>(
    name: Name,
    asked: Asked<(typeof ROUTES)[Name]>,
  ): Promise<Answer<(typeof ROUTES)[Name]>>;
}

/** A file is there, but holds something else than it should: the fault of whoever wrote it. */
export class ContentError extends WeftError {
  override name = "ContentError";
}

/** The orchestrator knows of no such file. */
export class NoPathError extends WeftError {
  override name = "NoPathError";
}

/**
 * Where the environment may hold the password of a keyfile.
 *
 * @module
 */

import { basename, dirname } from "node:path";
import {
  legacyPasswordVariable,
  passwordVariable,
  revealPassword,
} from "../../core/wallet/environment_password.ts";
import type { Variables } from "../env_file.ts";

/** A password, and the variable that held it. */
export interface FoundPassword {
  readonly variable: string;
  readonly password: string;
}

/**
 * The password of a keyfile, if the environment holds it. An empty variable counts as not set.
 *
 * @param file absolute path
 * @throws {WeftError} if the variable is not coded as btwallet codes it
 */
export function passwordInEnvironment(
  file: string,
  environment: Variables,
): FoundPassword | undefined {
  const variable = passwordVariable(file);
  const value = environment[variable];
  if (value) return { variable, password: revealPassword(value, variable) };
  const legacy = legacyVariable(file);
  const password = legacy === undefined ? undefined : environment[legacy];
  return legacy && password ? { variable: legacy, password } : undefined;
}

/** The variables that may hold a keyfile's password, for an error message. */
export function passwordVariables(file: string): string {
  const legacy = legacyVariable(file);
  const coded = `${passwordVariable(file)} (in btwallet's coding)`;
  return legacy === undefined ? coded : `${legacy} (as it is) or ${coded}`;
}

/** Only coldkeys were encrypted then, and the variable is named after the wallet. */
function legacyVariable(file: string): string | undefined {
  return basename(file) === "coldkey" ? legacyPasswordVariable(basename(dirname(file))) : undefined;
}

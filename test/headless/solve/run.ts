/**
 * Runs `deno task solve` inside a test.
 *
 * @module
 */

import { assert } from "chai";
import { join } from "node:path";
import { createTarget, hashOf } from "../../../core/hash/hash_target.ts";
import { hashMode } from "../../../core/hash/modes.ts";
import { runCommand } from "../../../headless/command.ts";
import { createDenoHost } from "../../../headless/deno_host.ts";
import { Screen } from "../../../headless/screen.ts";
import { solveCommand } from "../../../headless/solve.ts";
import type { SolveSystem } from "../../../headless/solve/system.ts";

/** A mask of 17576 candidates. */
export const MASK = "?l?l?l";
const NEVER = new AbortController().signal;

/** The hash line of a password and salt. */
export function lineOf(password: string, salt: string, number = 610): string {
  const mode = hashMode(number);
  const [passwordBytes, saltBytes] = [password, salt].map((text) => new TextEncoder().encode(text));
  return createTarget(mode, hashOf(mode, passwordBytes, saltBytes), saltBytes).line;
}

/** What a run left behind. */
export interface SolveRun {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

/** What may differ from a run in a folder of its own. */
export interface Surroundings extends Partial<SolveSystem> {
  readonly signal?: AbortSignal;
  /** Called with each text on stdout. */
  readonly onOut?: (text: string) => void;
}

/** Runs the command in a folder, on WebAssembly: it is there on every machine. */
export async function solve(
  dir: string,
  args: string[],
  { signal = NEVER, onOut = () => {}, ...differences }: Surroundings = {},
): Promise<SolveRun> {
  let [out, error] = ["", ""];
  const screen = new Screen({
    ...{ columns: 80, isLive: false, hasColour: false },
    writeOut: (text) => {
      out += text;
      onOut(text);
    },
    writeError: (text) => void (error += text),
  });
  const system: SolveSystem = {
    userFolder: () => dir,
    dataFolder: () => join(dir, "data"),
    tuneGpu: () => assert.fail("WebAssembly needs no GPU"),
    createHost: createDenoHost,
    ...differences,
  };
  const source = { args: ["--variant", "wasm", ...args], environment: {}, envFile: {} };
  const code = await runCommand(solveCommand(system), source, screen, signal);
  return { code, out, error };
}

/** Surroundings in which nothing may be searched. */
export const NO_SEARCH: Surroundings = { createHost: () => assert.fail("a search began") };

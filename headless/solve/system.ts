/**
 * What `deno task solve` finds around it: folders, and a machine to search with.
 *
 * @module
 */

import { join } from "node:path";
import { WeftError } from "../../core/errors.ts";
import { Engines } from "../../core/hash/engines.ts";
import type { Algorithm } from "../../core/hash/modes.ts";
import { Solver } from "../../core/hash/solver.ts";
import type { Host } from "../../core/host.ts";
import { userFolder } from "../command.ts";
import { createDenoHost, type DenoHostOptions } from "../deno_host.ts";
import { tuneLavapipe } from "../lavapipe.ts";
import { dataFolder } from "../run_folder.ts";
import type { Screen } from "../screen.ts";
import { sliceMsOf, type SolveValues } from "./flags.ts";
import { CACHE_DIR } from "../unpack.ts";

/** The surroundings of the command; a test hands in its own. */
export interface SolveSystem {
  /** The folder where the user stands. */
  userFolder(): string;
  /** The folder for the data of the user's programs, undefined if there is none. */
  dataFolder(): string | undefined;
  /** Prepares the GPU for an algorithm, before it is first asked for. */
  tuneGpu(algorithm: Algorithm): void;
  createHost(options: DenoHostOptions): Host;
}

/** The surroundings of this process. */
export const processSystem: SolveSystem = {
  userFolder,
  dataFolder: () => dataFolder(Deno.build.os, Deno.env.toObject()),
  tuneGpu: tuneLavapipe,
  createHost: createDenoHost,
};

/** A solver, and what it is made of. */
export interface OpenSolver {
  readonly host: Host;
  readonly engines: Engines;
  readonly solver: Solver;
}

/**
 * Makes a solver as the flags want it. What it measures is remembered among the data of the user's
 * programs; where the environment names no such folder, with the project's unpacked drivers.
 *
 * @param algorithm the one to prepare the GPU for
 * @throws {WeftError} if the folder cannot be made
 */
export function openSolver(
  system: SolveSystem,
  values: SolveValues,
  screen: Screen,
  algorithm: Algorithm,
): OpenSolver {
  const { variant, gpuBackend: backend, loggingDebug, quiet } = values;
  if (variant !== "wasm") system.tuneGpu(algorithm);
  const data = system.dataFolder();
  const host = system.createHost({
    runDir: makeFolder(
      data === undefined ? join(CACHE_DIR, "solver") : join(data, "weft", "solver"),
    ),
    backend,
    logLevel: loggingDebug ? "debug" : quiet ? "warn" : "info",
    writeLog: (line) => screen.message(line),
  });
  const engines = new Engines(host, variant === "auto" ? undefined : variant);
  return { host, engines, solver: new Solver(host, engines, sliceMsOf(values)) };
}

/** The engine that an algorithm runs on, for a person: `u64, llvmpipe`. */
export async function deviceText(engines: Engines, algorithm: Algorithm): Promise<string> {
  const { variant, deviceName } = await engines.engineFor(algorithm);
  return `${variant}, ${deviceName}`;
}

function makeFolder(dir: string): string {
  try {
    Deno.mkdirSync(dir, { recursive: true });
    return dir;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new WeftError(
      `the folder ${dir} cannot be made (${error.message}): make it, or set HOME to another place`,
      { cause: error },
    );
  }
}

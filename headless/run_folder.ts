/**
 * The folder of a run: where it is by default, and that one process uses it at a time.
 *
 * @module
 */

import { isAbsolute, join } from "node:path";
import { WeftError } from "../core/errors.ts";
import type { Variables } from "./env_file.ts";

/** What tells runs apart in the name of their default folder. */
export interface RunName {
  readonly model: string;
  readonly precision: string;
  readonly text: string;
  readonly seed: number;
}

/**
 * Where a run is kept unless the user says otherwise: below the system's folder for the data of
 * programs.
 *
 * @param os as in `Deno.build.os`
 * @throws {WeftError} if the environment does not say where that is
 */
export function defaultRunFolder(run: RunName, os: string, environment: Variables): string {
  const data = dataFolder(os, environment);
  if (data === undefined) {
    throw new WeftError(
      `${os === "windows" ? "LOCALAPPDATA" : "HOME"} is not set, so there is no default run ` +
        "folder: choose one with --run.dir",
    );
  }
  const name = `${run.model}-${run.precision}-${run.text}-seed${run.seed}`;
  return join(data, "weft", "runs", name.replace(/[^A-Za-z0-9._-]+/g, "-"));
}

/**
 * The system's folder for the data of the user's programs; undefined if the environment does not
 * say where that is.
 *
 * @param os as in `Deno.build.os`
 */
export function dataFolder(os: string, environment: Variables): string | undefined {
  const { HOME, XDG_DATA_HOME, LOCALAPPDATA } = environment;
  if (os === "windows" && LOCALAPPDATA) return LOCALAPPDATA;
  if (os === "darwin" && HOME) return join(HOME, "Library", "Application Support");
  // The XDG specification: a relative path in the variable is not valid and to be ignored.
  if (os !== "windows" && XDG_DATA_HOME && isAbsolute(XDG_DATA_HOME)) return XDG_DATA_HOME;
  if (os !== "windows" && HOME) return join(HOME, ".local", "share");
  return undefined;
}

/** Holds a run folder until it is released, or the process ends in whatever way. */
export interface RunFolderLock {
  release(): void;
}

const LOCK_FILE = "run.lock";

/**
 * Makes the folder if it is not there, and takes it for this process. The system's file lock is
 * used, which ends with its process: a lock is never stale. The file keeps the holder's process id.
 *
 * @throws {WeftError} if another process holds the folder, or it cannot be made
 */
export function lockRunFolder(dir: string): RunFolderLock {
  const file = openLockFile(dir);
  if (!file.tryLockSync(true)) {
    file.close();
    throw new WeftError(
      `the run folder ${dir} is in use by ${holderOf(dir)}: stop it first, or choose another ` +
        "folder with --run.dir",
    );
  }
  file.truncateSync();
  file.writeSync(new TextEncoder().encode(`${Deno.pid}\n`));
  return { release: () => file.close() };
}

function openLockFile(dir: string): Deno.FsFile {
  try {
    Deno.mkdirSync(dir, { recursive: true });
    return Deno.openSync(join(dir, LOCK_FILE), { read: true, write: true, create: true });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new WeftError(
      `the run folder ${dir} cannot be used (${error.message}): choose another with --run.dir`,
      { cause: error },
    );
  }
}

function holderOf(dir: string): string {
  try {
    return `process ${Deno.readTextFileSync(join(dir, LOCK_FILE)).trim()}`;
  } catch {
    // Windows lets no one read a locked file.
    return "another process";
  }
}

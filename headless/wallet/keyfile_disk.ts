/**
 * Keyfiles on disk. A key is money: what is written is whole or not there, is its owner's alone from
 * the first byte, and replaces nothing that was not meant to be replaced.
 *
 * @module
 */

import { dirname } from "node:path";
import { WeftError } from "../../core/errors.ts";
import { diskError } from "./disk_error.ts";
import { Placement, syncFolder } from "./placement.ts";

/** A file of a key, to be written. */
export interface NewKeyfile {
  /** Absolute. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** A keyfile that was read. */
export interface ReadKeyfile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The permission bits, if they let others in than the owner. */
  readonly wideMode: number | undefined;
}

const OTHERS = 0o077;
const PERMISSIONS = 0o777;
const OWNER_FOLDER = 0o700;
/** More than any keyfile has, so that a disk image under a key's name is not read whole. */
const MAX_KEYFILE_BYTES = 1 << 20;

/**
 * Reads a keyfile, through a symbolic link too; undefined if there is none.
 *
 * @throws {WeftError} if what is there is no keyfile, or may not be read
 */
export function readKeyfile(path: string): ReadKeyfile | undefined {
  const there = kindOf(path);
  if (there === undefined) return undefined;
  try {
    const { isFile, size, mode } = Deno.statSync(path);
    if (!isFile || size > MAX_KEYFILE_BYTES) {
      const found = isFile ? `a file of ${size} bytes` : there;
      throw new WeftError(`${path} is ${found}, expected a keyfile`);
    }
    const bits = (mode ?? 0) & PERMISSIONS;
    return { bytes: Deno.readFileSync(path), wideMode: bits & OTHERS ? bits : undefined };
  } catch (error) {
    throw diskError(`${path} cannot be read`, error);
  }
}

/**
 * Those of some paths where a file is.
 *
 * @throws {WeftError} if anything else is at one of them: it is not ours to replace
 */
export function filesAt(paths: readonly string[]): string[] {
  return paths.filter((path) => {
    const kind = kindOf(path);
    if (kind === undefined || kind === "a file") return kind !== undefined;
    throw new WeftError(`${path} is ${kind}, no keyfile can be written there: move it away`);
  });
}

/**
 * Writes the files of one key, all or none, and the folders that they lie in.
 *
 * @param files the private one first: a public one alone would be an address that no one can spend
 *   from
 * @param options.overwrite whether files that are there may be replaced
 * @throws {WeftError} if one is there and may not be replaced, or the disk does not do as it is told
 */
export function writeKeyfiles(
  files: readonly NewKeyfile[],
  { overwrite }: { readonly overwrite: boolean },
): void {
  const placements = files.map(({ path, bytes }) => new Placement(path, bytes));
  try {
    for (const { path } of files) makeFolder(dirname(path));
    for (const placement of placements) placement.writeAside();
    if (overwrite) {
      for (const placement of placements) placement.keepOld();
      // Without an old public file at no moment a new key stands beside the address of another.
      for (const placement of placements.slice(1)) placement.removeOld();
    }
    for (const placement of placements) placement.place({ overwrite });
    for (const folder of new Set(files.map(({ path }) => dirname(path)))) syncFolder(folder);
  } catch (error) {
    for (const placement of placements.toReversed()) placement.undo();
    throw diskError("the key was not written", error);
  }
  for (const placement of placements) placement.finish();
}

/** What is at a path itself, be it a link that leads nowhere; undefined if nothing is. */
function kindOf(path: string): string | undefined {
  try {
    const { isFile, isDirectory, isSymlink } = Deno.lstatSync(path);
    if (isFile) return "a file";
    if (isDirectory) return "a folder";
    return isSymlink ? "a symbolic link" : "no plain file";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw diskError(`${path} cannot be reached`, error);
  }
}

function makeFolder(dir: string): void {
  if (isFolder(dir)) return;
  makeFolder(dirname(dir));
  // Recursive, for then it is no error if another process was faster.
  Deno.mkdirSync(dir, { recursive: true, mode: OWNER_FOLDER });
  syncFolder(dirname(dir));
}

function isFolder(path: string): boolean {
  try {
    if (Deno.statSync(path).isDirectory) return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
  throw new WeftError(`${path} is no folder, no key can be kept in it: move it away`);
}

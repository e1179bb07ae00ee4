/**
 * Unpacks the archives of the npm package `@sparticuz/chromium`, which carries a headless Chromium
 * and the software Vulkan driver SwiftShader for machines that have neither.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliDecompressSync } from "node:zlib";
import { parseTar } from "nanotar";
import { WeftError } from "../core/errors.ts";

/** Where unpacked files are kept unless a caller says otherwise: inside the project's folder. */
export const CACHE_DIR: string = fileURLToPath(
  new URL("../node_modules/.cache/weft", import.meta.url),
);

/** An installed `@sparticuz/chromium`: its folder of archives, and the version to name copies by. */
export interface ChromiumPackage {
  readonly archiveDir: string;
  readonly version: string;
}

/**
 * Finds the installed package.
 *
 * @throws {WeftError} when the package is missing or names no version
 */
export function findChromiumPackage(): ChromiumPackage {
  const root = fileURLToPath(new URL("../..", import.meta.resolve("@sparticuz/chromium")));
  const manifest: unknown = JSON.parse(new TextDecoder().decode(read(join(root, "package.json"))));
  if (
    typeof manifest !== "object" || manifest === null || !("version" in manifest) ||
    typeof manifest.version !== "string"
  ) {
    throw new WeftError(`no version in ${root}package.json: run "deno install" again`);
  }
  return { archiveDir: join(root, "bin"), version: manifest.version };
}

/** Writes the one file that a `.br` archive holds, as an executable. */
export function unpackFile(archive: string, file: string): void {
  Deno.writeFileSync(file, decompress(archive), { mode: 0o755 });
}

/** Writes every file of a `.tar.br` archive below the folder `dir`. */
export function unpackTar(archive: string, dir: string): void {
  for (const entry of parseTar(decompress(archive))) {
    if (entry.type !== "file" || entry.data === undefined) continue;
    const file = join(dir, entry.name);
    Deno.mkdirSync(dirname(file), { recursive: true });
    Deno.writeFileSync(file, entry.data);
  }
}

/**
 * Makes the folder `target` with the content that `fill` writes, unless it exists. The folder
 * appears whole or not at all: it is filled under another name and renamed, so two processes may
 * do this at once, and the later one keeps what the earlier one made.
 */
export function unpackOnce(target: string, fill: (dir: string) => void): void {
  if (exists(target)) return;
  const aside = `${target}.${crypto.randomUUID()}`;
  Deno.mkdirSync(aside, { recursive: true });
  try {
    fill(aside);
    Deno.renameSync(aside, target);
  } catch (error) {
    Deno.removeSync(aside, { recursive: true });
    if (!exists(target)) throw error;
  }
}

/** Whether there is a file or folder at `path`. */
export function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function decompress(archive: string): Uint8Array {
  return brotliDecompressSync(Buffer.from(read(archive).buffer));
}

function read(path: string): Uint8Array<ArrayBuffer> {
  try {
    return Deno.readFileSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new WeftError(`${path} is missing: run "deno install"`, { cause: error });
  }
}

/**
 * Texts to train on: the files that the user names, or the book that needs no download.
 *
 * @module
 */

import { basename, join } from "node:path";
import { parseDocuments } from "../core/data/corpus.ts";
import { UsageError, WeftError } from "../core/errors.ts";

/** Documents with a name for what they are. */
export interface NamedDocuments {
  readonly name: string;
  readonly documents: readonly string[];
}

const EXTENSIONS = [".txt", ".jsonl"];

/**
 * The documents of a `.txt` or `.jsonl` file, or of all such files below a folder in the order of
 * their paths; hidden files and those of other kinds in a folder are passed over. Without a path,
 * the book Moby Dick.
 *
 * @throws {UsageError} if there is no such path, a folder holds no such file, or a file is of
 *   another kind
 * @throws {WeftError} if a file is not UTF-8, or a line of it not as expected
 */
export async function readDocuments(path: string | undefined): Promise<NamedDocuments> {
  if (path === undefined) {
    const { mobyDickDocuments } = await import("../core/data/moby_dick.ts");
    return { name: "moby-dick", documents: mobyDickDocuments() };
  }
  const isFolder = (await statOrFail(path)).isDirectory;
  const files = isFolder ? (await listTexts(path)).sort() : [path];
  if (files.length === 0) {
    throw new UsageError(`--data ${path}: there is no .txt and no .jsonl file in this folder`);
  }
  const documents: string[] = [];
  for (const file of files) {
    // Not spread into push(): a file may hold more lines than a call takes arguments.
    for (const document of parseDocuments(file, await readText(file))) documents.push(document);
  }
  return { name: basename(path).replace(/\.(txt|jsonl)$/i, ""), documents };
}

async function statOrFail(path: string): Promise<Deno.FileInfo> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new UsageError(
      `--data ${path}: there is no such file or folder, expected .txt or .jsonl files`,
      { cause: error },
    );
  }
}

async function listTexts(dir: string): Promise<string[]> {
  const files: string[] = [];
  for await (const entry of Deno.readDir(dir)) {
    if (entry.name.startsWith(".")) continue;
    const path = join(dir, entry.name);
    if (entry.isDirectory) files.push(...await listTexts(path));
    else if (EXTENSIONS.some((end) => entry.name.toLowerCase().endsWith(end))) files.push(path);
  }
  return files;
}

async function readText(file: string): Promise<string> {
  const bytes = await Deno.readFile(file);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new WeftError(`${file} is not text in UTF-8: convert it, or leave it out`, {
      cause: error,
    });
  }
}

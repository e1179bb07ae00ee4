/**
 * Files that appear whole: written aside first, then given their name. A name that is taken can be
 * left as it is, which no rename can.
 *
 * @module
 */

import { dirname, join } from "node:path";
import type { ByteStream } from "../core/host.ts";
import { writeNewFile } from "./file_stream.ts";

/** How often a folder may vanish, because it was empty, before something is put into it. */
const MAX_TRIES = 4;

/** A written file that has no name yet. */
export interface AsideFile {
  readonly path: string;
  /** Names the file and what is in it. */
  readonly tag: string;
}

/** Names what is in a file: it changes with every writing. */
export function fileTag({ ino, size, mtime }: Deno.FileInfo): string {
  return [ino ?? 0, size, mtime?.getTime() ?? 0].map((each) => each.toString(16)).join("-");
}

/** Writes files into a folder of their own, on the disk of those that they become. */
export class AsideFiles {
  /**
   * @param dir exists; for nothing else
   * @param syncs whether a file is on the disk, not only on its way, when it gets its name
   */
  constructor(readonly dir: string, readonly syncs: boolean) {}

  /** Writes a stream, lets `use` give the file a name, and removes it from aside, whatever happens. */
  async write<Result>(
    content: ByteStream,
    use: (file: AsideFile) => Promise<Result>,
  ): Promise<Result> {
    const path = join(this.dir, crypto.randomUUID());
    try {
      const tag = fileTag(await writeNewFile(path, content, this.syncs));
      return await use({ path, tag });
    } finally {
      await Deno.remove(path).catch(() => {});
    }
  }
}

/** Gives a file a name, in place of what may have it. */
export async function nameFile({ path }: AsideFile, name: string): Promise<void> {
  await inFolder(name, () => Deno.rename(path, name));
}

/**
 * Gives a file a name that is free.
 *
 * @returns false if it is taken
 */
export async function nameNewFile({ path }: AsideFile, name: string): Promise<boolean> {
  try {
    await inFolder(name, () => Deno.link(path, name));
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  }
}

/** Makes the folder of a name first. Another may remove it in between, as long as it is empty. */
async function inFolder(name: string, put: () => Promise<void>): Promise<void> {
  for (let left = MAX_TRIES;; left--) {
    await Deno.mkdir(dirname(name), { recursive: true });
    try {
      return await put();
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound) || left === 0) throw error;
    }
  }
}

/**
 * Storage in a folder: a blob is a file, a log of records a file of JSON lines.
 *
 * One process uses a folder at a time; see `run_folder.ts`.
 *
 * @module
 */

import { join } from "node:path";
import { WeftError } from "../core/errors.ts";
import type { BlobReader, Storage } from "../core/host.ts";

/** Names that are a file in the folder on every system, and no path out of it. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
/** Marks a file that is being written; what carries it at the start is left of a crash. */
const ASIDE = ".tmp-";
const NEWLINE = 0x0a;

/**
 * The storage in a folder that exists. Removes what an interrupted write has left there.
 *
 * Its methods throw RangeError for a name with anything but letters, digits, `.`, `_` and `-`, and
 * WeftError where the disk does not do as it is told.
 */
export function openFolderStorage(dir: string): Storage {
  for (const { name } of Deno.readDirSync(dir)) {
    if (name.includes(ASIDE)) Deno.removeSync(join(dir, name));
  }
  return new FolderStorage(dir);
}

class FolderStorage implements Storage {
  /** Logs whose last line is known to be whole. */
  readonly #mended = new Set<string>();

  constructor(readonly dir: string) {}

  async openBlob(name: string): Promise<BlobReader | undefined> {
    const file = await openIfThere(this.#path(name), { read: true });
    if (!file) return undefined;
    const { size } = await file.stat();
    return new FileBlob(name, file, size);
  }

  async writeBlob(name: string, chunks: AsyncIterable<Uint8Array<ArrayBuffer>>): Promise<void> {
    const path = this.#path(name);
    const aside = `${path}${ASIDE}${Deno.pid}`;
    try {
      using file = await Deno.open(aside, { write: true, create: true, truncate: true });
      for await (const chunk of chunks) await writeAll(file, chunk);
      await file.sync();
    } catch (error) {
      await Deno.remove(aside).catch(() => {});
      throw diskError(`${name} could not be written in ${this.dir}`, error);
    }
    await Deno.rename(aside, path);
    await syncFolder(this.dir);
  }

  async readRecords(name: string): Promise<unknown[]> {
    const lines = (await readTextIfThere(this.#path(name))).split("\n");
    // After the last line break is nothing, or what a crash cut off: it may look whole and not be.
    return lines.slice(0, -1).map((line, at) => {
      try {
        return JSON.parse(line);
      } catch (error) {
        throw new WeftError(
          `line ${at + 1} of ${this.#path(name)} is no JSON: mend or remove the line`,
          { cause: error },
        );
      }
    });
  }

  async appendRecord(name: string, record: unknown): Promise<void> {
    const path = this.#path(name);
    if (!this.#mended.has(name)) await dropCutLine(path);
    this.#mended.add(name);
    try {
      using file = await Deno.open(path, { append: true, create: true });
      await writeAll(file, encodeLine(record));
    } catch (error) {
      this.#mended.delete(name);
      throw diskError(`${name} could not be written in ${this.dir}`, error);
    }
  }

  async replaceRecords(name: string, records: readonly unknown[]): Promise<void> {
    async function* lines(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
      for (const record of records) yield await Promise.resolve(encodeLine(record));
    }
    await this.writeBlob(name, lines());
  }

  #path(name: string): string {
    if (!NAME.test(name) || name.includes(ASIDE)) {
      throw new RangeError(`"${name}" is no name of a blob or log: expected ${NAME.source}`);
    }
    return join(this.dir, name);
  }
}

class FileBlob implements BlobReader {
  constructor(readonly name: string, readonly file: Deno.FsFile, readonly sizeBytes: number) {}

  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    if (offset < 0 || length < 0 || offset + length > this.sizeBytes) {
      throw new RangeError(
        `${length} bytes from ${offset} on of ${this.name}, which has ${this.sizeBytes}`,
      );
    }
    const bytes = new Uint8Array(length);
    // Seeking and reading in one go: two reads at once must not move each other's place.
    this.file.seekSync(offset, Deno.SeekMode.Start);
    for (let at = 0; at < length;) {
      const count = this.file.readSync(bytes.subarray(at));
      if (count === null) throw new WeftError(`${this.name} was cut short while it was read`);
      at += count;
    }
    return Promise.resolve(bytes);
  }

  close(): void {
    this.file.close();
  }
}

function encodeLine(record: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${JSON.stringify(record)}\n`);
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
}

async function openIfThere(
  path: string,
  options: Deno.OpenOptions,
): Promise<Deno.FsFile | undefined> {
  try {
    return await Deno.open(path, options);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function readTextIfThere(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

/** Cuts a log behind its last line break, so that the next record does not join half a line. */
async function dropCutLine(path: string): Promise<void> {
  using file = await openIfThere(path, { read: true, write: true });
  if (!file) return;
  let end = (await file.stat()).size;
  const byte = new Uint8Array(1);
  for (; end > 0; end--) {
    await file.seek(end - 1, Deno.SeekMode.Start);
    await file.read(byte);
    if (byte[0] === NEWLINE) break;
  }
  await file.truncate(end);
}

/** Makes a rename outlast a power cut; systems that cannot open a folder do without. */
async function syncFolder(dir: string): Promise<void> {
  try {
    using folder = await Deno.open(dir, { read: true });
    await folder.sync();
  } catch {
    return;
  }
}

/** A full or failing disk is the user's matter; what the chunks' maker threw is passed on. */
function diskError(what: string, error: unknown): unknown {
  const isDisk = error instanceof Error && "code" in error && typeof error.code === "string";
  return isDisk ? new WeftError(`${what}: ${error.message}`, { cause: error }) : error;
}

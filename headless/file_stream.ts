/**
 * Files as streams, in large pieces: a call to the disk costs as much as a hundred kilobytes.
 *
 * @module
 */

import { WeftError } from "../core/errors.ts";
import type { ByteStream } from "../core/host.ts";

/** Bytes of a file that are read at once: the memory of larger pieces is new each time, which costs. */
const READ_BYTES = 256 * 1024;
/** And written: for larger pieces Linux looks for larger pages, which took it thrice the time. */
const WRITE_BYTES = 256 * 1024;
/** Of a file that is to be on the disk in the end, what may be on its way there meanwhile. */
const UNSYNCED_BYTES = 64 * 1024 ** 2;

/**
 * Bytes of a file from `start` to the exclusive `end`. The next piece is read while one is used.
 *
 * @throws {WeftError} if the file ends before
 */
export async function* readFileStream(
  path: string,
  start: number,
  end: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  using file = await Deno.open(path, { read: true });
  if (start > 0) await file.seek(start, Deno.SeekMode.Start);
  let leftBytes = end - start;
  const readNext = async (): Promise<Uint8Array<ArrayBuffer>> => {
    const piece = new Uint8Array(Math.min(READ_BYTES, leftBytes));
    const count = piece.length === 0 ? 0 : await file.read(piece);
    if (count === null) throw new WeftError(`${path} was cut short while it was read`);
    leftBytes -= count;
    return piece.subarray(0, count);
  };
  let next = readNext();
  try {
    for (;;) {
      const piece = await next;
      if (piece.length === 0) return;
      next = readNext();
      // Who leaves meanwhile never awaits it.
      next.catch(() => {});
      yield piece;
    }
  } finally {
    await next.catch(() => {});
  }
}

/**
 * Writes a stream into a new file. What comes in small pieces is gathered, and written while more
 * comes in.
 *
 * @param syncs whether the bytes are on the disk in the end, not only on their way
 * @returns what the file is then
 */
export async function writeNewFile(
  path: string,
  content: ByteStream,
  syncs: boolean,
): Promise<Deno.FileInfo> {
  using file = await Deno.open(path, { write: true, createNew: true });
  // Deno does one thing at a time with a file, but not with two of the same.
  using twin = await Deno.open(path, { write: true });
  const writer = new GatheringWriter(file, syncs ? twin : undefined);
  try {
    for await (const piece of content) await writer.write(piece);
    await writer.finish();
    return await file.stat();
  } catch (error) {
    await writer.settled();
    throw error;
  }
}

class GatheringWriter {
  /** Being filled; what is before `#filled` is to be written. */
  #gathered = new Uint8Array(0);
  #filled = 0;
  /** Not in use while nothing is being written. */
  #spare = new Uint8Array(0);
  #writing: Promise<void> = Promise.resolve();
  #syncing: Promise<void> = Promise.resolve();
  #unsyncedBytes = 0;

  /** @param twin the same file, if its bytes are to be on the disk in the end */
  constructor(readonly file: Deno.FsFile, readonly twin: Deno.FsFile | undefined) {}

  async write(piece: Uint8Array): Promise<void> {
    for (let at = 0; at < piece.length;) {
      const count = Math.min(piece.length - at, WRITE_BYTES - this.#filled);
      this.#makeRoom(this.#filled + count);
      this.#gathered.set(piece.subarray(at, at + count), this.#filled);
      this.#filled += count;
      at += count;
      if (this.#filled === WRITE_BYTES) await this.#flush();
    }
  }

  async finish(): Promise<void> {
    if (this.#filled > 0) await this.#flush();
    await this.#writing;
    await this.#syncing;
    await this.twin?.sync();
  }

  /** Until nothing is being written any more, whether it went well or not. */
  async settled(): Promise<void> {
    await Promise.allSettled([this.#writing, this.#syncing]);
  }

  async #flush(): Promise<void> {
    await this.#writing;
    const full = this.#gathered;
    this.#writing = writeAll(this.file, full.subarray(0, this.#filled));
    // The next call learns of it.
    this.#writing.catch(() => {});
    this.#unsyncedBytes += this.#filled;
    [this.#gathered, this.#spare, this.#filled] = [this.#spare, full, 0];
    if (this.twin && this.#unsyncedBytes >= UNSYNCED_BYTES) await this.#syncBehind(this.twin);
  }

  /** The disk works while more comes in, and who sends faster than it writes is held back. */
  async #syncBehind(twin: Deno.FsFile): Promise<void> {
    await this.#syncing;
    this.#syncing = twin.syncData();
    this.#syncing.catch(() => {});
    this.#unsyncedBytes = 0;
  }

  /** Small contents take little memory, for many may come at once. */
  #makeRoom(sizeBytes: number): void {
    if (this.#gathered.length >= sizeBytes) return;
    const larger = new Uint8Array(Math.min(WRITE_BYTES, Math.max(sizeBytes, sizeBytes * 2)));
    larger.set(this.#gathered.subarray(0, this.#filled));
    this.#gathered = larger;
  }
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
}

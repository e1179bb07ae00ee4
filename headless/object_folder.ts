/**
 * Objects in a folder: one that was put whole is a file, one that came in parts is a list that names
 * the files of its parts.
 *
 * `a/b` and `a/b/c` may both be objects, so files have a letter at the end of their names that no key
 * has.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { dirname, join } from "node:path";
import * as v from "valibot";
import { WeftError } from "../core/errors.ts";
import type { ByteStream } from "../core/host.ts";
import type { FoundObject } from "../core/iota/store/object_files.ts";
import { StoreError } from "../core/iota/store/store_error.ts";
import { type AsideFile, fileTag, nameFile, nameNewFile } from "./aside_files.ts";
import { readFileStream } from "./file_stream.ts";

const WHOLE = "~";
const LIST = "~parts";

/** What the list of an object says. */
const PartList = v.object({
  uploadId: v.string(),
  parts: v.array(v.object({ partNumber: v.number(), sizeBytes: v.number() })),
});
export type PartList = v.InferOutput<typeof PartList>;

/** See the module. Keys are checked before they come here. */
export class ObjectFolder {
  /** @param partPath where the file of a part lies */
  constructor(
    readonly dir: string,
    readonly partPath: (uploadId: string, partNumber: number) => string,
  ) {}

  async find(key: string): Promise<FoundObject | undefined> {
    const info = await ifThere(Deno.stat(this.#whole(key)));
    if (info) return { sizeBytes: info.size, etag: fileTag(info) };
    const list = await this.findList(key);
    return list && {
      sizeBytes: list.parts.reduce((sum, part) => sum + part.sizeBytes, 0),
      etag: `${list.uploadId}-${list.parts.length}`,
    };
  }

  /** The list of an object that came in parts. */
  async findList(key: string): Promise<PartList | undefined> {
    const text = await ifThere(Deno.readTextFile(this.#list(key)));
    return text === undefined ? undefined : v.parse(PartList, JSON.parse(text));
  }

  async *read(
    key: string,
    start: number,
    end: number,
  ): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
    if (await ifThere(Deno.stat(this.#whole(key)))) {
      return yield* readFileStream(this.#whole(key), start, end);
    }
    const list = await this.findList(key);
    if (!list) throw new WeftError(`the object ${key} was removed while it was read`);
    let partStart = 0;
    for (const { partNumber, sizeBytes } of list.parts) {
      const [from, to] = [Math.max(start - partStart, 0), Math.min(end - partStart, sizeBytes)];
      if (from < to) yield* readFileStream(this.partPath(list.uploadId, partNumber), from, to);
      partStart += sizeBytes;
    }
  }

  /** Puts a file where no object is, or one with the same bytes; its etag. */
  async create(key: string, file: AsideFile): Promise<string> {
    const isFree = await this.findList(key) === undefined;
    if (isFree && await nameNewFile(file, this.#whole(key))) return file.tag;
    const found = await this.find(key);
    if (found && await isSame(file, found.sizeBytes, this.read(key, 0, found.sizeBytes))) {
      return found.etag;
    }
    throw taken(key);
  }

  /** Puts a file in place of what is there. */
  async replace(key: string, file: AsideFile): Promise<void> {
    await nameFile(file, this.#whole(key));
    await this.#removeList(key);
  }

  /** Puts an object that is in parts; twice is as once. */
  async createList(key: string, uploadId: string, file: AsideFile): Promise<void> {
    if (await ifThere(Deno.stat(this.#whole(key)))) throw taken(key);
    if (await nameNewFile(file, this.#list(key))) return;
    if ((await this.findList(key))?.uploadId !== uploadId) throw taken(key);
  }

  async remove(key: string): Promise<void> {
    await ifThere(Deno.remove(this.#whole(key)));
    await this.#removeList(key);
    await this.#removeEmptyFolders(dirname(this.#whole(key)));
  }

  async #removeList(key: string): Promise<void> {
    const list = await this.findList(key);
    if (!list) return;
    await ifThere(Deno.remove(this.#list(key)));
    const [first] = list.parts;
    const dir = dirname(this.partPath(list.uploadId, first?.partNumber ?? 1));
    await ifThere(Deno.remove(dir, { recursive: true }));
  }

  async #removeEmptyFolders(dir: string): Promise<void> {
    for (let at = dir; at.length > this.dir.length; at = dirname(at)) {
      try {
        await Deno.remove(at);
      } catch {
        // Not empty, or another was faster.
        return;
      }
    }
  }

  #whole(key: string): string {
    return join(this.dir, key + WHOLE);
  }

  #list(key: string): string {
    return join(this.dir, key + LIST);
  }
}

/** What a call to the disk gives, or undefined if there is no such file. */
export async function ifThere<Result>(call: Promise<Result>): Promise<Result | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function taken(key: string): StoreError {
  return new StoreError("PreconditionFailed", `there is another object ${key} already`);
}

async function isSame(file: AsideFile, sizeBytes: number, other: ByteStream): Promise<boolean> {
  using own = await Deno.open(file.path, { read: true });
  if ((await own.stat()).size !== sizeBytes) return false;
  for await (const piece of other) {
    const bytes = Buffer.alloc(piece.length);
    for (let at = 0; at < bytes.length;) {
      const count = await own.read(bytes.subarray(at));
      if (count === null) return false;
      at += count;
    }
    if (!bytes.equals(piece)) return false;
  }
  return true;
}

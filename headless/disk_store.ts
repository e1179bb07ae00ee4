/**
 * The object store on this machine's disk.
 *
 * An upload that was answered outlasts the process, however it ends; a file gets its name only when
 * it is whole. Several processes may use one folder.
 *
 * @module
 */

import { join } from "node:path";
import { WeftError } from "../core/errors.ts";
import type { ByteStream, Log, WallClock } from "../core/host.ts";
import type { FoundObject, ObjectFiles, PartName } from "../core/iota/store/object_files.ts";
import type { UploadedPart } from "../core/iota/store/object_store.ts";
import { ServedStore } from "../core/iota/store/served_store.ts";
import { AsideFiles, nameNewFile } from "./aside_files.ts";
import { ifThere, ObjectFolder } from "./object_folder.ts";
import { PartFolders } from "./part_folders.ts";
import { diskError } from "./wallet/disk_error.ts";

const SECRET_BYTES = 32;
/** After this time nobody goes on with an upload in parts; it and what crashes left is removed. */
const ABANDONED_MS = 24 * 3_600_000;
/** How often that is looked for. */
const SWEEP_MS = 3_600_000;

/** How the disk store is opened. */
export interface DiskStoreOptions {
  /** Where clients reach its handler, a path included: objects are at `{publicUrl}/{bucket}/{key}`. */
  readonly publicUrl: string;
  /** @default {"iota"} */
  readonly bucket?: string;
  readonly wallClock: WallClock;
  readonly log: Log;
  /** Whether an upload is answered only when it would outlast a power cut too. @default {true} */
  readonly syncs?: boolean;
}

/**
 * Opens the store in a folder, which is made if need be. The secret of its addresses is kept there,
 * so that they stay good when it is opened again.
 *
 * @throws {WeftError} if the folder cannot be used
 */
export async function openDiskStore(dir: string, options: DiskStoreOptions): Promise<ServedStore> {
  const { publicUrl, bucket = "iota", wallClock, log } = options;
  const files = new DiskFiles(dir, wallClock, options.syncs ?? true);
  const secret = await files.open();
  return new ServedStore({ files, publicUrl, bucket, secret, wallClock, log });
}

class DiskFiles implements ObjectFiles {
  readonly #aside: AsideFiles;
  readonly #parts: PartFolders;
  readonly #objects: ObjectFolder;
  #sweptMs = -Infinity;

  constructor(readonly dir: string, readonly wallClock: WallClock, syncs: boolean) {
    this.#aside = new AsideFiles(join(dir, "aside"), syncs);
    this.#parts = new PartFolders(join(dir, "parts"), join(dir, "joined"));
    this.#objects = new ObjectFolder(
      join(dir, "objects"),
      (uploadId, partNumber) => this.#parts.joinedPath(uploadId, partNumber),
    );
  }

  /** Makes the folders and removes leftovers; the secret of addresses. */
  open(): Promise<Uint8Array> {
    return this.#disk(async () => {
      for (const name of ["aside", "parts", "joined", "objects"]) {
        await Deno.mkdir(join(this.dir, name), { recursive: true, mode: 0o700 });
      }
      await this.#sweep();
      return await this.#secret();
    });
  }

  find(key: string): Promise<FoundObject | undefined> {
    return this.#disk(() => this.#objects.find(key));
  }

  async *read(
    key: string,
    start: number,
    end: number,
  ): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
    try {
      yield* this.#objects.read(key, start, end);
    } catch (error) {
      throw this.#diskError(error);
    }
  }

  create(key: string, content: ByteStream): Promise<string> {
    return this.#disk(() => this.#aside.write(content, (file) => this.#objects.create(key, file)));
  }

  replace(key: string, content: ByteStream): Promise<void> {
    return this.#disk(() => this.#aside.write(content, (file) => this.#objects.replace(key, file)));
  }

  remove(key: string): Promise<void> {
    return this.#disk(() => this.#objects.remove(key));
  }

  startParts(key: string): Promise<string> {
    return this.#disk(async () => {
      if (this.wallClock.unixMs() - this.#sweptMs > SWEEP_MS) await this.#sweep();
      return await this.#parts.start(key);
    });
  }

  writePart(name: PartName, content: ByteStream): Promise<string> {
    return this.#disk(async () => {
      await this.#parts.check(name.key, name.uploadId);
      return await this.#aside.write(content, (file) => this.#parts.put(name, file));
    });
  }

  completeParts(key: string, uploadId: string, parts: readonly UploadedPart[]): Promise<void> {
    return this.#disk(async () => {
      if (await this.#isObject(key, uploadId)) return;
      const list = await this.#parts.join(key, uploadId, parts);
      const text = one(new TextEncoder().encode(JSON.stringify(list)));
      await this.#aside.write(text, (file) => this.#objects.createList(key, uploadId, file));
    });
  }

  abortParts(key: string, uploadId: string): Promise<void> {
    return this.#disk(async () => {
      await this.#parts.check(key, uploadId);
      await this.#parts.remove(uploadId);
    });
  }

  async #isObject(key: string, uploadId: string): Promise<boolean> {
    return (await this.#objects.findList(key))?.uploadId === uploadId;
  }

  async #sweep(): Promise<void> {
    this.#sweptMs = this.wallClock.unixMs();
    const beforeMs = this.#sweptMs - ABANDONED_MS;
    await this.#parts.removeOld(beforeMs, (key, uploadId) => this.#isObject(key, uploadId));
    for await (const { name } of Deno.readDir(this.#aside.dir)) {
      const path = join(this.#aside.dir, name);
      const changedMs = (await ifThere(Deno.stat(path)))?.mtime?.getTime() ?? 0;
      if (changedMs < beforeMs) await ifThere(Deno.remove(path));
    }
  }

  /** Of several processes that open a new folder at once, all get the first one's. */
  async #secret(): Promise<Uint8Array> {
    const path = join(this.dir, "secret");
    const made = one(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)));
    const known = await ifThere(Deno.readFile(path));
    if (!known) {
      await this.#aside.write(made, async (file) => {
        if (Deno.build.os !== "windows") await Deno.chmod(file.path, 0o600);
        await nameNewFile(file, path);
      });
    }
    const secret = known ?? await Deno.readFile(path);
    if (secret.length === SECRET_BYTES) return secret;
    throw new WeftError(
      `${path} has ${secret.length} bytes, expected ${SECRET_BYTES}: remove it to get a new secret`,
    );
  }

  async #disk<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      throw this.#diskError(error);
    }
  }

  #diskError(error: unknown): unknown {
    if (error instanceof WeftError) return error;
    return diskError(`the object store in ${this.dir} failed`, error);
  }
}

async function* one(
  bytes: Uint8Array<ArrayBuffer>,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  yield await Promise.resolve(bytes);
}

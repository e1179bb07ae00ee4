/**
 * Uploads in parts: each has a folder with the key that it is for and a file for each part. To
 * complete one, its folder is moved away, so that no late part comes in; the object is its files.
 *
 * @module
 */

import { join } from "node:path";
import type { PartName } from "../core/iota/store/object_files.ts";
import type { UploadedPart } from "../core/iota/store/object_store.ts";
import { StoreError } from "../core/iota/store/store_error.ts";
import { type AsideFile, fileTag } from "./aside_files.ts";
import { ifThere, type PartList } from "./object_folder.ts";

/** Ids are made here; another one is none, and no path out of the folder. */
const UPLOAD_ID = /^[0-9a-f]{32}$/;
const KEY_FILE = "key";
/** As S3 has it. */
const MAX_PARTS = 10_000;

/** See the module. */
export class PartFolders {
  /**
   * @param openDir uploads to which parts may come
   * @param joinedDir those that are complete, or about to be
   */
  constructor(readonly openDir: string, readonly joinedDir: string) {}

  /** Begins an upload; its id. */
  async start(key: string): Promise<string> {
    const uploadId = crypto.randomUUID().replaceAll("-", "");
    await Deno.mkdir(join(this.openDir, uploadId));
    await Deno.writeTextFile(join(this.openDir, uploadId, KEY_FILE), key);
    return uploadId;
  }

  /** Where a part of an object lies. */
  joinedPath(uploadId: string, partNumber: number): string {
    return join(this.joinedDir, uploadId, `${partNumber}`);
  }

  /**
   * Lets an upload through that parts may come to.
   *
   * @throws {StoreError} 404 unless it is one for this key
   */
  async check(key: string, uploadId: string): Promise<void> {
    if (await keyOf(this.openDir, uploadId) !== key) throw noUpload();
  }

  /** Puts a part, in place of one with the same number; its etag. */
  async put({ uploadId, partNumber }: PartName, file: AsideFile): Promise<string> {
    if (!Number.isInteger(partNumber) || partNumber < 1 || partNumber > MAX_PARTS) {
      throw new StoreError("InvalidPart", `part ${partNumber}, expected 1 to ${MAX_PARTS}`);
    }
    const path = join(this.openDir, uploadId, `${partNumber}`);
    if (!await moveIfThere(file.path, path)) throw noUpload();
    return file.tag;
  }

  /**
   * Closes an upload to further parts; the list of the object that its parts make. It stays open if
   * they do not.
   *
   * @throws {StoreError} 404 if there is no such upload, 400 unless each part is there as answered
   */
  async join(key: string, uploadId: string, parts: readonly UploadedPart[]): Promise<PartList> {
    const [open, joined] = [this.openDir, this.joinedDir].map((dir) => join(dir, uploadId));
    if (await keyOf(this.openDir, uploadId) === key) await moveIfThere(open, joined);
    // It may have been moved before, when this process or another was killed in between.
    if (await keyOf(this.joinedDir, uploadId) !== key) throw noUpload();
    try {
      const list = await this.#list(uploadId, parts);
      await keepOnly(joined, list);
      return list;
    } catch (error) {
      if (error instanceof StoreError) await moveIfThere(joined, open);
      throw error;
    }
  }

  /** Removes an upload that is not complete. */
  async remove(uploadId: string): Promise<void> {
    await ifThere(Deno.remove(join(this.openDir, uploadId), { recursive: true }));
  }

  /** Removes uploads that nothing was added to since some time, unless they are an object's. */
  async removeOld(
    beforeMs: number,
    isObject: (key: string, uploadId: string) => Promise<boolean>,
  ): Promise<void> {
    for (const dir of [this.openDir, this.joinedDir]) {
      for await (const { name: uploadId } of Deno.readDir(dir)) {
        const info = await ifThere(Deno.stat(join(dir, uploadId)));
        if (!info || (info.mtime?.getTime() ?? 0) >= beforeMs) continue;
        const key = await keyOf(dir, uploadId);
        if (key !== undefined && await isObject(key, uploadId)) continue;
        await ifThere(Deno.remove(join(dir, uploadId), { recursive: true }));
      }
    }
  }

  async #list(uploadId: string, parts: readonly UploadedPart[]): Promise<PartList> {
    if (parts.length === 0) throw new StoreError("InvalidPart", "no part was named");
    const found: PartList["parts"] = [];
    for (const [at, { partNumber, etag }] of parts.entries()) {
      const info = await ifThere(Deno.stat(this.joinedPath(uploadId, partNumber)));
      const isNext = at === 0 || partNumber > parts[at - 1].partNumber;
      if (!info || fileTag(info) !== etag || !isNext) {
        throw new StoreError("InvalidPart", `part ${partNumber} is not there as it was named`);
      }
      found.push({ partNumber, sizeBytes: info.size });
    }
    return { uploadId, parts: found };
  }
}

async function keyOf(dir: string, uploadId: string): Promise<string | undefined> {
  if (!UPLOAD_ID.test(uploadId)) return undefined;
  return await ifThere(Deno.readTextFile(join(dir, uploadId, KEY_FILE)));
}

/** Removes the files that a complete upload does not need. */
async function keepOnly(dir: string, { parts }: PartList): Promise<void> {
  const kept = new Set([KEY_FILE, ...parts.map(({ partNumber }) => `${partNumber}`)]);
  for await (const { name } of Deno.readDir(dir)) {
    if (!kept.has(name)) await ifThere(Deno.remove(join(dir, name)));
  }
}

async function moveIfThere(from: string, to: string): Promise<boolean> {
  return await ifThere(Deno.rename(from, to).then(() => true)) ?? false;
}

function noUpload(): StoreError {
  return new StoreError("NoSuchUpload", "The specified upload does not exist.");
}

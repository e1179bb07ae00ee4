/**
 * What a served store needs of a disk, in memory: for a swarm that lives in one tab, whose objects
 * need not outlast it.
 *
 * @module
 */

import { readBytes } from "../../formats/byte_stream.ts";
import { uuid4 } from "../../formats/uuid.ts";
import type { ByteStream, RandomBytes } from "../../host.ts";
import type { FoundObject, ObjectFiles, PartName } from "./object_files.ts";
import type { UploadedPart } from "./object_store.ts";
import { StoreError } from "./store_error.ts";

/** No object of a swarm in a tab comes near it. */
const MAX_OBJECT_BYTES = 1024 ** 3;

/** An object, in the pieces that it came in. */
interface StoredObject extends FoundObject {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Of an object that came in parts. */
  readonly uploadId?: string;
}

/** An upload in parts that is not complete. */
interface OpenUpload {
  readonly key: string;
  /** By the part's etag. */
  readonly parts: Map<string, Uint8Array<ArrayBuffer>>;
}

/** See the module. */
export class ObjectMap implements ObjectFiles {
  readonly #objects = new Map<string, StoredObject>();
  readonly #uploads = new Map<string, OpenUpload>();

  constructor(readonly randomBytes: RandomBytes) {}

  find(key: string): Promise<FoundObject | undefined> {
    return Promise.resolve(this.#objects.get(key));
  }

  async *read(
    key: string,
    start: number,
    end: number,
  ): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
    const object = this.#objects.get(key);
    if (!object || end > object.sizeBytes) {
      throw new StoreError("NoSuchKey", `there is no object ${key} of ${end} bytes`);
    }
    // A copy: who reads may change what it got.
    yield await Promise.resolve(object.bytes.slice(start, end));
  }

  async create(key: string, content: ByteStream): Promise<string> {
    const bytes = await all(key, content);
    const there = this.#objects.get(key);
    if (there === undefined) return this.#put(key, bytes).etag;
    if (isSame(there.bytes, bytes)) return there.etag;
    throw taken(key);
  }

  async replace(key: string, content: ByteStream): Promise<void> {
    this.#put(key, await all(key, content));
  }

  remove(key: string): Promise<void> {
    this.#objects.delete(key);
    return Promise.resolve();
  }

  startParts(key: string): Promise<string> {
    const uploadId = uuid4(this.randomBytes);
    this.#uploads.set(uploadId, { key, parts: new Map() });
    return Promise.resolve(uploadId);
  }

  async writePart({ key, uploadId, partNumber }: PartName, content: ByteStream): Promise<string> {
    const { parts } = this.#upload(key, uploadId);
    const bytes = await all(key, content);
    const etag = `${partNumber}-${uuid4(this.randomBytes)}`;
    parts.set(etag, bytes);
    return etag;
  }

  async completeParts(
    key: string,
    uploadId: string,
    parts: readonly UploadedPart[],
  ): Promise<void> {
    const there = this.#objects.get(key);
    if (there?.uploadId === uploadId) return;
    const upload = this.#upload(key, uploadId);
    const pieces = parts.map(({ partNumber, etag }) => {
      const bytes = etag.startsWith(`${partNumber}-`) ? upload.parts.get(etag) : undefined;
      if (bytes) return bytes;
      throw new StoreError("InvalidPart", `part ${partNumber} is not there`);
    });
    if (there) throw taken(key);
    this.#put(key, await all(key, pieces), uploadId);
    this.#uploads.delete(uploadId);
  }

  abortParts(key: string, uploadId: string): Promise<void> {
    return new Promise((resolve) => {
      this.#upload(key, uploadId);
      this.#uploads.delete(uploadId);
      resolve();
    });
  }

  #put(key: string, bytes: Uint8Array<ArrayBuffer>, uploadId?: string): StoredObject {
    const etag = uploadId ?? uuid4(this.randomBytes);
    const object = { bytes, sizeBytes: bytes.length, etag, ...uploadId && { uploadId } };
    this.#objects.set(key, object);
    return object;
  }

  #upload(key: string, uploadId: string): OpenUpload {
    const upload = this.#uploads.get(uploadId);
    if (upload?.key === key) return upload;
    throw new StoreError("NoSuchUpload", `there is no upload ${uploadId} of ${key}`);
  }
}

/** Copies, so that who wrote may use its memory again. */
function all(
  key: string,
  content: ByteStream | readonly Uint8Array<ArrayBuffer>[],
): Promise<Uint8Array<ArrayBuffer>> {
  const stream = async function* (): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
    for await (const piece of content) yield piece.slice();
  };
  return readBytes(stream(), MAX_OBJECT_BYTES, `the object ${key}`);
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

function taken(key: string): StoreError {
  return new StoreError("PreconditionFailed", `another object is at ${key}`);
}

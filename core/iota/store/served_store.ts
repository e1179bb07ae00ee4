/**
 * An object store that the orchestrator serves itself, from a folder of its machine. Miners use it
 * by signed addresses as they use S3.
 *
 * An address takes one object, once: bytes that were looked at cannot be exchanged afterwards. The
 * same bytes again are taken, for who did not get the first answer.
 *
 * @module
 */

import type { ByteStream, Log, ServedRequest, ServedResponse, WallClock } from "../../host.ts";
import type { PostPolicy } from "../api/schemas.ts";
import { Refusal } from "../api/service.ts";
import { checkObjectKey, keyOfAddress } from "./object_key.ts";
import type { ObjectFiles } from "./object_files.ts";
import { answerRequest, CROSS_ORIGIN_HEADERS } from "./object_requests.ts";
import type { ObjectStore, SizeBounds, UploadedPart } from "./object_store.ts";
import { signPolicy } from "./post_policy.ts";
import { StoreError, storeErrorResponse } from "./store_error.ts";
import { type Grant, UrlSigner } from "./url_signature.ts";

/** Objects that are removed at the same time. */
const REMOVED_AT_ONCE = 16;

/** What a served store is made of. */
export interface ServedStoreOptions {
  readonly files: ObjectFiles;
  /** Where clients reach the handler: objects are at `{publicUrl}/{bucket}/{key}`. */
  readonly publicUrl: string;
  readonly bucket: string;
  /** At least 32 bytes; with another one, addresses that were given out are no longer good. */
  readonly secret: Uint8Array;
  readonly wallClock: WallClock;
  readonly log: Log;
}

/** See the module. What who asks is to blame for is thrown as {@linkcode Refusal}. */
export class ServedStore implements ObjectStore {
  readonly #files: ObjectFiles;
  readonly #signer: UrlSigner;
  readonly #log: Log;
  readonly #url: string;
  readonly #bucket: string;
  /** `/bucket` with what the public URL has before it. */
  readonly #path: string;

  constructor({ files, publicUrl, bucket, secret, wallClock, log }: ServedStoreOptions) {
    this.#files = files;
    this.#signer = new UrlSigner(secret, bucket, wallClock);
    this.#log = log;
    this.#url = publicUrl.replace(/\/+$/, "");
    this.#bucket = bucket;
    this.#path = new URL(`${this.#url}/${bucket}`).pathname;
  }

  /** Answers a request, if its path is one of the store. */
  readonly handle = (request: ServedRequest): Promise<ServedResponse> | undefined => {
    const path = request.target.split("?", 1)[0];
    if (path !== this.#path && !path.startsWith(`${this.#path}/`)) return undefined;
    return this.#answer(path.slice(this.#path.length + 1), request);
  };

  presignPut(key: string, expiresInS: number, bounds: SizeBounds): Promise<string> {
    return this.#presign({ method: "PUT", key, bounds }, expiresInS);
  }

  presignGet(key: string, expiresInS: number): Promise<string> {
    return this.#presign({ method: "GET", key }, expiresInS);
  }

  presignPart(
    key: string,
    uploadId: string,
    partNumber: number,
    expiresInS: number,
    bounds: SizeBounds,
  ): Promise<string> {
    const part = { uploadId, partNumber };
    return this.#presign({ method: "PUT", key, bounds, part }, expiresInS);
  }

  /** A form by which one object may be put, as older deployments gave it. */
  presignPost(key: string, expiresInS: number, bounds: SizeBounds): PostPolicy {
    const fields = signPolicy(this.#signer, checkObjectKey(key), expiresInS, bounds);
    return { url: `${this.#url}/${this.#bucket}`, fields };
  }

  async startParts(key: string): Promise<string> {
    return await this.#files.startParts(checkObjectKey(key));
  }

  async completeParts(
    key: string,
    uploadId: string,
    parts: readonly UploadedPart[],
  ): Promise<void> {
    await blamed(this.#files.completeParts(checkObjectKey(key), uploadId, parts));
  }

  async abortParts(key: string, uploadId: string): Promise<void> {
    await blamed(this.#files.abortParts(checkObjectKey(key), uploadId));
  }

  async size(key: string): Promise<number | undefined> {
    return (await this.#files.find(checkObjectKey(key)))?.sizeBytes;
  }

  async read(
    key: string,
    range?: { start: number; end: number },
  ): Promise<ByteStream | undefined> {
    const found = await this.#files.find(checkObjectKey(key));
    if (!found) return undefined;
    const end = Math.min(range?.end ?? Infinity, found.sizeBytes);
    return this.#files.read(key, Math.min(range?.start ?? 0, end), end);
  }

  async write(key: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.#files.replace(checkObjectKey(key), only(bytes));
  }

  async remove(keys: readonly string[]): Promise<void> {
    for (let at = 0; at < keys.length; at += REMOVED_AT_ONCE) {
      const some = keys.slice(at, at + REMOVED_AT_ONCE);
      await Promise.all(some.map((key) => this.#files.remove(checkObjectKey(key))));
    }
  }

  keyOf(address: string): string | undefined {
    return keyOfAddress(address, this.#url, this.#bucket);
  }

  #presign(grant: Grant, expiresInS: number): Promise<string> {
    return new Promise((resolve) => {
      const key = checkObjectKey(grant.key);
      resolve(`${this.#url}/${this.#bucket}/${key}?${this.#signer.sign(grant, expiresInS)}`);
    });
  }

  async #answer(key: string, request: ServedRequest): Promise<ServedResponse> {
    try {
      return await answerRequest({ files: this.#files, signer: this.#signer }, key, request);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.#log.debug(`store: ${request.method} ${key.slice(0, 80)} refused, ${error.message}`);
      return storeErrorResponse(error, CROSS_ORIGIN_HEADERS);
    }
  }
}

async function* only(
  bytes: Uint8Array<ArrayBuffer>,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  yield await Promise.resolve(bytes);
}

/** Who called a method is refused what a request would be refused. */
async function blamed(done: Promise<void>): Promise<void> {
  try {
    await done;
  } catch (error) {
    if (error instanceof StoreError) throw new Refusal(400, error.message);
    throw error;
  }
}

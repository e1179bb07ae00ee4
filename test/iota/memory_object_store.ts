/**
 * An object store in memory. Its addresses are only good for its own `fetch` and `upload`.
 *
 * @module
 */

import { WeftError } from "../../core/errors.ts";
import type { ByteStream, WallClock } from "../../core/host.ts";
import type { ObjectStore, SizeBounds, UploadedPart } from "../../core/iota/store/object_store.ts";

/** What an address is good for. */
interface Grant {
  readonly method: "GET" | "PUT";
  readonly key: string;
  readonly endMs: number;
  readonly bounds?: SizeBounds;
  readonly part?: { readonly uploadId: string; readonly number: number };
}

const BASE = "http://store.test/iota/";

/** See the module. */
export class MemoryObjectStore implements ObjectStore {
  readonly objects = new Map<string, Uint8Array<ArrayBuffer>>();
  /** Set to what the store says while it is out of order. */
  failure: string | undefined;
  readonly #grants = new Map<string, Grant>();
  readonly #uploads = new Map<string, { key: string; parts: Map<number, Uint8Array> }>();
  #lastId = 0;

  constructor(readonly wallClock: WallClock) {}

  presignPut(key: string, expiresInS: number, bounds: SizeBounds): Promise<string> {
    return this.#grant({ method: "PUT", key, endMs: this.#end(expiresInS), bounds });
  }

  presignGet(key: string, expiresInS: number): Promise<string> {
    return this.#grant({ method: "GET", key, endMs: this.#end(expiresInS) });
  }

  startParts(key: string): Promise<string> {
    const uploadId = `upload-${++this.#lastId}`;
    return this.#do(() => {
      this.#uploads.set(uploadId, { key, parts: new Map() });
      return uploadId;
    });
  }

  presignPart(
    key: string,
    uploadId: string,
    partNumber: number,
    expiresInS: number,
    bounds: SizeBounds,
  ): Promise<string> {
    const part = { uploadId, number: partNumber };
    return this.#grant({ method: "PUT", key, endMs: this.#end(expiresInS), bounds, part });
  }

  completeParts(key: string, uploadId: string, parts: readonly UploadedPart[]): Promise<void> {
    return this.#do(() => {
      const upload = this.#uploads.get(uploadId);
      if (upload?.key !== key) throw new WeftError(`there is no upload ${uploadId} of ${key}`);
      const pieces = parts.map(({ partNumber, etag }) => {
        const piece = upload.parts.get(partNumber);
        if (!piece || etag !== `part-${partNumber}`) throw new WeftError(`no part ${partNumber}`);
        return piece;
      });
      this.#uploads.delete(uploadId);
      this.objects.set(key, concat(pieces));
    });
  }

  abortParts(key: string, uploadId: string): Promise<void> {
    return this.#do(() => {
      if (this.#uploads.get(uploadId)?.key === key) this.#uploads.delete(uploadId);
    });
  }

  size(key: string): Promise<number | undefined> {
    return this.#do(() => this.objects.get(key)?.length);
  }

  read(key: string, range?: { start: number; end: number }): Promise<ByteStream | undefined> {
    return this.#do(() => {
      const bytes = this.objects.get(key);
      return bytes && streamOf(range ? bytes.slice(range.start, range.end) : bytes.slice());
    });
  }

  write(key: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    return this.#do(() => void this.objects.set(key, bytes.slice()));
  }

  remove(keys: readonly string[]): Promise<void> {
    return this.#do(() => keys.forEach((key) => this.objects.delete(key)));
  }

  keyOf(address: string): string | undefined {
    const key = address.replace(/^(http:\/\/store\.test\/iota\/|s3:\/\/iota\/)/, "").split("?")[0];
    return /^[\w-][\w.-]*(\/[\w-][\w.-]*)*$/.test(key) ? key : undefined;
  }

  /** What `GET` of an address gives. @throws {WeftError} if it gives nothing */
  fetch(address: string): Uint8Array<ArrayBuffer> {
    const { key } = this.#open(address, "GET");
    const bytes = this.objects.get(key);
    if (!bytes) throw new WeftError(`404 for ${key}`);
    return bytes.slice();
  }

  /** What `PUT` to an address does; its ETag. @throws {WeftError} if it is refused */
  upload(address: string, bytes: Uint8Array): string {
    const { key, bounds, part } = this.#open(address, "PUT");
    if (bounds && (bytes.length < bounds.minBytes || bytes.length > bounds.maxBytes)) {
      throw new WeftError(`${bytes.length} bytes are not within ${JSON.stringify(bounds)}`);
    }
    if (!part) this.objects.set(key, new Uint8Array(bytes));
    else this.#uploads.get(part.uploadId)?.parts.set(part.number, new Uint8Array(bytes));
    return part ? `part-${part.number}` : "whole";
  }

  #open(address: string, method: Grant["method"]): Grant {
    const grant = this.#grants.get(address);
    if (grant?.method !== method) throw new WeftError(`403 ${method} ${address}`);
    if (this.wallClock.unixMs() >= grant.endMs) throw new WeftError(`403 expired ${address}`);
    return grant;
  }

  #grant(grant: Grant): Promise<string> {
    return this.#do(() => {
      const address = `${BASE}${grant.key}?grant=${++this.#lastId}`;
      this.#grants.set(address, grant);
      return address;
    });
  }

  #end(expiresInS: number): number {
    return this.wallClock.unixMs() + expiresInS * 1000;
  }

  #do<Value>(work: () => Value): Promise<Value> {
    return new Promise((resolve) => {
      if (this.failure !== undefined) throw new WeftError(this.failure);
      resolve(work());
    });
  }
}

async function* streamOf(
  bytes: Uint8Array<ArrayBuffer>,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const middle = bytes.length >> 1;
  yield await Promise.resolve(bytes.slice(0, middle));
  yield bytes.slice(middle);
}

function concat(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

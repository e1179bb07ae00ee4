/**
 * The disk of a served store, in memory, and requests to its handler.
 *
 * @module
 */

import { readBytes } from "../../../core/formats/byte_stream.ts";
import type { ByteStream, ServedRequest, ServedResponse } from "../../../core/host.ts";
import type { FoundObject, ObjectFiles, PartName } from "../../../core/iota/store/object_files.ts";
import type { UploadedPart } from "../../../core/iota/store/object_store.ts";
import { ServedStore } from "../../../core/iota/store/served_store.ts";
import { StoreError } from "../../../core/iota/store/store_error.ts";
import { KeptLog } from "../../harness/kept_log.ts";
import { FakeTime } from "../fake_time.ts";

/** Objects in a map. Parts are put together as they are named. */
export class MemoryFiles implements ObjectFiles {
  readonly objects = new Map<string, Uint8Array<ArrayBuffer>>();
  readonly parts = new Map<string, Uint8Array<ArrayBuffer>>();

  find(key: string): Promise<FoundObject | undefined> {
    const bytes = this.objects.get(key);
    return Promise.resolve(bytes && { sizeBytes: bytes.length, etag: `of-${key.length}` });
  }

  async *read(key: string, start: number, end: number): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    const bytes = this.objects.get(key) ?? new Uint8Array(0);
    for (let at = start; at < end; at += 2) {
      yield await Promise.resolve(bytes.slice(at, Math.min(at + 2, end)));
    }
  }

  async create(key: string, content: ByteStream): Promise<string> {
    const bytes = await all(content);
    const there = this.objects.get(key);
    if (there && String(there) !== String(bytes)) {
      throw new StoreError("PreconditionFailed", "there is another");
    }
    this.objects.set(key, bytes);
    return `of-${key.length}`;
  }

  async replace(key: string, content: ByteStream): Promise<void> {
    this.objects.set(key, await all(content));
  }

  remove(key: string): Promise<void> {
    this.objects.delete(key);
    return Promise.resolve();
  }

  startParts(): Promise<string> {
    return Promise.resolve("up");
  }

  async writePart({ uploadId, partNumber }: PartName, content: ByteStream): Promise<string> {
    this.parts.set(`${uploadId} ${partNumber}`, await all(content));
    return `part-${partNumber}`;
  }

  completeParts(_key: string, uploadId: string, parts: readonly UploadedPart[]): Promise<void> {
    const isThere = parts.every(({ partNumber }) => this.parts.has(`${uploadId} ${partNumber}`));
    if (isThere) return Promise.resolve();
    return Promise.reject(new StoreError("InvalidPart", "part 2 is not there"));
  }

  abortParts(_key: string, uploadId: string): Promise<void> {
    if (uploadId === "up") return Promise.resolve();
    return Promise.reject(new StoreError("NoSuchUpload", "no such upload"));
  }
}

function all(content: ByteStream): Promise<Uint8Array<ArrayBuffer>> {
  return readBytes(content, 1e6, "a test's content");
}

/** Pieces as a connection gives them. */
export async function* pieces(
  ...texts: readonly string[]
): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  for (const text of texts) yield await Promise.resolve(new TextEncoder().encode(text));
}

/** A served store with what it stands on. */
export interface StoreSetup {
  readonly store: ServedStore;
  readonly files: MemoryFiles;
  readonly time: FakeTime;
  readonly log: KeptLog;
}

/** A store at `http://store.test/s`, in the bucket `iota`. */
export function storeSetup(publicUrl = "http://store.test/s"): StoreSetup {
  const [files, time, log] = [new MemoryFiles(), new FakeTime(), new KeptLog()];
  const secret = new Uint8Array(32).fill(7);
  const settings = { files, publicUrl, bucket: "iota", secret, wallClock: time, log };
  return { store: new ServedStore(settings), files, time, log };
}

/** What a test sends. */
export interface Sent {
  readonly method?: string;
  /** An address, or a target. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: ByteStream;
}

/** The request that a server would hand on. */
export function requestOf(
  { method = "GET", url, headers = {}, body = pieces() }: Sent,
): ServedRequest {
  return {
    method,
    target: url.replace(/^https?:\/\/[^/]+/, ""),
    headers: { get: (name) => headers[name] ?? null },
    body,
    remoteAddress: "127.0.0.1",
    signal: new AbortController().signal,
  };
}

/** An answer with its body as text. */
export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** Sends a request to the store's handler. */
export async function send(store: ServedStore, sent: Sent): Promise<Answered> {
  const response: ServedResponse | undefined = await store.handle(requestOf(sent));
  if (!response) throw new Error(`${sent.url} is none of the store's`);
  const { status, headers, body } = response;
  const bytes = body instanceof Uint8Array ? body : await all(body);
  return { status, headers, text: new TextDecoder().decode(bytes) };
}

/** Puts a text as a client does. */
export function put(store: ServedStore, url: string, text: string): Promise<Answered> {
  const headers = { "content-length": `${new TextEncoder().encode(text).length}` };
  return send(store, { method: "PUT", url, headers, body: pieces(text) });
}

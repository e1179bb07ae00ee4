/**
 * What survives a reload, in IndexedDB: blobs in chunks, and logs of JSON records.
 *
 * A blob is written chunk by chunk beside the one that is there, and takes its place in one
 * transaction.
 *
 * @module
 */

import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import { WeftError } from "../../core/errors.ts";
import type { BlobReader, Storage } from "../../core/host.ts";
import type { HotkeyBox } from "./hotkey_box.ts";

const DATABASE = "weft";
const VERSION = 1;
/** Of chunks. The last of a blob may be shorter. */
const CHUNK_BYTES = 4 * 1024 ** 2;

/** Which chunks are a blob's. */
interface StoredBlob {
  readonly generation: string;
  readonly sizeBytes: number;
}

/** A hotkey whose secret is sealed. */
export interface StoredHotkey {
  readonly address: string;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly box: HotkeyBox;
}

interface WeftSchema extends DBSchema {
  /** By `run/name`. */
  blobs: { key: string; value: StoredBlob };
  /** By generation and number. */
  chunks: { key: [string, number]; value: Uint8Array<ArrayBuffer> };
  /** In order of writing. */
  records: {
    key: number;
    value: { readonly log: string; readonly json: string };
    indexes: { log: string };
  };
  hotkeys: { key: string; value: StoredHotkey };
}

/** See the module. */
export type Database = IDBPDatabase<WeftSchema>;

/** The database that all runs of this page share. @throws {WeftError} if the browser refuses it */
export async function openDatabase(): Promise<Database> {
  return await explained(openDB<WeftSchema>(DATABASE, VERSION, {
    upgrade(database): void {
      database.createObjectStore("blobs");
      database.createObjectStore("chunks");
      const records = database.createObjectStore("records", { autoIncrement: true });
      records.createIndex("log", "log");
      database.createObjectStore("hotkeys", { keyPath: "address" });
    },
    // A page of a newer version waits for this one.
    blocking: (_current, _blocked, event) => {
      if (event.target instanceof IDBDatabase) event.target.close();
    },
  }));
}

/** One run's part of the database. */
export class IdbStorage implements Storage {
  constructor(readonly database: Database, readonly run: string) {}

  async openBlob(name: string): Promise<BlobReader | undefined> {
    const blob = await explained(this.database.get("blobs", this.#key(name)));
    if (!blob) return undefined;
    const { sizeBytes, generation } = blob;
    return {
      sizeBytes,
      read: (offset, length) => this.#read(name, generation, sizeBytes, offset, length),
      close: () => {},
    };
  }

  async writeBlob(name: string, chunks: AsyncIterable<Uint8Array<ArrayBuffer>>): Promise<void> {
    const generation = crypto.randomUUID();
    let sizeBytes = 0;
    try {
      let number = 0;
      for await (const chunk of evenChunks(chunks)) {
        await explained(this.database.put("chunks", chunk, [generation, number++]));
        sizeBytes += chunk.length;
      }
    } catch (error) {
      await this.database.delete("chunks", chunksOf(generation)).catch(() => {});
      throw error;
    }
    await this.#replace(name, { generation, sizeBytes });
  }

  async readRecords(name: string): Promise<unknown[]> {
    const found = await explained(
      this.database.getAllFromIndex("records", "log", this.#key(name)),
    );
    return found.map(({ json }): unknown => JSON.parse(json));
  }

  async appendRecord(name: string, record: unknown): Promise<void> {
    const value = { log: this.#key(name), json: JSON.stringify(record) };
    await explained(this.database.add("records", value));
  }

  async replaceRecords(name: string, records: readonly unknown[]): Promise<void> {
    const log = this.#key(name);
    const change = this.database.transaction("records", "readwrite");
    for await (const cursor of change.store.index("log").iterate(log)) await cursor.delete();
    for (const record of records) void change.store.add({ log, json: JSON.stringify(record) });
    await explained(change.done);
  }

  /** Forgets all of the run. */
  async clear(): Promise<void> {
    const range = IDBKeyRange.bound(`${this.run}/`, `${this.run}/\uffff`);
    const change = this.database.transaction(["blobs", "chunks", "records"], "readwrite");
    for await (const { value } of change.objectStore("blobs").iterate(range)) {
      void change.objectStore("chunks").delete(chunksOf(value.generation));
    }
    void change.objectStore("blobs").delete(range);
    for await (const cursor of change.objectStore("records").index("log").iterate(range)) {
      await cursor.delete();
    }
    await explained(change.done);
  }

  #key(name: string): string {
    return `${this.run}/${name}`;
  }

  async #replace(name: string, blob: StoredBlob): Promise<void> {
    const change = this.database.transaction(["blobs", "chunks"], "readwrite");
    const blobs = change.objectStore("blobs");
    const before = await blobs.get(this.#key(name));
    void blobs.put(blob, this.#key(name));
    if (before) void change.objectStore("chunks").delete(chunksOf(before.generation));
    await explained(change.done);
  }

  async #read(
    name: string,
    generation: string,
    sizeBytes: number,
    offset: number,
    length: number,
  ): Promise<Uint8Array<ArrayBuffer>> {
    if (offset < 0 || length < 0 || offset + length > sizeBytes) {
      throw new RangeError(`${length} bytes from ${offset} on of ${name}, which has ${sizeBytes}`);
    }
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length;) {
      const number = Math.floor((offset + at) / CHUNK_BYTES);
      const chunk = await explained(this.database.get("chunks", [generation, number]));
      if (!chunk) throw new WeftError(`${name} was replaced while it was read`);
      const start = offset + at - number * CHUNK_BYTES;
      const piece = chunk.subarray(start, start + length - at);
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes;
  }
}

/** Removes what a crash left half written. Only while nobody writes a blob. */
export async function removeLeftovers(database: Database): Promise<void> {
  const change = database.transaction(["blobs", "chunks"], "readwrite");
  const known = new Set(
    (await change.objectStore("blobs").getAll()).map((blob) => blob.generation),
  );
  const keys = await change.objectStore("chunks").getAllKeys();
  const lost = new Set(keys.map(([generation]) => generation).filter((each) => !known.has(each)));
  for (const generation of lost) void change.objectStore("chunks").delete(chunksOf(generation));
  await explained(change.done);
}

function chunksOf(generation: string): IDBKeyRange {
  return IDBKeyRange.bound([generation, 0], [generation, Infinity]);
}

async function* evenChunks(
  chunks: AsyncIterable<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  let even = new Uint8Array(CHUNK_BYTES);
  let filled = 0;
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length;) {
      const piece = chunk.subarray(at, at + CHUNK_BYTES - filled);
      even.set(piece, filled);
      at += piece.length;
      filled += piece.length;
      if (filled < CHUNK_BYTES) continue;
      yield even;
      even = new Uint8Array(CHUNK_BYTES);
      filled = 0;
    }
  }
  if (filled > 0) yield even.slice(0, filled);
}

/** A full disk is the user's matter. */
async function explained<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    const isFull = error instanceof DOMException && error.name === "QuotaExceededError";
    const advice = isFull ? "clear what you do not need, or free disk space" : "reload the page";
    const reason = error instanceof Error ? error.message : `${error}`;
    throw new WeftError(
      `the browser's storage ${isFull ? "is full" : "failed"} (${reason}): ${advice}`,
      { cause: error },
    );
  }
}

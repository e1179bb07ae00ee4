/**
 * A host without a platform: storage in maps, a clock that only moves when the GPU is given work or
 * someone sleeps, and logs that are kept.
 *
 * @module
 */

import type { BlobReader, Clock, Host, Log, Storage, WebGpu } from "../../core/host.ts";
import type { GpuHooks, SharedGpu } from "./shared_gpu.ts";

/** Time that passes for each piece of work given to the GPU, in milliseconds. */
const SUBMIT_MS = 100;
/** Turns of the event loop that a sleep takes, so that what is on its way arrives. */
const SLEEP_TURNS = 20;

/** Blobs and logs in maps, as they would be on a disk. */
export class MemoryStorage implements Storage {
  readonly blobs = new Map<string, Uint8Array<ArrayBuffer>>();
  /** Lines of JSON. */
  readonly logs = new Map<string, readonly string[]>();

  openBlob(name: string): Promise<BlobReader | undefined> {
    const bytes = this.blobs.get(name);
    return Promise.resolve(
      bytes && {
        sizeBytes: bytes.length,
        read: (offset, length) => {
          if (offset < 0 || length < 0 || offset + length > bytes.length) {
            return Promise.reject(new RangeError(`${length} bytes from ${offset} of ${name}`));
          }
          return Promise.resolve(bytes.slice(offset, offset + length));
        },
        close: () => {},
      },
    );
  }

  async writeBlob(name: string, chunks: AsyncIterable<Uint8Array<ArrayBuffer>>): Promise<void> {
    const parts = await Array.fromAsync(chunks, (chunk) => chunk.slice());
    const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    this.blobs.set(name, whole);
  }

  readRecords(name: string): Promise<unknown[]> {
    return Promise.resolve((this.logs.get(name) ?? []).map((line): unknown => JSON.parse(line)));
  }

  appendRecord(name: string, record: unknown): Promise<void> {
    this.logs.set(name, [...this.logs.get(name) ?? [], JSON.stringify(record)]);
    return Promise.resolve();
  }

  replaceRecords(name: string, records: readonly unknown[]): Promise<void> {
    this.logs.set(name, records.map((record) => JSON.stringify(record)));
    return Promise.resolve();
  }

  /** A storage of its own with the same content. */
  copy(): MemoryStorage {
    const copy = new MemoryStorage();
    for (const [name, bytes] of this.blobs) copy.blobs.set(name, bytes.slice());
    for (const [name, lines] of this.logs) copy.logs.set(name, lines);
    return copy;
  }
}

/** A clock that a test moves. */
export class FakeClock implements Clock {
  #nowMs = 0;

  nowMs(): number {
    return this.#nowMs;
  }

  /** Lets time pass. */
  advance(durationMs: number): void {
    this.#nowMs += durationMs;
  }

  async sleep(durationMs: number): Promise<void> {
    this.advance(durationMs);
    for (let turn = 0; turn < SLEEP_TURNS; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }
}

/** See the module. */
export class MemoryHost implements Host {
  readonly clock = new FakeClock();
  /** Level and message of each log line. */
  readonly messages: string[] = [];
  readonly log: Log;
  /** May be changed while a node runs. */
  readonly hooks: GpuHooks = {};
  /** Times that WebGPU was loaded. */
  opened = 0;
  #hasNetwork = false;

  constructor(readonly shared: SharedGpu, readonly storage: MemoryStorage = new MemoryStorage()) {
    const at = (level: string) => (message: string): void =>
      void this.messages.push(`${level}: ${message}`);
    this.log = { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
    // Until there are parameters, products are only timed. This clock does not need their results,
    // and a software adapter would take longer for them than for the test.
    this.hooks.onCreateBuffer = (label) => void (this.#hasNetwork ||= label === "param");
    this.hooks.onSubmit = () => {
      this.clock.advance(SUBMIT_MS);
      return this.#hasNetwork;
    };
  }

  webgpu(): Promise<WebGpu> {
    this.opened += 1;
    this.#hasNetwork = false;
    return Promise.resolve({ gpu: this.shared.entry(this.hooks), backend: "test" });
  }
}

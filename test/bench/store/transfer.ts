/**
 * How fast a large file goes up to the served disk store and down again over loopback, beside `cp` on
 * the same disk in the same rounds.
 *
 * @module
 */

import { join } from "node:path";
import * as v from "valibot";
import { readBytes } from "../../../core/formats/byte_stream.ts";
import type { Http } from "../../../core/host.ts";
import { readFileStream, writeNewFile } from "../../../headless/file_stream.ts";
import { median, type NowMs } from "../../../core/bench/timing.ts";
import { MemoryWatch } from "./memory_watch.ts";
import type { ServedProcess } from "./serve.ts";
import { MemoryAnswer, type Served, type ServeRequest } from "./served_messages.ts";

/** Random bytes are made in pieces: as many as the generator gives at once. */
const RANDOM_BYTES = 65536;

/** What is measured, and with what. */
export interface TransferSettings {
  /** An empty folder on the disk that is measured. */
  readonly dir: string;
  readonly sizeBytes: number;
  readonly rounds: number;
  readonly http: Http;
  readonly nowMs: NowMs;
  serve(request: ServeRequest): Promise<ServedProcess>;
  /** Copies a file as the machine's own program does. */
  copy(from: string, to: string): Promise<void>;
  /** Waits until the disk has nothing left to write, so that each work begins in the same state. */
  settle(): Promise<void>;
  /** Memory that this process takes, in bytes. */
  memoryBytes(): number;
}

/** One kind of transfer; each of its rounds stands beside a copy. */
export interface TransferRow {
  readonly work: "upload" | "download" | "upload + download";
  /** How often the file is moved: the two together stand beside two copies. */
  readonly moves: number;
  /** Whether both have reached the disk, rather than the system's memory, when they count as done. */
  readonly synced: boolean;
  /** Medians. */
  readonly ms: number;
  readonly copyMs: number;
  /** The most memory that each end took. */
  readonly serverBytes: number;
  readonly clientBytes: number;
}

/**
 * Measures both ways, with and without the disk's own time.
 *
 * @throws {Error} if what came back is not what went up
 */
export async function measureTransfers(settings: TransferSettings): Promise<TransferRow[]> {
  const { dir, sizeBytes } = settings;
  const source = join(dir, "source.bin");
  await writeRandom(source, sizeBytes);
  const rows: TransferRow[] = [];
  for (const synced of [false, true]) {
    const request = { dir: join(dir, `store-${synced}`), syncs: synced, maxBytes: sizeBytes };
    const { served, stop } = await settings.serve(request);
    try {
      rows.push(...await new Rounds(settings, source, served, synced).measure());
    } finally {
      await stop();
    }
  }
  return rows;
}

class Rounds {
  readonly #target: string;

  constructor(
    readonly settings: TransferSettings,
    readonly source: string,
    readonly served: Served,
    readonly synced: boolean,
  ) {
    this.#target = join(settings.dir, "target.bin");
  }

  async measure(): Promise<TransferRow[]> {
    const works = { upload: () => this.#upload(), download: () => this.#download() };
    const samples = { upload: new Samples(), download: new Samples() };
    // The first round fills the caches and is not counted.
    const both = new Samples();
    for (let round = 0; round <= this.settings.rounds; round++) {
      const taken: Sample[] = [];
      for (const work of ["upload", "download"] as const) {
        const copyMs = await this.#timed(() => this.#copy());
        await Deno.remove(this.#target);
        await this.#serverMemory();
        const memory = new MemoryWatch(this.settings.memoryBytes);
        const ms = await this.#timed(works[work]);
        memory.stop();
        const [serverBytes, clientBytes] = [await this.#serverMemory(), memory.take()];
        taken.push({ ms, copyMs, serverBytes, clientBytes });
        if (round > 0) samples[work].add(taken[taken.length - 1]);
      }
      if (round > 0) both.add(oneAfterOther(taken));
      if (round === 0) await checkSame(this.source, this.#target);
      for (const path of [this.#target, this.served.objectPath]) await Deno.remove(path);
    }
    return [
      { work: "upload", moves: 1, synced: this.synced, ...samples.upload.summary() },
      { work: "download", moves: 1, synced: this.synced, ...samples.download.summary() },
      { work: "upload + download", moves: 2, synced: this.synced, ...both.summary() },
    ];
  }

  async #timed(run: () => Promise<void>): Promise<number> {
    await this.settings.settle();
    const start = this.settings.nowMs();
    await run();
    return this.settings.nowMs() - start;
  }

  /** The most since this was asked last. */
  async #serverMemory(): Promise<number> {
    const { body } = await this.settings.http({ method: "GET", url: this.served.memoryUrl });
    const text = new TextDecoder().decode(await readBytes(body, 1024, "the server's memory"));
    return v.parse(MemoryAnswer, JSON.parse(text)).mostBytes;
  }

  async #copy(): Promise<void> {
    await this.settings.copy(this.source, this.#target);
    if (this.synced) await sync(this.#target);
  }

  async #upload(): Promise<void> {
    const { sizeBytes, http } = this.settings;
    const response = await http({
      method: "PUT",
      url: this.served.putUrl,
      headers: { "content-length": `${sizeBytes}` },
      body: readFileStream(this.source, 0, sizeBytes),
    });
    await Array.fromAsync(response.body);
    if (response.status !== 200) throw new Error(`the upload was answered ${response.status}`);
  }

  async #download(): Promise<void> {
    const { status, body } = await this.settings.http({ method: "GET", url: this.served.getUrl });
    if (status !== 200) throw new Error(`the download was answered ${status}`);
    const { size } = await writeNewFile(this.#target, body, this.synced);
    if (size !== this.settings.sizeBytes) throw new Error(`the download has ${size} bytes`);
  }
}

type Sample = Omit<TransferRow, "work" | "moves" | "synced">;

function oneAfterOther(samples: readonly Sample[]): Sample {
  const sum = (of: (sample: Sample) => number): number => {
    return samples.reduce((total, sample) => total + of(sample), 0);
  };
  return {
    ms: sum(({ ms }) => ms),
    copyMs: sum(({ copyMs }) => copyMs),
    serverBytes: Math.max(...samples.map(({ serverBytes }) => serverBytes)),
    clientBytes: Math.max(...samples.map(({ clientBytes }) => clientBytes)),
  };
}

class Samples {
  readonly #all: Sample[] = [];

  add(sample: Sample): void {
    this.#all.push(sample);
  }

  summary(): Sample {
    return {
      ms: median(this.#all.map(({ ms }) => ms)),
      copyMs: median(this.#all.map(({ copyMs }) => copyMs)),
      serverBytes: Math.max(...this.#all.map(({ serverBytes }) => serverBytes)),
      clientBytes: Math.max(...this.#all.map(({ clientBytes }) => clientBytes)),
    };
  }
}

async function sync(path: string): Promise<void> {
  using file = await Deno.open(path, { write: true });
  await file.sync();
}

async function writeRandom(path: string, sizeBytes: number): Promise<void> {
  async function* random(): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
    for (let left = sizeBytes; left > 0; left -= RANDOM_BYTES) {
      const piece = new Uint8Array(Math.min(left, RANDOM_BYTES));
      yield await Promise.resolve(crypto.getRandomValues(piece));
    }
  }
  await writeNewFile(path, random(), true);
}

async function checkSame(path: string, other: string): Promise<void> {
  const { size } = await Deno.stat(path);
  const pieces = readFileStream(other, 0, size);
  for await (const piece of readFileStream(path, 0, size)) {
    const { value } = await pieces.next();
    const isSame = value?.length === piece.length && value.every((byte, at) => byte === piece[at]);
    if (!isSame) throw new Error("what was downloaded is not what was uploaded");
  }
}

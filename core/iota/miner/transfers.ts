/**
 * A miner's uploads and downloads, with their bytes counted.
 *
 * @module
 */

import type { FetchBytes, FetchLimits } from "../merging/chunk_merge.ts";
import { download } from "../transfer/download.ts";
import type { MinerOptions } from "./miner_context.ts";

/** See the module. Errors are those of `Uploader` and `download`. */
export class Transfers {
  #uploadedBytes = 0;
  #downloadedBytes = 0;

  constructor(readonly options: Pick<MinerOptions, "uploader" | "http" | "clock" | "log">) {}

  /** Bytes of all objects that were uploaded. */
  get uploadedBytes(): number {
    return this.#uploadedBytes;
  }

  /** Bytes of all objects, or pieces of one, that were downloaded. */
  get downloadedBytes(): number {
    return this.#downloadedBytes;
  }

  /** Gives the path to report. */
  async upload(key: string, bytes: Uint8Array<ArrayBuffer>, signal: AbortSignal): Promise<string> {
    const path = await this.options.uploader.upload(key, bytes, signal);
    this.#uploadedBytes += bytes.length;
    return path;
  }

  /** An object, or a piece of it. */
  async fetch(
    url: string,
    limits: FetchLimits,
    signal: AbortSignal,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const { http, clock, log } = this.options;
    const bytes = await download(http, url, { ...limits, clock, log, signal });
    this.#downloadedBytes += bytes.length;
    return bytes;
  }

  /** `fetch` until a signal. */
  fetchUntil(signal: AbortSignal): FetchBytes {
    return (url, limits) => this.fetch(url, limits, signal);
  }
}

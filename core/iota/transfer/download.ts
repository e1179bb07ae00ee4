/**
 * Downloads an object, or bytes of one, from the address that the orchestrator gave.
 *
 * @module
 */

import { WeftError } from "../../errors.ts";
import type { Clock, Http, HttpResponse, Log } from "../../host.ts";
import { refusalOf, type TimeLimit, TransferRefusedError, tryAgain } from "./tries.ts";

export { ExpiredError, TransferRefusedError } from "./tries.ts";

/** What to download, and within which bounds. */
export interface DownloadOptions {
  /** The most bytes that are taken. */
  readonly maxBytes: number;
  /** Bytes from `start` to the exclusive `end`, which must all be there. @default the whole object */
  readonly range?: { readonly start: number; readonly end: number };
  readonly clock: Clock;
  readonly log: Log;
  readonly signal?: AbortSignal;
}

/**
 * All bytes, after up to three tries. What comes short or broken is tried again.
 *
 * @throws {ExpiredError} if the address is not good any more
 * @throws {TransferRefusedError} if the store refuses, has more than was wanted, or ends before: 416
 * @throws {WeftError} if the store cannot be reached, or sends something else each time
 */
export async function download(
  http: Http,
  url: string,
  options: DownloadOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const what = `download of ${url.split("?", 1)[0]}`;
  const { range, maxBytes } = options;
  if (range && (range.start >= range.end || range.end - range.start > maxBytes)) {
    throw new RangeError(`bytes ${range.start} to ${range.end}, expected 1 to ${maxBytes} of them`);
  }
  const headers = range && { range: `bytes=${range.start}-${range.end - 1}` };
  return await tryAgain(options, async (limit) => {
    const { signal } = limit;
    const response = await limit.allow(
      0,
      http({ method: "GET", url, ...headers && { headers }, signal }),
    );
    if (response.status !== 200 && response.status !== 206) {
      throw await refusalOf(what, response, limit);
    }
    return await new Download(what, options, response).read(limit);
  });
}

/** One answer. */
class Download {
  readonly #sizeBytes: number | undefined;

  /** @throws {WeftError} for an answer that is not what was asked for */
  constructor(
    readonly what: string,
    readonly options: DownloadOptions,
    readonly response: HttpResponse,
  ) {
    const { headers, status } = response;
    const { range, maxBytes } = options;
    const length = headers.get("content-length");
    this.#sizeBytes = length !== null && /^\d{1,15}$/.test(length) ? Number(length) : undefined;
    if (range) this.#checkRange(range, status, headers.get("content-range"));
    if ((this.#sizeBytes ?? 0) > maxBytes) throw this.#tooLong();
  }

  async read(limit: TimeLimit): Promise<Uint8Array<ArrayBuffer>> {
    const { maxBytes, range } = this.options;
    const knownBytes = range ? range.end - range.start : this.#sizeBytes;
    const reading = this.#readPieces(knownBytes);
    const bytes = await limit.allow(knownBytes ?? maxBytes, reading);
    if (knownBytes !== undefined && bytes.length !== knownBytes) {
      throw new WeftError(`${this.what} ended after ${bytes.length} of ${knownBytes} bytes`);
    }
    return bytes;
  }

  #checkRange(
    range: { start: number; end: number },
    status: number,
    answered: string | null,
  ): void {
    const [, start, last, total] = /^bytes (\d+)-(\d+)\/(\d+|\*)/.exec(answered ?? "") ?? [];
    if (status === 206 && Number(total) < range.end) throw this.#tooShort(Number(total));
    const isWanted = Number(start) === range.start && Number(last) === range.end - 1;
    const size = this.#sizeBytes ?? range.end - range.start;
    if (status === 206 && isWanted && size === range.end - range.start) return;
    throw new WeftError(
      `${this.what} was to be bytes ${range.start} to ${range.end - 1}, but the store answered ` +
        `${status} with ${answered ?? "no range"}`,
    );
  }

  async #readPieces(knownBytes: number | undefined): Promise<Uint8Array<ArrayBuffer>> {
    const most = knownBytes ?? this.options.maxBytes;
    let bytes = new Uint8Array(knownBytes ?? 0);
    let count = 0;
    for await (const piece of this.response.body) {
      if (count + piece.length > most) throw this.#tooLong();
      if (count + piece.length > bytes.length) bytes = grown(bytes, count + piece.length);
      bytes.set(piece, count);
      count += piece.length;
    }
    return bytes.subarray(0, count);
  }

  /** As a store that refuses such a range says it. */
  #tooShort(totalBytes: number): WeftError {
    return new TransferRefusedError(`${this.what} has no more than ${totalBytes} bytes`, 416);
  }

  #tooLong(): WeftError {
    const { maxBytes } = this.options;
    return new TransferRefusedError(`${this.what} is longer than ${maxBytes} bytes`, 200);
  }
}

/** A copy with room for `sizeBytes` and for what may follow. */
function grown(bytes: Uint8Array, sizeBytes: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.max(sizeBytes, 2 * bytes.length));
  larger.set(bytes);
  return larger;
}

/**
 * Reads bodies of requests whose sender is known: within a length, a time, and what one hotkey may
 * send at a time, for one that is let in must not fill the memory with bodies that it never ends.
 *
 * @module
 */

import { readBytes } from "../../formats/byte_stream.ts";
import type { ByteStream, Clock, ServedRequest } from "../../host.ts";
import { AxonRefusal } from "./refusal.ts";

/** Of one hotkey's bodies that are being read at a time: more than the largest there is. */
const MAX_READING_BYTES = 128 * 1024 ** 2;

/** A body is there by then. The SDK's own patience ends earlier. */
const BODY_MS = 60_000;

/** See the module. */
export class BodyReader {
  /** Bytes that are kept, by hotkey. */
  readonly #reading = new Map<string, number>();

  constructor(readonly clock: Clock) {}

  /**
   * A body's text. What is left of one that is refused is the listener's.
   *
   * @throws {AxonRefusal} 413, 429 or 408
   * @throws {TypeError} if it is no UTF-8
   */
  async text(
    { headers, body, signal }: ServedRequest,
    hotkey: string,
    maxBytes: number,
  ): Promise<string> {
    if (Number(headers.get("content-length") ?? 0) > maxBytes) throw tooLarge(maxBytes);
    const counted = new CountedBytes(body, hotkey, this.#reading);
    const ended = new AbortController();
    const late = this.clock.sleep(BODY_MS, ended.signal).then(() => undefined);
    const read = readBytes(counted, maxBytes, "the body").catch((error) => {
      throw signal.aborted || error instanceof AxonRefusal ? error : tooLarge(maxBytes);
    });
    try {
      const bytes = await Promise.race([read, late]);
      if (bytes === undefined) {
        throw new AxonRefusal(408, `Response timeout after: ${BODY_MS / 1000}s`);
      }
      return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    } finally {
      // What comes of a late one, nobody is there to be told.
      read.catch(() => {});
      // With any reason: one is made otherwise, which takes longer than all of this.
      ended.abort(null);
      counted.release();
    }
  }
}

/** A body whose bytes count against its hotkey's while they are kept. */
class CountedBytes implements AsyncIterable<Uint8Array<ArrayBuffer>> {
  #bytes = 0;
  #isReleased = false;

  constructor(
    readonly body: ByteStream,
    readonly hotkey: string,
    /** Bytes by hotkey. */
    readonly all: Map<string, number>,
  ) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
    for await (const piece of this.body) {
      if (this.#isReleased) return;
      const all = (this.all.get(this.hotkey) ?? 0) + piece.length;
      if (all > MAX_READING_BYTES) {
        throw new AxonRefusal(429, "Too many bodies of this hotkey, try again later");
      }
      this.all.set(this.hotkey, all);
      this.#bytes += piece.length;
      yield piece;
    }
  }

  /** Nothing of it is kept any more. */
  release(): void {
    this.#isReleased = true;
    const left = (this.all.get(this.hotkey) ?? 0) - this.#bytes;
    if (left > 0) this.all.set(this.hotkey, left);
    else this.all.delete(this.hotkey);
    this.#bytes = 0;
  }
}

function tooLarge(maxBytes: number): AxonRefusal {
  return new AxonRefusal(413, `The body has more than ${maxBytes} bytes`);
}

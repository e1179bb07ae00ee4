/**
 * Reads an uploaded form piece by piece: its fields, then the file as a stream.
 *
 * Source: RFC 7578 (multipart/form-data), RFC 2046, section 5.1.
 *
 * @module
 */

import type { ByteStream } from "../../host.ts";
import { StoreError } from "./store_error.ts";

/** What a field's head or value may take. */
const MAX_FIELD_BYTES = 20 * 1024;
const MAX_FIELDS = 32;
const CRLF = "\r\n";

/** A form whose file is still to be read. */
export interface UploadedForm {
  /** By name in lower case. */
  readonly fields: ReadonlyMap<string, string>;
  /** The content of the field `file`; what follows it is ignored. */
  readonly file: ByteStream;
}

/**
 * Reads the fields up to the file.
 *
 * @param contentType the request's `content-type`
 * @throws {StoreError} 400 for anything but a form with a file; the file's stream throws it too
 */
export async function readForm(
  contentType: string | null,
  body: ByteStream,
): Promise<UploadedForm> {
  const type = /^multipart\/form-data\s*;.*?boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i
    .exec(contentType ?? "");
  const boundary = type?.[1] ?? type?.[2];
  if (boundary === undefined) throw malformed("expected multipart/form-data with a boundary");
  // The first boundary has no line break before it; with one added all look alike.
  const reader = new DelimitedReader(body, new TextEncoder().encode(CRLF));
  const delimiter = `${CRLF}--${boundary}`;
  await reader.readUntil(delimiter, 0);
  const fields = new Map<string, string>();
  while (fields.size <= MAX_FIELDS) {
    if (await reader.readUntil(CRLF, 2) !== "") throw malformed("it has no field named file");
    const head = CRLF + await reader.readUntil(CRLF + CRLF, MAX_FIELD_BYTES);
    const disposition = /\r\ncontent-disposition:[^\r]*/i.exec(head)?.[0] ?? "";
    const [, quoted, plain] = /[;\s]name=(?:"([^"]*)"|([^\s;"]+))/i.exec(disposition) ?? [];
    const name = (quoted ?? plain)?.toLowerCase();
    if (name === undefined) throw malformed("a field has no name");
    if (name === "file") return { fields, file: reader.streamUntil(delimiter) };
    fields.set(name, await reader.readUntil(delimiter, MAX_FIELD_BYTES));
  }
  throw malformed(`it has more than ${MAX_FIELDS} fields`);
}

/** Cuts a stream at delimiters, which may lie across two of its pieces. */
class DelimitedReader {
  readonly #source: AsyncIterator<Uint8Array<ArrayBuffer>>;
  /** What was read and not yet given. */
  #held: Uint8Array<ArrayBuffer>;

  constructor(source: ByteStream, ahead: Uint8Array<ArrayBuffer>) {
    this.#source = source[Symbol.asyncIterator]();
    this.#held = ahead;
  }

  /** Text before the next delimiter, which is skipped. */
  async readUntil(delimiter: string, maxBytes: number): Promise<string> {
    const wanted = new TextEncoder().encode(delimiter);
    for (;;) {
      const at = indexOf(this.#held, wanted);
      if (at > maxBytes || (at < 0 && this.#held.length > maxBytes + wanted.length)) {
        throw malformed(`a field is longer than ${maxBytes} bytes`);
      }
      if (at >= 0) {
        const text = new TextDecoder().decode(this.#held.subarray(0, at));
        this.#held = this.#held.subarray(at + wanted.length);
        return text;
      }
      await this.#readMore();
    }
  }

  /** Bytes before the next delimiter, as they come. */
  async *streamUntil(delimiter: string): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
    const wanted = new TextEncoder().encode(delimiter);
    try {
      for (;;) {
        const at = indexOf(this.#held, wanted);
        // The last bytes may be the beginning of a delimiter.
        const count = at >= 0 ? at : Math.max(0, this.#held.length - wanted.length + 1);
        if (count > 0) yield this.#held.subarray(0, count);
        this.#held = this.#held.subarray(count);
        if (at >= 0) return;
        await this.#readMore();
      }
    } finally {
      await this.#source.return?.();
    }
  }

  async #readMore(): Promise<void> {
    const { value, done } = await this.#source.next();
    if (done) throw new StoreError("IncompleteBody", "the form ends before its last boundary");
    if (this.#held.length === 0) {
      this.#held = value;
      return;
    }
    const joined = new Uint8Array(this.#held.length + value.length);
    joined.set(this.#held);
    joined.set(value, this.#held.length);
    this.#held = joined;
  }
}

function indexOf(bytes: Uint8Array, wanted: Uint8Array): number {
  for (let at = bytes.indexOf(wanted[0]); at >= 0; at = bytes.indexOf(wanted[0], at + 1)) {
    if (at + wanted.length > bytes.length) return -1;
    if (wanted.every((byte, offset) => bytes[at + offset] === byte)) return at;
  }
  return -1;
}

function malformed(reason: string): StoreError {
  return new StoreError("MalformedPOSTRequest", `the form cannot be read: ${reason}`);
}

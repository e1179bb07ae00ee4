/**
 * What a command without a terminal writes, as the Docker Engine sends it: frames of stdout (1) and
 * stderr (2), each behind 8 bytes that tell which of them it is and how long it is.
 *
 * Source: Docker Engine API v1.43, `POST /containers/{id}/attach`, "Stream format".
 *
 * @module
 */

import { WeftError } from "../../core/errors.ts";

const HEADER_BYTES = 8;
const STDOUT = 1;
const LAST_KIND = 2;

/** What was written to stdout, as text. @throws {WeftError} if these are no frames */
export function stdoutOf(bytes: Uint8Array<ArrayBuffer>): string {
  const decoder = new TextDecoder();
  let text = "";
  for (let at = 0; at < bytes.length;) {
    if (at + HEADER_BYTES > bytes.length) throw fault();
    const view = new DataView(bytes.buffer, bytes.byteOffset + at, HEADER_BYTES);
    const [kind, length] = [view.getUint8(0), view.getUint32(4)];
    const end = at + HEADER_BYTES + length;
    if (kind > LAST_KIND || end > bytes.length) throw fault();
    if (kind === STDOUT) {
      text += decoder.decode(bytes.subarray(at + HEADER_BYTES, end), { stream: true });
    }
    at = end;
  }
  return text + decoder.decode();
}

function fault(): WeftError {
  return new WeftError("what Docker sent of a command's output is cut short, or no such thing");
}

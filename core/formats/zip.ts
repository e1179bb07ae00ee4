/**
 * The zip archives that torch keeps tensors in: few entries, stored or deflated, found through the
 * central directory, zip64 included. Checksums are not compared; torch does not compare them either.
 *
 * @module
 */

import { type UnzipFileInfo, unzipSync, zipSync } from "fflate";
import { WeftError } from "../errors.ts";

/** One entry of an archive. */
export interface ZipEntry {
  readonly name: string;
  /** Size after inflating, as the archive claims. */
  readonly sizeBytes: number;
}

const MAX_ENTRIES = 32;
const STORED = 0;
const DEFLATED = 8;

/**
 * Lists an archive without inflating anything.
 *
 * @throws {WeftError} if it is no whole zip archive, has more than 32 entries, two of one name, or
 *   an entry packed in another way than stored or deflated
 */
export function listZip(bytes: Uint8Array): ZipEntry[] {
  const entries = new Map<string, ZipEntry>();
  readDirectory(bytes, (file) => {
    if (entries.size === MAX_ENTRIES) throw fault(`it has more than ${MAX_ENTRIES} entries`);
    if (entries.has(file.name)) throw fault("it has two entries of the same name");
    if (file.compression !== STORED && file.compression !== DEFLATED) {
      throw fault(`it is packed with method ${file.compression}, not stored or deflated`);
    }
    if (file.compression === STORED && file.size !== file.originalSize) {
      throw fault("a stored entry claims two different sizes");
    }
    entries.set(file.name, { name: file.name, sizeBytes: file.originalSize });
    return false;
  });
  return [...entries.values()];
}

/**
 * Extracts one entry of {@linkcode listZip}, checked against its claimed size. Up to that many bytes
 * are allocated: compare `sizeBytes` with a limit before.
 *
 * @throws {WeftError} if the entry is cut short or broken
 */
export function extractZipEntry(bytes: Uint8Array, entry: ZipEntry): Uint8Array {
  const content = readDirectory(bytes, (file) => file.name === entry.name)[entry.name];
  if (content?.length !== entry.sizeBytes) {
    throw fault("an entry is shorter than the archive says; the file is cut short");
  }
  return content;
}

/** Writes an archive of stored entries, in order. Equal entries give equal bytes. */
export function writeZip(entries: Readonly<Record<string, Uint8Array>>): Uint8Array {
  return zipSync(entries, { level: 0, mtime: "1980-01-01T00:00:00" });
}

/** Any failure inside the zip library means that the archive is broken. */
function readDirectory(
  bytes: Uint8Array,
  filter: (file: UnzipFileInfo) => boolean,
): Partial<Record<string, Uint8Array>> {
  try {
    return unzipSync(bytes, { filter });
  } catch (error) {
    if (error instanceof WeftError) throw error;
    throw fault("its directory or an entry is broken or missing");
  }
}

function fault(message: string): WeftError {
  return new WeftError(`Not a usable zip archive: ${message}.`);
}

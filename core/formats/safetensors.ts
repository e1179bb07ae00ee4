/**
 * The safetensors file format: an 8-byte little-endian header length, a JSON header that names each
 * tensor's dtype, shape and place, then the tensors' bytes without holes.
 *
 * Source: github.com/huggingface/safetensors, README "Format", whose checks are made here too.
 *
 * @module
 */

import * as v from "valibot";
import { WeftError } from "../errors.ts";
import {
  checkTensor,
  type Dtype,
  type HostTensor,
  isDtype,
  ITEM_SIZE_BYTES,
  tensorSizeBytes,
} from "./dtype.ts";

/** The contents of a safetensors file. */
export interface SafetensorsFile {
  /** The tensors by name, in the order of their bytes in the file. */
  readonly tensors: Map<string, HostTensor>;
  /** Free text that the writer left in the header. */
  readonly metadata: Record<string, string>;
}

/** Headers beyond this are refused by the reference implementation as well. */
const MAX_HEADER_BYTES = 100_000_000;
const LENGTH_BYTES = 8;
const METADATA_KEY = "__metadata__";

const Size = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const Entry = v.strictObject({
  dtype: v.string(),
  shape: v.array(Size),
  data_offsets: v.strictTuple([Size, Size]),
});
const Metadata = v.record(v.string(), v.string());

/**
 * Reads a safetensors file. The tensors are views into `bytes`: nothing is copied or scanned.
 *
 * @throws {WeftError} if the file is cut short, its header is not as the format says, a dtype is
 *   unknown, or the tensors overlap, leave holes or do not fill the file
 */
export function readSafetensors(bytes: Uint8Array): SafetensorsFile {
  const dataStart = LENGTH_BYTES + headerLength(bytes, bytes.length);
  const data = bytes.subarray(dataStart);
  const header = parseHeader(bytes.subarray(LENGTH_BYTES, dataStart));
  const { entries, metadata } = indexOf(header, data.length);
  const tensors = new Map<string, HostTensor>();
  for (const { name, dtype, shape, begin, end } of entries) {
    tensors.set(name, { dtype, shape, bytes: data.subarray(begin, end) });
  }
  return { tensors, metadata };
}

/** Where a tensor lies in a file's data, and what it is. */
export interface SafetensorsEntry {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: number[];
  /** From the start of the data, which follows the header. */
  readonly begin: number;
  readonly end: number;
}

/**
 * Writes a safetensors file. Tensors are ordered by falling item size, then by name, behind a header
 * padded to 8 bytes: so each lies aligned and equal contents give equal bytes.
 *
 * @throws {RangeError} if a tensor's bytes don't fit its shape or its name is `__metadata__`
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, HostTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const ordered = [...tensors].sort(([nameA, a], [nameB, b]) =>
    ITEM_SIZE_BYTES[b.dtype] - ITEM_SIZE_BYTES[a.dtype] || (nameA < nameB ? -1 : 1)
  );
  for (const [, tensor] of ordered) checkTensor(tensor);
  const header = safetensorsHeader(
    ordered.map(([name, { dtype, shape }]) => ({ name, dtype, shape })),
    metadata,
  );
  const dataBytes = ordered.reduce((sum, [, tensor]) => sum + tensor.bytes.length, 0);
  const out = new Uint8Array(header.length + dataBytes);
  out.set(header);
  let offset = header.length;
  for (const [, tensor] of ordered) {
    out.set(tensor.bytes, offset);
    offset += tensor.bytes.length;
  }
  return out;
}

/**
 * The header of a file whose tensors follow in the given order, to write a file piece by piece.
 *
 * @throws {RangeError} if a tensor is named `__metadata__`
 */
export function safetensorsHeader(
  tensors: readonly { name: string; dtype: Dtype; shape: readonly number[] }[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const entries: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) entries.push([METADATA_KEY, metadata]);
  let end = 0;
  for (const { name, dtype, shape } of tensors) {
    if (name === METADATA_KEY) throw new RangeError(`a tensor cannot be named ${METADATA_KEY}`);
    const begin = end;
    end += tensorSizeBytes(dtype, shape);
    entries.push([name, { dtype: dtype.toUpperCase(), shape, data_offsets: [begin, end] }]);
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const dataStart = LENGTH_BYTES + Math.ceil(json.length / 8) * 8;
  const out = new Uint8Array(dataStart);
  new DataView(out.buffer).setBigUint64(0, BigInt(dataStart - LENGTH_BYTES), true);
  out.fill(0x20, LENGTH_BYTES);
  out.set(json, LENGTH_BYTES);
  return out;
}

/** A header read on its own, to read a file piece by piece. */
export interface SafetensorsIndex {
  readonly entries: readonly SafetensorsEntry[];
  readonly metadata: Readonly<Record<string, string>>;
  /** Offset of the data in the file. */
  readonly dataStart: number;
}

/**
 * Reads the header of a file of `sizeBytes` bytes through `read(offset, length)`.
 *
 * @throws {WeftError} if the file is no valid safetensors file
 */
export async function readSafetensorsIndex(
  sizeBytes: number,
  read: (offset: number, length: number) => Promise<Uint8Array>,
): Promise<SafetensorsIndex> {
  const start = await read(0, Math.min(LENGTH_BYTES, sizeBytes));
  const headerBytes = headerLength(start, sizeBytes);
  const dataStart = LENGTH_BYTES + headerBytes;
  const header = parseHeader(await read(LENGTH_BYTES, headerBytes));
  return { ...indexOf(header, sizeBytes - dataStart), dataStart };
}

function headerLength(bytes: Uint8Array, sizeBytes: number): number {
  if (bytes.length < LENGTH_BYTES) {
    throw fault(`${bytes.length} bytes are too few for a header; the file is cut short`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, LENGTH_BYTES);
  const headerBytes = view.getBigUint64(0, true);
  if (headerBytes > MAX_HEADER_BYTES) {
    throw fault(`the header claims ${headerBytes} bytes, at most ${MAX_HEADER_BYTES} are allowed`);
  }
  if (LENGTH_BYTES + Number(headerBytes) > sizeBytes) {
    throw fault(`the header needs ${headerBytes} bytes but the file ends before; it is cut short`);
  }
  return Number(headerBytes);
}

function parseHeader(bytes: Uint8Array): object {
  const header = parseJson(bytes);
  if (typeof header !== "object" || header === null || Array.isArray(header)) {
    throw fault("the header is not a JSON object");
  }
  return header;
}

/** Checked entries in the order of their places. */
function indexOf(
  header: object,
  dataBytes: number,
): { entries: SafetensorsEntry[]; metadata: Record<string, string> } {
  const entries: SafetensorsEntry[] = [];
  let metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(header)) {
    if (name === METADATA_KEY) metadata = readMetadata(value);
    else entries.push(readEntry(name, value));
  }
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkFilled(entries, dataBytes);
  return { entries, metadata };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw fault("the header is not JSON in UTF-8");
  }
}

function readMetadata(value: unknown): Record<string, string> {
  const result = v.safeParse(Metadata, value);
  if (!result.success) throw fault(`${METADATA_KEY} must map names to strings`);
  return result.output;
}

function readEntry(name: string, value: unknown): SafetensorsEntry {
  const label = quote(name);
  const result = v.safeParse(Entry, value);
  if (!result.success) {
    throw fault(`the entry of tensor ${label} is not {dtype, shape, data_offsets}`);
  }
  const { shape, data_offsets: [begin, end] } = result.output;
  const dtype = result.output.dtype.toLowerCase();
  if (!isDtype(dtype) || dtype.toUpperCase() !== result.output.dtype) {
    const known = Object.keys(ITEM_SIZE_BYTES).join(", ").toUpperCase();
    throw fault(`tensor ${label} has an unknown dtype; known are ${known}`);
  }
  if (end - begin !== sizeOf(label, dtype, shape)) {
    throw fault(`tensor ${label} takes ${end - begin} bytes, which is not what its shape says`);
  }
  return { name, dtype, shape, begin, end };
}

function sizeOf(label: string, dtype: Dtype, shape: number[]): number {
  try {
    return tensorSizeBytes(dtype, shape);
  } catch {
    throw fault(`tensor ${label} has a shape beyond all bounds`);
  }
}

/** Checks that tensors sorted by place follow each other without gaps and fill the data exactly. */
function checkFilled(entries: readonly SafetensorsEntry[], dataBytes: number): void {
  let end = 0;
  for (const tensor of entries) {
    if (tensor.begin !== end) {
      const what = tensor.begin < end ? "overlaps its neighbour" : "leaves a hole before it";
      throw fault(`tensor ${quote(tensor.name)} ${what}`);
    }
    end = tensor.end;
  }
  if (end > dataBytes) {
    throw fault(`the tensors need ${end} bytes but ${dataBytes} are there; the file is cut short`);
  }
  if (end < dataBytes) throw fault(`${dataBytes - end} bytes at the end belong to no tensor`);
}

/** A name as it appears in a message; a hostile file's may be as long as its header. */
function quote(name: string): string {
  return JSON.stringify(name.length > 100 ? `${name.slice(0, 100)}…` : name);
}

function fault(message: string): WeftError {
  return new WeftError(`Not a usable safetensors file: ${message}.`);
}

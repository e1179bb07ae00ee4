/**
 * The built page: its files are read once, compressed when they are first asked for, and served under
 * a policy that lets the page load nothing but itself.
 *
 * @module
 */

import { join, relative } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { WeftError } from "../../core/errors.ts";
import type { HeaderSource, HttpHandler, ServedResponse } from "../../core/host.ts";
import { PAGE_HEADERS } from "./page_headers.ts";

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
  json: "application/json",
  wasm: "application/wasm",
};
/** Smaller files gain nothing. */
const LEAST_COMPRESSED_BYTES = 1_024;
/** Good enough, at a hundredth of the time of the best. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 6 } };
/** Names there hold a hash of what the file holds. */
const HASHED = /^\/assets\//;

const ENCODERS = {
  br: (bytes: Uint8Array) => promisify(brotliCompress)(bytes, BROTLI),
  gzip: (bytes: Uint8Array) => promisify(gzip)(bytes),
} as const;
type Encoding = keyof typeof ENCODERS;

/** A file of the page. */
interface StaticFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly type: string;
  readonly etag: string;
  readonly compressed: Map<Encoding, Promise<Uint8Array<ArrayBuffer>>>;
}

/**
 * Reads the files of a folder; what is added to it later is not served.
 *
 * @throws {WeftError} if there is no built page
 */
export async function staticFiles(dir: string): Promise<HttpHandler> {
  const files = new Map<string, StaticFile>();
  for await (const path of filePaths(dir)) {
    files.set(`/${relative(dir, path).replaceAll("\\", "/")}`, await readStaticFile(path));
  }
  if (!files.has("/index.html")) {
    throw new WeftError(`${dir} has no built page: run deno task build first, or name its folder`);
  }
  return async ({ method, target, headers }) => {
    const path = target.split("?", 1)[0];
    // A path is looked up as it is: what is not the very name of a file is none.
    const file = files.get(path === "/" ? "/index.html" : path);
    if (file === undefined) return textAnswer(404, "There is no such page.");
    if (method !== "GET" && method !== "HEAD") {
      return textAnswer(405, "Only reading is possible.", { allow: "GET, HEAD" });
    }
    return await answer(file, path, headers);
  };
}

async function answer(
  file: StaticFile,
  path: string,
  asked: HeaderSource,
): Promise<ServedResponse> {
  const headers = {
    ...PAGE_HEADERS,
    "content-type": file.type,
    etag: file.etag,
    vary: "accept-encoding",
    "cache-control": HASHED.test(path) ? "public, max-age=31536000, immutable" : "no-cache",
  };
  const known = (asked.get("if-none-match") ?? "").split(",").map((tag) => tag.trim());
  if (known.includes(file.etag)) return { status: 304, headers, body: new Uint8Array(0) };
  const encoding = encodingFor(file, asked.get("accept-encoding") ?? "");
  if (encoding === undefined) return { status: 200, headers, body: file.bytes };
  const body = await compressed(file, encoding);
  return { status: 200, headers: { ...headers, "content-encoding": encoding }, body };
}

/** The best that the browser takes, and the file gains by. */
function encodingFor({ bytes, type }: StaticFile, accepted: string): Encoding | undefined {
  if (bytes.length < LEAST_COMPRESSED_BYTES || type === TYPES.wasm) return undefined;
  const names = accepted.split(",").map((part) => part.trim().toLowerCase())
    .filter((part) => !/;\s*q=0(?:\.0*)?$/.test(part)).map((part) => part.split(";")[0].trim());
  return names.includes("br") ? "br" : names.includes("gzip") ? "gzip" : undefined;
}

async function compressed(file: StaticFile, encoding: Encoding): Promise<Uint8Array<ArrayBuffer>> {
  let made = file.compressed.get(encoding);
  if (!made) {
    made = ENCODERS[encoding](file.bytes).then((bytes) => new Uint8Array(bytes));
    file.compressed.set(encoding, made);
  }
  return await made;
}

async function readStaticFile(path: string): Promise<StaticFile> {
  const bytes = await Deno.readFile(path);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const etag = `"${hash.toBase64({ alphabet: "base64url", omitPadding: true })}"`;
  const type = TYPES[path.split(".").at(-1) ?? ""] ?? "application/octet-stream";
  return { bytes, type, etag, compressed: new Map() };
}

/** Files of the folder itself: links may lead anywhere, and are passed over. */
async function* filePaths(dir: string): AsyncGenerator<string, void> {
  try {
    for await (const { name, isFile, isDirectory } of Deno.readDir(dir)) {
      if (isFile) yield join(dir, name);
      else if (isDirectory) yield* filePaths(join(dir, name));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** An answer for people. */
export function textAnswer(
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): ServedResponse {
  const type = { "content-type": "text/plain; charset=utf-8" };
  const body = new TextEncoder().encode(`${text}\n`);
  return { status, headers: { ...PAGE_HEADERS, ...type, ...headers }, body };
}

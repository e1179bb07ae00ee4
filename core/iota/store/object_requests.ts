/**
 * Answers who comes with an address of the store: `GET` and `HEAD` of an object, `PUT` of an object or
 * a part, `POST` of a form.
 *
 * @module
 */

import type { ServedRequest, ServedResponse } from "../../host.ts";
import { parseRange } from "./byte_range.ts";
import { readForm } from "./form_data.ts";
import { isObjectKey } from "./object_key.ts";
import type { FoundObject, ObjectFiles } from "./object_files.ts";
import { verifyPolicy } from "./post_policy.ts";
import { checkSize, exactly, within } from "./sized_stream.ts";
import { StoreError } from "./store_error.ts";
import type { Grant, UrlSigner } from "./url_signature.ts";

/** A page of any origin may use an address that it was given; `ETag` is needed for parts. */
export const CROSS_ORIGIN_HEADERS = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers": "ETag, Content-Range",
} as const;
const PREFLIGHT_HEADERS = {
  ...CROSS_ORIGIN_HEADERS,
  "access-control-allow-methods": "GET, HEAD, PUT, POST",
  "access-control-allow-headers": "*",
  "access-control-max-age": "86400",
};
/** Objects are strangers' bytes: no browser is to run them in the orchestrator's name. */
const OBJECT_HEADERS = {
  ...CROSS_ORIGIN_HEADERS,
  "accept-ranges": "bytes",
  "content-type": "application/octet-stream",
  "content-disposition": "attachment",
  "x-content-type-options": "nosniff",
};
const NOTHING = new Uint8Array(0);

/** What answering needs. */
export interface RequestParts {
  readonly files: ObjectFiles;
  readonly signer: UrlSigner;
}

/**
 * Answers one request.
 *
 * @param key what follows `/bucket/` in the path; empty for the bucket itself
 * @throws {StoreError} for what is refused
 */
export async function answerRequest(
  parts: RequestParts,
  key: string,
  request: ServedRequest,
): Promise<ServedResponse> {
  const { method, target } = request;
  if (method === "OPTIONS") return { status: 204, headers: PREFLIGHT_HEADERS, body: NOTHING };
  if (method === "POST" && key === "") return await putForm(parts, request);
  if (!["GET", "HEAD", "PUT"].includes(method)) {
    throw new StoreError("MethodNotAllowed", `${method} is not for objects`);
  }
  if (!isObjectKey(key)) throw new StoreError("NoSuchKey", "the address names no object");
  const query = new URLSearchParams(target.slice(target.indexOf("?") + 1));
  const grant = parts.signer.verify(method, key, query);
  return grant.method === "PUT"
    ? await putObject(parts, grant, request)
    : await getObject(parts, key, request);
}

async function getObject(
  { files }: RequestParts,
  key: string,
  { method, headers }: ServedRequest,
): Promise<ServedResponse> {
  const found = await files.find(key);
  if (!found) throw new StoreError("NoSuchKey", "The specified key does not exist.");
  const { sizeBytes } = found;
  const range = method === "GET" ? parseRange(headers.get("range"), sizeBytes) : undefined;
  if (range === "unsatisfiable") return noSuchRange(found);
  const { start, end } = range ?? { start: 0, end: sizeBytes };
  return {
    status: range ? 206 : 200,
    headers: {
      ...OBJECT_HEADERS,
      etag: `"${found.etag}"`,
      "content-length": `${end - start}`,
      ...range && { "content-range": `bytes ${start}-${end - 1}/${sizeBytes}` },
    },
    body: method === "HEAD" ? NOTHING : files.read(key, start, end),
  };
}

function noSuchRange({ sizeBytes }: FoundObject): ServedResponse {
  const headers = { ...CROSS_ORIGIN_HEADERS, "content-range": `bytes */${sizeBytes}` };
  return { status: 416, headers, body: NOTHING };
}

async function putObject(
  { files }: RequestParts,
  { key, bounds, part }: Grant,
  { headers, body }: ServedRequest,
): Promise<ServedResponse> {
  const length = headers.get("content-length");
  if (length === null || !/^\d{1,15}$/.test(length)) {
    throw new StoreError(
      "MissingContentLength",
      "You must provide the Content-Length HTTP header.",
    );
  }
  const sizeBytes = Number(length);
  if (bounds) checkSize(sizeBytes, bounds);
  const content = exactly(body, sizeBytes);
  const etag = part
    ? await files.writePart({ key, ...part }, content)
    : await files.create(key, content);
  return { status: 200, headers: { ...CROSS_ORIGIN_HEADERS, etag: `"${etag}"` }, body: NOTHING };
}

async function putForm(
  { files, signer }: RequestParts,
  { headers, body }: ServedRequest,
): Promise<ServedResponse> {
  const { fields, file } = await readForm(headers.get("content-type"), body);
  const { key, bounds } = verifyPolicy(signer, fields);
  const etag = await files.create(key, within(file, bounds));
  return { status: 204, headers: { ...CROSS_ORIGIN_HEADERS, etag: `"${etag}"` }, body: NOTHING };
}

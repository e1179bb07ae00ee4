/**
 * The routes by which miners get addresses to upload to.
 *
 * Source: macrocosm-os/iota @ 56aee24, `storage/api.py`.
 *
 * @module
 */

import type { ROUTES } from "../api/routes.ts";
import {
  type CompleteUpload,
  type InitiateUpload,
  MAX_PART_BYTES,
  MIN_PART_BYTES,
  type MultipartUpload,
} from "../api/schemas.ts";
import { type Handlers, Refusal } from "../api/service.ts";
import type { Activations } from "./activations.ts";
import type { OrchestratorContext } from "./context.ts";
import { boundsOfKey, ownerOfKey, parseActivationKey } from "./object_keys.ts";
import type { Registry } from "./registry.ts";

/** Names of these routes. */
export type StorageRouteName =
  | "presignedUrl"
  | "initiateUpload"
  | "completeUpload"
  | "abortUpload";

/** What these routes work with. */
export interface StorageParts {
  readonly context: OrchestratorContext;
  readonly registry: Registry;
  readonly activations: Activations;
}

/** Addresses are good for as long as is asked for, within these bounds. */
const MIN_EXPIRY_S = 60;
const MAX_EXPIRY_S = 3600;

/** Handlers of these routes. */
export function storageRoutes(
  parts: StorageParts,
): Handlers<Pick<typeof ROUTES, StorageRouteName>> {
  const { store } = parts.context;
  return {
    presignedUrl: async ({ hotkey, body: { path, expires_in } }) => {
      await checkKey(parts, hotkey, path, true);
      const url = await store.presignPut(path, expiry(expires_in), boundsOfKey(path));
      return { message: "Presigned URL generated successfully", data: { presigned_data: url } };
    },
    initiateUpload: async ({ hotkey, body }) => {
      const { path, file_size, expires_in } = body;
      await checkKey(parts, hotkey, path, true);
      checkSize(path, file_size);
      const partSize = Math.min(Math.max(body.part_size, MIN_PART_BYTES), MAX_PART_BYTES);
      const message = "Upload initiated successfully";
      if (file_size > partSize) {
        return { message, data: await inParts(parts.context, body, partSize) };
      }
      const bounds = { minBytes: file_size, maxBytes: file_size };
      const url = await store.presignPut(path, expiry(expires_in), bounds);
      return { message, data: { use_multipart: false, presigned_data: url } };
    },
    completeUpload: async ({ hotkey, body }) => {
      const { path, upload_id } = body;
      await checkKey(parts, hotkey, path, false);
      await store.completeParts(path, upload_id, orderedParts(body));
      return { message: "Upload completed successfully", data: { s3_path: path } };
    },
    abortUpload: async ({ hotkey, body: { path, upload_id } }) => {
      await checkKey(parts, hotkey, path, false);
      await store.abortParts(path, upload_id);
      return { message: "Upload aborted successfully" };
    },
  };
}

/** @throws {Refusal} 403 for a key that the miner has nothing to do with, 404 for a stranger */
async function checkKey(
  { registry, activations, context }: StorageParts,
  hotkey: string,
  path: string,
  isNew: boolean,
): Promise<void> {
  const isKey = context.store.keyOf(path) === path;
  const activation = isKey ? parseActivationKey(path) : undefined;
  if (activation) {
    if (isNew) await activations.allowUpload(hotkey, activation);
    else await registry.find(hotkey);
    return;
  }
  await registry.find(hotkey);
  if (isKey && ownerOfKey(path) === hotkey) return;
  throw new Refusal(
    403,
    "A path must be activations/UID/LAYER/DIRECTION/NAME.pt of your own work, or begin with " +
      `weights/, optimizer_state/, metadata/weights/ or metadata/optimizer_state/ and ${hotkey}/`,
  );
}

function checkSize(path: string, size: number): void {
  const { minBytes, maxBytes } = boundsOfKey(path);
  if (size >= minBytes && size <= maxBytes) return;
  throw new Refusal(413, `A file of ${size} bytes: expected from ${minBytes} to ${maxBytes}`);
}

async function inParts(
  { store }: OrchestratorContext,
  { path, file_size, expires_in }: InitiateUpload,
  partSize: number,
): Promise<MultipartUpload> {
  const uploadId = await store.startParts(path);
  const numbers = Array.from({ length: Math.ceil(file_size / partSize) }, (_, index) => index + 1);
  const urls = await Promise.all(numbers.map((number) => {
    const size = Math.min(partSize, file_size - (number - 1) * partSize);
    const bounds = { minBytes: size, maxBytes: size };
    return store.presignPart(path, uploadId, number, expiry(expires_in), bounds);
  }));
  return {
    use_multipart: true,
    multipart_data: {
      upload_id: uploadId,
      presigned_urls: urls.map((url) => ({ url })),
      part_numbers: numbers,
    },
    part_size: partSize,
    total_parts: numbers.length,
  };
}

/** @throws {Refusal} 422 unless the parts are 1, 2, 3 … in any order */
function orderedParts({ parts }: CompleteUpload): { partNumber: number; etag: string }[] {
  const ordered = parts.toSorted((a, b) => a.PartNumber - b.PartNumber);
  if (ordered.length === 0 || ordered.some(({ PartNumber }, at) => PartNumber !== at + 1)) {
    throw new Refusal(422, "Parts must be numbered from 1 without a gap");
  }
  return ordered.map(({ PartNumber, ETag }) => ({
    partNumber: PartNumber,
    etag: ETag.replaceAll('"', ""),
  }));
}

function expiry(askedS: number): number {
  return Math.min(Math.max(askedS, MIN_EXPIRY_S), MAX_EXPIRY_S);
}

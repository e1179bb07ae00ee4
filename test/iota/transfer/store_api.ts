/**
 * The orchestrator's part of uploads, straight from a store.
 *
 * @module
 */

import * as v from "valibot";
import { type Answer, type Asked, type RouteName, ROUTES } from "../../../core/iota/api/routes.ts";
import {
  AbortUpload,
  CompleteUpload,
  InitiateUpload,
  type InitiateUploadAnswer,
} from "../../../core/iota/api/schemas.ts";
import type { ServedStore } from "../../../core/iota/store/served_store.ts";
import type { UploadApi } from "../../../core/iota/transfer/upload.ts";

const EXPIRY_S = 3600;

/** See the module. */
export class StoreApi implements UploadApi {
  /** @param form whether small objects go up by a form, as to older deployments */
  constructor(readonly store: ServedStore, readonly form: boolean) {}

  async ask<Name extends RouteName>(
    name: Name,
    asked: Asked<(typeof ROUTES)[Name]>,
  ): Promise<Answer<(typeof ROUTES)[Name]>> {
    const answer = await this.#answer(name, asked.body);
    // The route's own schema says that it is its answer.
    return v.parse(ROUTES[name].answer, answer) as Answer<(typeof ROUTES)[Name]>;
  }

  async #answer(name: RouteName, body: unknown): Promise<unknown> {
    const message = "ok";
    if (name === "initiateUpload") {
      return { message, data: await this.#plan(v.parse(InitiateUpload, body)) };
    }
    if (name === "abortUpload") {
      const { path, upload_id } = v.parse(AbortUpload, body);
      await this.store.abortParts(path, upload_id);
      return { message };
    }
    const { path, upload_id, parts } = v.parse(CompleteUpload, body);
    const named = parts.map(({ PartNumber, ETag }) => ({ partNumber: PartNumber, etag: ETag }));
    await this.store.completeParts(path, upload_id, named);
    return { message, data: { s3_path: `s3://iota/${path}` } };
  }

  async #plan(
    { path, file_size, part_size }: InitiateUpload,
  ): Promise<InitiateUploadAnswer["data"]> {
    const bounds = { minBytes: 1, maxBytes: Math.min(file_size, part_size) };
    if (file_size <= part_size) {
      const presigned_data = this.form
        ? this.store.presignPost(path, EXPIRY_S, bounds)
        : await this.store.presignPut(path, EXPIRY_S, bounds);
      return { use_multipart: false, presigned_data };
    }
    const upload_id = await this.store.startParts(path);
    const part_numbers = Array.from(
      { length: Math.ceil(file_size / part_size) },
      (_, at) => at + 1,
    );
    const presigned_urls = await Promise.all(part_numbers.map(async (number) => ({
      url: await this.store.presignPart(path, upload_id, number, EXPIRY_S, bounds),
    })));
    return {
      use_multipart: true,
      multipart_data: { upload_id, presigned_urls, part_numbers },
      part_size,
      total_parts: part_numbers.length,
    };
  }
}

/**
 * Uploads what a miner made: the orchestrator says where and how, the bytes go to the store.
 *
 * Source: macrocosm-os/iota @ 56aee24, `utils/s3_interactions.py`; for forms the same before June 2025.
 *
 * @module
 */

import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { WeftError } from "../../errors.ts";
import { readBytes } from "../../formats/byte_stream.ts";
import type { Clock, Http, HttpRequest, HttpResponse, Log } from "../../host.ts";
import type { Answer, Asked, ROUTES } from "../api/routes.ts";
import {
  MAX_PART_BYTES,
  MIN_PART_BYTES,
  type MultipartUpload,
  type PostPolicy,
  type PresignedUpload,
  type UploadedPart,
} from "../api/schemas.ts";
import { ExpiredError, refusalOf, tryAgain, type Trying } from "./tries.ts";

/** A store says next to nothing when it has taken something. */
const MAX_ANSWER_BYTES = 64 * 1024;

type UploadRoute = "initiateUpload" | "completeUpload" | "abortUpload";

/** What an upload asks of the orchestrator; an `ApiClient` can do it. */
export interface UploadApi {
  ask<Name extends UploadRoute>(
    name: Name,
    asked: Asked<(typeof ROUTES)[Name]>,
    options?: { readonly signal?: AbortSignal },
  ): Promise<Answer<(typeof ROUTES)[Name]>>;
}

/** What uploads are made with. */
export interface UploaderSettings {
  readonly client: UploadApi;
  readonly http: Http;
  readonly clock: Clock;
  readonly log: Log;
  /** Bytes of a part, held within 5 and 100 MiB; what is not longer goes in one. @default 100 MiB */
  readonly partBytes?: number;
}

/** See the module. */
export class Uploader {
  readonly #settings: UploaderSettings;
  readonly #partBytes: number;

  constructor(settings: UploaderSettings) {
    this.#settings = settings;
    const { partBytes = MAX_PART_BYTES } = settings;
    this.#partBytes = Math.min(Math.max(partBytes, MIN_PART_BYTES), MAX_PART_BYTES);
  }

  /**
   * Uploads an object; each request to the store is tried up to three times, and the whole once more
   * if its addresses expire meanwhile.
   *
   * @returns the path to report
   * @throws {TransferRefusedError} if the store refuses
   * @throws {WeftError} if the store cannot be reached, or an answer makes no sense; what the client throws
   */
  async upload(
    key: string,
    bytes: Uint8Array<ArrayBuffer>,
    signal?: AbortSignal,
  ): Promise<string> {
    try {
      return await this.#begin(key, bytes, signal);
    } catch (error) {
      if (!(error instanceof ExpiredError)) throw error;
      this.#settings.log.warn(`${error.message} (another one is asked for)`);
      return await this.#begin(key, bytes, signal);
    }
  }

  async #begin(
    key: string,
    bytes: Uint8Array<ArrayBuffer>,
    signal: AbortSignal | undefined,
  ): Promise<string> {
    const { client, clock, log } = this.#settings;
    const body = { path: key, file_size: bytes.length, part_size: this.#partBytes };
    const { data } = await client.ask("initiateUpload", { body }, signal && { signal });
    const one = new OneUpload(this.#settings, key, bytes, { clock, log, signal });
    if (!data.use_multipart) return await one.whole(data.presigned_data);
    try {
      return await one.inParts(data);
    } catch (error) {
      await this.#abort(key, data.multipart_data.upload_id);
      throw error;
    }
  }

  /** The parts take room at the store; that they are removed is welcome, not needed. */
  async #abort(key: string, uploadId: string): Promise<void> {
    const { client, log } = this.#settings;
    try {
      await client.ask("abortUpload", { body: { path: key, upload_id: uploadId } });
    } catch (error) {
      if (!(error instanceof WeftError)) throw error;
      log.warn(`the parts of ${key} were not removed (${error.message})`);
    }
  }
}

/** The upload of one object. */
class OneUpload {
  constructor(
    readonly settings: UploaderSettings,
    readonly key: string,
    readonly bytes: Uint8Array<ArrayBuffer>,
    readonly trying: Trying,
  ) {}

  async whole(target: PresignedUpload): Promise<string> {
    const { key, bytes } = this;
    if (typeof target === "string") {
      await this.#send(bytes.length, () => ({ method: "PUT", url: target, body: bytes }));
    } else {
      const form = new PostForm(target, key, bytes);
      await this.#send(form.sizeBytes, () => form.request());
    }
    return key;
  }

  async inParts({ multipart_data, part_size, total_parts }: MultipartUpload): Promise<string> {
    const { presigned_urls: urls, part_numbers: numbers, upload_id } = multipart_data;
    const isWhole = part_size > 0 && total_parts === Math.ceil(this.bytes.length / part_size);
    if (!isWhole || urls.length !== total_parts || numbers.length !== total_parts) {
      throw new WeftError(
        `${this.bytes.length} bytes of ${this.key} were to be sent as ${total_parts} parts of ` +
          `${part_size} bytes to ${urls.length} addresses: is the orchestrator of this version?`,
      );
    }
    const parts: UploadedPart[] = [];
    for (const [at, { url }] of urls.entries()) {
      const body = this.bytes.subarray(at * part_size, (at + 1) * part_size);
      const { headers } = await this.#send(body.length, () => ({ method: "PUT", url, body }));
      const etag = headers.get("etag")?.replace(/^W\//, "").replaceAll('"', "");
      if (!etag) throw new WeftError(`the store gave no ETag for part ${numbers[at]}`);
      parts.push({ PartNumber: numbers[at], ETag: etag });
    }
    const asked = { body: { path: this.key, upload_id, parts } };
    const { signal } = this.trying;
    const { client } = this.settings;
    const { data } = await client.ask("completeUpload", asked, signal && { signal });
    return data.s3_path;
  }

  /** Sends until it is taken. */
  #send(sizeBytes: number, request: () => HttpRequest): Promise<HttpResponse> {
    const what = `upload of ${this.key}`;
    return tryAgain(this.trying, async (limit) => {
      const asked = this.settings.http({ ...request(), signal: limit.signal });
      const response = await limit.allow(sizeBytes, asked);
      if (response.status < 200 || response.status > 299) {
        throw await refusalOf(what, response, limit);
      }
      // To the end, so that the connection can be used again.
      await limit.allow(0, readBytes(response.body, MAX_ANSWER_BYTES, `the answer to the ${what}`));
      return response;
    });
  }
}

/** A form with the fields of a policy and the file, as `multipart/form-data`. */
class PostForm {
  readonly sizeBytes: number;
  readonly #boundary: string;
  readonly #head: Uint8Array<ArrayBuffer>;
  readonly #tail: Uint8Array<ArrayBuffer>;

  /** @throws {WeftError} for a field that no form can hold */
  constructor(
    readonly policy: PostPolicy,
    key: string,
    readonly bytes: Uint8Array<ArrayBuffer>,
  ) {
    const encoder = new TextEncoder();
    // Keys are new for each object, so nothing within the bytes can foresee it.
    this.#boundary = bytesToHex(sha256(encoder.encode(key))).slice(0, 40);
    const fields = Object.entries(policy.fields).map(([name, value]) => {
      if (/["\r\n]/.test(name) || value.includes(this.#boundary)) {
        throw new WeftError(`the store wants a field "${name}" that no form can hold`);
      }
      return this.#part(`name="${name}"`) + `${value}\r\n`;
    });
    const file = this.#part('name="file"; filename="data"');
    this.#head = encoder.encode(fields.join("") + file);
    this.#tail = encoder.encode(`\r\n--${this.#boundary}--\r\n`);
    this.sizeBytes = this.#head.length + bytes.length + this.#tail.length;
  }

  request(): HttpRequest {
    const headers = {
      "content-type": `multipart/form-data; boundary=${this.#boundary}`,
      "content-length": `${this.sizeBytes}`,
    };
    return { method: "POST", url: this.policy.url, headers, body: this.#stream() };
  }

  #part(disposition: string): string {
    return `--${this.#boundary}\r\ncontent-disposition: form-data; ${disposition}\r\n\r\n`;
  }

  async *#stream(): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
    yield await Promise.resolve(this.#head);
    yield this.bytes;
    yield this.#tail;
  }
}

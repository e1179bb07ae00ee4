/**
 * An object store at any server that speaks S3: addresses are `endpoint/bucket/key`, signed in their
 * query.
 *
 * Unlike the store that is served here, S3 lets who has an address for `PUT` put what is of any size,
 * and again while the address is good.
 *
 * Source: Amazon S3 API reference; "Authenticating requests: using query parameters (AWS Signature
 * Version 4)".
 *
 * @module
 */

import { AwsV4Signer } from "aws4fetch";
import { UsageError, WeftError } from "../core/errors.ts";
import { readBytes } from "../core/formats/byte_stream.ts";
import type { ByteStream, Clock, Http, HttpResponse, Log, WallClock } from "../core/host.ts";
import { Refusal } from "../core/iota/api/service.ts";
import { checkObjectKey, keyOfAddress } from "../core/iota/store/object_key.ts";
import type { ObjectStore, UploadedPart } from "../core/iota/store/object_store.ts";
import { MAX_EXPIRY_S } from "../core/iota/store/url_signature.ts";
import {
  ExpiredError,
  refusalOf,
  type TimeLimit,
  TransferRefusedError,
  tryAgain,
} from "../core/iota/transfer/tries.ts";

/** For requests of our own, which are sent at once. */
const OWN_EXPIRY_S = 300;
const DEFAULT_REGION = "us-east-1";
const REMOVED_AT_ONCE = 16;
const MAX_ANSWER_BYTES = 64 * 1024;

/** Of the environment's `AWS_ACCESS_KEY_ID` and its like. */
export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** What the store needs of its host. */
export interface S3Host {
  readonly http: Http;
  readonly clock: Clock;
  readonly wallClock: WallClock;
  readonly log: Log;
}

/** Where objects are. */
interface S3Place {
  readonly bucket: string;
  /** Without a slash at the end. */
  readonly endpoint: string;
  readonly region: string;
}

/** One request. */
interface S3Request {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array<ArrayBuffer>;
}

/**
 * The store that an address such as `s3://bucket?endpoint=https://host&region=auto` names.
 *
 * @throws {UsageError} for an address that names none
 */
export function openS3Store(
  address: string,
  credentials: S3Credentials,
  host: S3Host,
): ObjectStore {
  return new S3Store(parsePlace(address), credentials, host);
}

function parsePlace(address: string): S3Place {
  const wrong = (reason: string): UsageError =>
    new UsageError(
      `"${address}" names no store: ${reason}, expected s3://bucket?endpoint=https://host&region=auto`,
    );
  const [, bucket, search = ""] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\/?(?:\?(.*))?$/
    .exec(address) ?? [];
  if (bucket === undefined) throw wrong("its bucket is no name of one");
  const query = new URLSearchParams(search);
  const unknown = [...query.keys()].find((name) => name !== "endpoint" && name !== "region");
  if (unknown !== undefined) throw wrong(`"${unknown}" is not known`);
  const region = query.get("region") ?? DEFAULT_REGION;
  const endpoint = query.get("endpoint") ?? `https://s3.${region}.amazonaws.com`;
  if (!/^https?:\/\/[^/?#]+(\/[^?#]*)?$/.test(endpoint)) throw wrong("its endpoint is no address");
  return { bucket, region, endpoint: endpoint.replace(/\/+$/, "") };
}

class S3Store implements ObjectStore {
  /** Keys derived from the secret, one a day. */
  readonly #derived = new Map<string, ArrayBuffer>();

  constructor(
    readonly place: S3Place,
    readonly credentials: S3Credentials,
    readonly host: S3Host,
  ) {}

  presignPut(key: string, expiresInS: number): Promise<string> {
    return this.#sign({ method: "PUT", key }, expiresInS);
  }

  presignGet(key: string, expiresInS: number): Promise<string> {
    return this.#sign({ method: "GET", key }, expiresInS);
  }

  presignPart(
    key: string,
    uploadId: string,
    partNumber: number,
    expiresInS: number,
  ): Promise<string> {
    const query = { partNumber: `${partNumber}`, uploadId };
    return this.#sign({ method: "PUT", key, query }, expiresInS);
  }

  async startParts(key: string): Promise<string> {
    const text = await this.#askText({ method: "POST", key, query: { uploads: "" } });
    const uploadId = /<UploadId>([^<]+)<\/UploadId>/.exec(text)?.[1];
    if (uploadId === undefined) {
      throw new WeftError(`${this.place.endpoint} gave no id of an upload`);
    }
    return unescapeXml(uploadId);
  }

  async completeParts(
    key: string,
    uploadId: string,
    parts: readonly UploadedPart[],
  ): Promise<void> {
    const list = parts.map(({ partNumber, etag }) =>
      `<Part><PartNumber>${partNumber}</PartNumber><ETag>"${escapeXml(etag)}"</ETag></Part>`
    );
    const text = `<CompleteMultipartUpload>${list.join("")}</CompleteMultipartUpload>`;
    const body = new TextEncoder().encode(text);
    const headers = { "content-type": "application/xml" };
    const query = { uploadId };
    const answer = await blamed(this.#askText({ method: "POST", key, query, headers, body }));
    // Joining may take longer than a status can wait.
    if (answer.includes("<Error>")) {
      throw new WeftError(`the parts of ${key} were not joined: ${answer.slice(0, 300)}`);
    }
  }

  async abortParts(key: string, uploadId: string): Promise<void> {
    await blamed(this.#askText({ method: "DELETE", key, query: { uploadId } }));
  }

  async size(key: string): Promise<number | undefined> {
    const response = await unlessMissing(this.#ask({ method: "HEAD", key }, readAway));
    if (!response) return undefined;
    const length = response.headers.get("content-length") ?? "";
    if (/^\d{1,15}$/.test(length)) return Number(length);
    throw new WeftError(`${this.place.endpoint} did not tell the size of ${key}`);
  }

  async read(
    key: string,
    range?: { start: number; end: number },
  ): Promise<ByteStream | undefined> {
    const asked = range && { range: `bytes=${range.start}-${range.end - 1}` };
    const request = { method: "GET", key, ...asked && { headers: asked } } as const;
    try {
      const response = await unlessMissing(this.#ask(request, (answer) => Promise.resolve(answer)));
      return response?.body;
    } catch (error) {
      const isEmpty = error instanceof TransferRefusedError && error.status === 416;
      if (isEmpty) return noBytes();
      throw error;
    }
  }

  async write(key: string, body: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.#askText({ method: "PUT", key, body });
  }

  async remove(keys: readonly string[]): Promise<void> {
    for (let at = 0; at < keys.length; at += REMOVED_AT_ONCE) {
      const some = keys.slice(at, at + REMOVED_AT_ONCE);
      await Promise.all(some.map((key) => unlessMissing(this.#askText({ method: "DELETE", key }))));
    }
  }

  keyOf(address: string): string | undefined {
    return keyOfAddress(address, this.place.endpoint, this.place.bucket);
  }

  async #sign({ method, key, query = {} }: S3Request, expiresInS: number): Promise<string> {
    const { endpoint, bucket, region } = this.place;
    const lastsS = Math.min(Math.max(1, Math.round(expiresInS)), MAX_EXPIRY_S);
    const search = new URLSearchParams({ ...query, "X-Amz-Expires": `${lastsS}` });
    const now = new Date(this.host.wallClock.unixMs()).toISOString();
    const signer = new AwsV4Signer({
      ...this.credentials,
      method,
      url: `${endpoint}/${bucket}/${checkObjectKey(key)}?${search}`,
      service: "s3",
      region,
      signQuery: true,
      datetime: now.replace(/[:-]|\.\d{3}/g, ""),
      cache: this.#derived,
    });
    return (await signer.sign()).url.href;
  }

  async #askText(request: S3Request): Promise<string> {
    let text = "";
    await this.#ask(request, async (response, limit) => {
      text = await limit.allow(0, readText(response.body));
      return response;
    });
    return text;
  }

  /** Asks until there is an answer of 2xx; `take` reads it. */
  async #ask(
    request: S3Request,
    take: (response: HttpResponse, limit: TimeLimit) => Promise<HttpResponse>,
  ): Promise<HttpResponse> {
    const { method, key, headers, body } = request;
    const what = `${method} of ${key} in the bucket ${this.place.bucket}`;
    try {
      return await tryAgain(this.host, async (limit) => {
        const { signal } = limit;
        const url = await this.#sign(request, OWN_EXPIRY_S);
        const sent = { method, url, signal, ...headers && { headers }, ...body && { body } };
        const response = await limit.allow(body?.length ?? 0, this.host.http(sent));
        if (response.status > 299) throw await refusalOf(what, response, limit);
        return await take(response, limit);
      });
    } catch (error) {
      if (!(error instanceof ExpiredError)) throw error;
      throw new WeftError(
        `${what} was refused (${error.status}): are AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY ` +
          "right, and may they do this?",
        { cause: error },
      );
    }
  }
}

async function readText(body: ByteStream): Promise<string> {
  const bytes = await readBytes(body, MAX_ANSWER_BYTES, "the store's answer");
  return new TextDecoder().decode(bytes);
}

async function readAway(response: HttpResponse, limit: TimeLimit): Promise<HttpResponse> {
  await limit.allow(0, readText(response.body));
  return response;
}

/** What a call gives, or undefined if there is no such object. */
async function unlessMissing<Result>(call: Promise<Result>): Promise<Result | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof TransferRefusedError && error.status === 404) return undefined;
    throw error;
  }
}

/** Who named the parts is to blame for what the store says of them. */
async function blamed(call: Promise<string>): Promise<string> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof TransferRefusedError) throw new Refusal(400, error.message);
    throw error;
  }
}

async function* noBytes(): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

function unescapeXml(text: string): string {
  const entities = { "&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'", "&amp;": "&" };
  return Object.entries(entities).reduce((all, [from, to]) => all.replaceAll(from, to), text);
}

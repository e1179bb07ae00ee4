/**
 * Addresses that carry their own permission: method, object, expiry and bounds stand in the address
 * with an HMAC over them, so the store keeps no list of what it has handed out.
 *
 * Nothing in the query holds a `/`: the published miner takes keys apart by it.
 *
 * @module
 */

import { equalBytes } from "@noble/ciphers/utils.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import type { WallClock } from "../../host.ts";
import type { SizeBounds } from "./object_store.ts";
import { StoreError } from "./store_error.ts";

/** No address is good for longer, as with S3. */
export const MAX_EXPIRY_S = 7 * 24 * 3600;
/** So that a secret serves nothing else by chance. */
const PURPOSE = "weft-object-store-1";
const SIGNATURE = /^[0-9a-f]{64}$/;
const FIELDS = ["expires", "min", "max", "upload", "part"] as const;

/** What an address permits. */
export interface Grant {
  /** `GET` permits `HEAD` too. */
  readonly method: "GET" | "PUT";
  readonly key: string;
  /** Of `PUT`. */
  readonly bounds?: SizeBounds;
  /** Of `PUT` for one part. */
  readonly part?: { readonly uploadId: string; readonly partNumber: number };
}

/** Signs and verifies the queries of addresses. */
export class UrlSigner {
  /** @param bucket part of what is signed, as the key is */
  constructor(
    readonly secret: Uint8Array,
    readonly bucket: string,
    readonly wallClock: WallClock,
  ) {
    if (secret.length < 32) {
      throw new RangeError(`a secret of ${secret.length} bytes, expected at least 32`);
    }
  }

  /** The query that permits it for a while, without `?`. */
  sign({ method, key, bounds, part }: Grant, expiresInS: number): string {
    const fields: [string, string][] = [["expires", `${this.#expiryS(expiresInS)}`]];
    if (bounds) fields.push(["min", `${bounds.minBytes}`], ["max", `${bounds.maxBytes}`]);
    if (part) fields.push(["upload", part.uploadId], ["part", `${part.partNumber}`]);
    const query = new URLSearchParams(fields);
    query.set("signature", bytesToHex(this.#mac(method, key, query)));
    return query.toString();
  }

  /**
   * What a request is permitted.
   *
   * @throws {StoreError} 403 if its query was not signed here for this method and key, or no longer
   */
  verify(method: string, key: string, query: URLSearchParams): Grant {
    const granted = method === "HEAD" ? "GET" : method;
    const signature = query.get("signature") ?? "";
    const isSigned = SIGNATURE.test(signature) &&
      equalBytes(hexToBytes(signature), this.#mac(granted, key, query));
    if (!isSigned || (granted !== "GET" && granted !== "PUT")) {
      throw new StoreError("SignatureDoesNotMatch", "the address was not signed for this request");
    }
    // From here on the fields are as they were written above.
    if (Number(query.get("expires")) * 1000 <= this.wallClock.unixMs()) {
      throw new StoreError("AccessDenied", "Request has expired");
    }
    return { method: granted, key, ...readBounds(query), ...readPart(query) };
  }

  /** The signature of another text, such as a policy, in hexadecimal. */
  signText(purpose: string, text: string): string {
    return bytesToHex(this.#hmac([purpose, this.bucket, text]));
  }

  /** Whether `signText` gave this signature. */
  isSignedText(purpose: string, text: string, signature: string): boolean {
    return SIGNATURE.test(signature) &&
      equalBytes(hexToBytes(signature), this.#hmac([purpose, this.bucket, text]));
  }

  #mac(method: string, key: string, query: URLSearchParams): Uint8Array {
    const fields = FIELDS.map((name) => query.get(name) ?? "");
    return this.#hmac(["address", this.bucket, method, key, ...fields]);
  }

  #hmac(lines: readonly string[]): Uint8Array {
    // JSON keeps apart what a line break inside a field would run together.
    return hmac(sha256, this.secret, new TextEncoder().encode(JSON.stringify([PURPOSE, ...lines])));
  }

  #expiryS(expiresInS: number): number {
    const lastsS = Math.min(Math.max(1, Math.round(expiresInS)), MAX_EXPIRY_S);
    return Math.ceil(this.wallClock.unixMs() / 1000) + lastsS;
  }
}

function readBounds(query: URLSearchParams): Pick<Grant, "bounds"> {
  if (!query.has("max")) return {};
  return { bounds: { minBytes: Number(query.get("min")), maxBytes: Number(query.get("max")) } };
}

function readPart(query: URLSearchParams): Pick<Grant, "part"> {
  const uploadId = query.get("upload");
  return uploadId === null ? {} : { part: { uploadId, partNumber: Number(query.get("part")) } };
}

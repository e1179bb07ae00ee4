/**
 * Permission to put one object by a form, as S3 gives it for uploads by `POST`. The published
 * orchestrator handed these out until June 2025.
 *
 * Source: Amazon S3 API reference, "Creating a POST policy".
 *
 * @module
 */

import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import * as v from "valibot";
import type { PostPolicy } from "../api/schemas.ts";
import type { SizeBounds } from "./object_store.ts";
import { StoreError } from "./store_error.ts";
import { MAX_EXPIRY_S, type UrlSigner } from "./url_signature.ts";

const PURPOSE = "policy";

/** The conditions that are written here; S3 knows more. */
const Policy = v.object({
  expiration: v.pipe(v.string(), v.isoTimestamp()),
  conditions: v.tuple([
    v.object({ bucket: v.string() }),
    v.object({ key: v.string() }),
    v.tuple([v.literal("content-length-range"), v.number(), v.number()]),
  ]),
});

/** The fields with which a form may put an object; the file follows them as `file`. */
export function signPolicy(
  signer: UrlSigner,
  key: string,
  expiresInS: number,
  { minBytes, maxBytes }: SizeBounds,
): PostPolicy["fields"] {
  const lastsS = Math.min(Math.max(1, expiresInS), MAX_EXPIRY_S);
  const policy: v.InferOutput<typeof Policy> = {
    expiration: new Date(signer.wallClock.unixMs() + lastsS * 1000).toISOString(),
    conditions: [{ bucket: signer.bucket }, { key }, ["content-length-range", minBytes, maxBytes]],
  };
  // S3 has base64 here; to clients it is any text.
  const text = bytesToHex(new TextEncoder().encode(JSON.stringify(policy)));
  return { key, policy: text, "x-amz-signature": signer.signText(PURPOSE, text) };
}

/**
 * What a form's fields permit.
 *
 * @throws {StoreError} 403 if they were not signed here, or no longer, or for another key
 */
export function verifyPolicy(
  signer: UrlSigner,
  fields: ReadonlyMap<string, string>,
): { key: string; bounds: SizeBounds } {
  const [key, text, signature] = ["key", "policy", "x-amz-signature"].map((name) =>
    fields.get(name) ?? ""
  );
  if (!signer.isSignedText(PURPOSE, text, signature)) {
    throw new StoreError("SignatureDoesNotMatch", "the form's policy was not signed here");
  }
  const { expiration, conditions } = v.parse(Policy, readJson(text));
  if (Date.parse(expiration) <= signer.wallClock.unixMs()) {
    throw new StoreError("AccessDenied", "Invalid according to Policy: Policy expired.");
  }
  const [, named, [, minBytes, maxBytes]] = conditions;
  if (named.key !== key) {
    throw new StoreError("AccessDenied", "Invalid according to Policy: the key is another one");
  }
  return { key, bounds: { minBytes, maxBytes } };
}

function readJson(text: string): unknown {
  return JSON.parse(new TextDecoder().decode(hexToBytes(text)));
}

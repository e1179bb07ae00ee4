/**
 * How an object store refuses over HTTP: a status and a small XML document, as S3 has it.
 *
 * Source: Amazon S3 API reference, "Error responses".
 *
 * @module
 */

import { WeftError } from "../../errors.ts";
import type { ServedResponse } from "../../host.ts";

/** What went wrong, by the names that clients of S3 know, and the status of each. */
const STATUS = {
  EntityTooSmall: 400,
  IncompleteBody: 400,
  InvalidPart: 400,
  InvalidPolicyDocument: 400,
  MalformedPOSTRequest: 400,
  AccessDenied: 403,
  SignatureDoesNotMatch: 403,
  NoSuchKey: 404,
  NoSuchUpload: 404,
  MethodNotAllowed: 405,
  MissingContentLength: 411,
  PreconditionFailed: 412,
  EntityTooLarge: 413,
  InvalidRange: 416,
} as const;

/** One of the names. */
export type StoreErrorCode = keyof typeof STATUS;

/** A refusal of the store that it serves itself. */
export class StoreError extends WeftError {
  override name = "StoreError";

  constructor(readonly code: StoreErrorCode, message: string) {
    super(message);
  }

  get status(): number {
    return STATUS[this.code];
  }
}

/** The answer to a refused request. */
export function storeErrorResponse(
  error: StoreError,
  headers: Readonly<Record<string, string>> = {},
): ServedResponse {
  const body = '<?xml version="1.0" encoding="UTF-8"?>\n' +
    `<Error><Code>${error.code}</Code><Message>${escapeXml(error.message)}</Message></Error>`;
  return {
    status: error.status,
    headers: { ...headers, "content-type": "application/xml" },
    body: new TextEncoder().encode(body),
  };
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

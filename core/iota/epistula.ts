/**
 * Epistula v2: who sent a request, proven by a signature in its headers.
 *
 * Signed is `sha256(body) "." uuid "." timestamp "." receiver`, where the body is not what was sent
 * but the data of it as Python writes them (`python_json.ts`). The published orchestrator compares
 * milliseconds with seconds and so takes requests of any age, and any number of times; here a
 * request is good once, and within ten seconds.
 *
 * Source: macrocosm-os/iota @ 56aee24, `utils/epistula.py`.
 *
 * @module
 */

import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { WeftError } from "../errors.ts";
import type { HeaderSource, RandomBytes, WallClock } from "../host.ts";
import { isAddress, plainAddress } from "../wallet/address.ts";
import type { Signer } from "../wallet/signer.ts";
import { type SignatureCheck, verifyMessage } from "../wallet/verify.ts";
import { type PythonData, pythonJson } from "../formats/python_json.ts";
import { uuid4 } from "../formats/uuid.ts";

/** How old a request may be. */
export const MAX_AGE_MS = 10_000;
/** How far its sender's clock may be ahead of ours. */
export const MAX_AHEAD_MS = 10_000;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const SIGNATURE = /^(?:0x)?([0-9a-f]{128})$/i;

/** Names of the headers, in lower case as servers see them. */
const HEADERS = {
  timestamp: "epistula-timestamp",
  uuid: "epistula-uuid",
  signedBy: "epistula-signed-by",
  signature: "epistula-request-signature",
} as const;

/** What signing needs beside the key. */
export interface EpistulaSource {
  readonly wallClock: WallClock;
  readonly randomBytes: RandomBytes;
}

/**
 * The headers of a request. One request is signed once; a repetition of it sends the same headers.
 *
 * @param data the body with every field of its model, or `{}` without one
 */
export async function signRequest(
  signer: Signer,
  data: PythonData,
  { wallClock, randomBytes }: EpistulaSource,
): Promise<Record<string, string>> {
  const timestamp = `${Math.round(wallClock.unixMs())}`;
  const uuid = uuid4(randomBytes);
  const signature = await signer.sign(signedMessage(data, { uuid, timestamp }));
  return {
    "Epistula-Version": "2",
    "Epistula-Timestamp": timestamp,
    "Epistula-Uuid": uuid,
    "Epistula-Signed-By": signer.address,
    "Epistula-Request-Signature": `0x${bytesToHex(signature)}`,
  };
}

/** The bytes that are signed. */
export function signedMessage(
  data: PythonData,
  { uuid, timestamp, signedFor = "" }: {
    readonly uuid: string;
    readonly timestamp: string;
    readonly signedFor?: string;
  },
): Uint8Array {
  const body = bytesToHex(sha256(new TextEncoder().encode(pythonJson(data))));
  return new TextEncoder().encode(`${body}.${uuid}.${timestamp}.${signedFor}`);
}

/** A request that was not signed as it should be. The message is the published server's reason. */
export class EpistulaError extends WeftError {
  override name = "EpistulaError";
}

/** Verifies requests, each of which is good once. */
export class EpistulaVerifier {
  /** Until when a uuid must be remembered, oldest first: times only grow, a map keeps its order. */
  readonly #seen = new Map<string, number>();

  constructor(readonly wallClock: WallClock) {}

  /**
   * The address that signed a request.
   *
   * @param data the body as the server's model reads it, or `{}` without one
   * @throws {EpistulaError} unless headers and body are right, fresh and new
   */
  verify(headers: HeaderSource, data: PythonData): string {
    const request = this.#readFresh(headers);
    const message = signedMessage(data, request);
    return this.#accept(request, verifyMessage(message, request.signature, request.signedBy));
  }

  /** As `verify`, with the signature checked elsewhere, such as on another thread. */
  async verifyBy(check: SignatureCheck, headers: HeaderSource, data: PythonData): Promise<string> {
    const request = this.#readFresh(headers);
    const message = signedMessage(data, request);
    return this.#accept(request, await check(message, request.signature, request.signedBy));
  }

  /**
   * Lets a verified request come once more: it was not carried out, and the published client repeats
   * the same headers then.
   */
  forget(headers: HeaderSource): void {
    this.#seen.delete(identityOf(readHeaders(headers)));
  }

  #readFresh(headers: HeaderSource): EpistulaHeaders {
    const request = readHeaders(headers);
    const nowMs = this.wallClock.unixMs();
    if (request.timestampMs + MAX_AGE_MS < nowMs) throw new EpistulaError("Request is too stale");
    if (request.timestampMs - MAX_AHEAD_MS > nowMs) {
      throw new EpistulaError("Request is from the future");
    }
    return request;
  }

  #accept(request: EpistulaHeaders, isSigned: boolean): string {
    if (!isSigned) throw new EpistulaError("Signature Mismatch");
    // Only what was signed is remembered, lest a stranger uses up others' uuids.
    this.#takeOnce(identityOf(request), this.wallClock.unixMs());
    return request.signedBy;
  }

  #takeOnce(key: string, nowMs: number): void {
    for (const [old, untilMs] of this.#seen) {
      if (untilMs >= nowMs) break;
      this.#seen.delete(old);
    }
    if (this.#seen.has(key)) throw new EpistulaError("Request was sent before");
    this.#seen.set(key, nowMs + MAX_AGE_MS + MAX_AHEAD_MS);
  }
}

/** What the headers say, well-formed. */
interface EpistulaHeaders {
  readonly timestamp: string;
  readonly timestampMs: number;
  readonly uuid: string;
  readonly signedBy: string;
  readonly signature: Uint8Array;
}

/** With prefix 42: under another the same key would be another sender, and a request good again. */
function isBittensorAddress(text: string): boolean {
  return isAddress(text) && plainAddress(text) === text;
}

/** What is good once. */
function identityOf({ signedBy, uuid }: EpistulaHeaders): string {
  return `${signedBy} ${uuid.toLowerCase()}`;
}

function readHeaders(headers: HeaderSource): EpistulaHeaders {
  const timestamp = headers.get(HEADERS.timestamp) ?? "";
  const uuid = headers.get(HEADERS.uuid) ?? "";
  const signedBy = headers.get(HEADERS.signedBy) ?? "";
  const signature = SIGNATURE.exec(headers.get(HEADERS.signature) ?? "")?.[1];
  const timestampMs = Math.trunc(/^\d+(\.\d+)?$/.test(timestamp) ? Number(timestamp) : NaN);
  if (signature === undefined) throw new EpistulaError("Invalid Signature");
  if (!Number.isSafeInteger(timestampMs)) throw new EpistulaError("Invalid Timestamp");
  if (!isBittensorAddress(signedBy)) throw new EpistulaError("Invalid Sender key");
  if (!UUID.test(uuid)) throw new EpistulaError("Invalid uuid");
  return { timestamp, timestampMs, uuid, signedBy, signature: hexToBytes(signature) };
}

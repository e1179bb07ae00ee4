/**
 * Object storage as the orchestrator sees it: it hands out addresses that are good for a while, and
 * looks at what was put there. Miners and validators only ever see the addresses.
 *
 * Two stand behind it: a folder of this machine, which the orchestrator serves itself, and any
 * S3-compatible server.
 *
 * @module
 */

import type { ByteStream } from "../../host.ts";

/** The least and the most bytes that may be put to an address. */
export interface SizeBounds {
  readonly minBytes: number;
  readonly maxBytes: number;
}

/** Part of an upload that is in several parts. */
export interface UploadedPart {
  /** From 1. */
  readonly partNumber: number;
  /** Without quotes. */
  readonly etag: string;
}

/**
 * Objects by key, such as `activations/UID/0/forward/UUID.pt`. Methods reject with WeftError when the
 * storage cannot be reached or refuses, with what it said.
 */
export interface ObjectStore {
  /** The address for `PUT` of one object; good for `expiresInS` seconds. */
  presignPut(key: string, expiresInS: number, bounds: SizeBounds): Promise<string>;
  /** The address for `GET`, ranges included. */
  presignGet(key: string, expiresInS: number): Promise<string>;
  /** Begins an upload in parts; its id. */
  startParts(key: string): Promise<string>;
  /** The address for `PUT` of one part; the answer's `ETag` is needed for `completeParts`. */
  presignPart(
    key: string,
    uploadId: string,
    partNumber: number,
    expiresInS: number,
    bounds: SizeBounds,
  ): Promise<string>;
  /** Makes one object of all parts. */
  completeParts(key: string, uploadId: string, parts: readonly UploadedPart[]): Promise<void>;
  /** Forgets the parts. */
  abortParts(key: string, uploadId: string): Promise<void>;
  /** Size of an object in bytes, undefined if there is none. */
  size(key: string): Promise<number | undefined>;
  /** The bytes of an object from `start` to the exclusive `end`; undefined if there is no object. */
  read(key: string, range?: { start: number; end: number }): Promise<ByteStream | undefined>;
  /** Puts an object whole. */
  write(key: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Removes objects; nothing happens to those that are not there. */
  remove(keys: readonly string[]): Promise<void>;
  /**
   * The key of an address that this store gave out, or of a key itself, with or without
   * `s3://bucket/`; undefined for anything else. Miners report either.
   */
  keyOf(address: string): string | undefined;
}

/**
 * What the served store needs of a disk.
 *
 * @module
 */

import type { ByteStream } from "../../host.ts";
import type { UploadedPart } from "./object_store.ts";

/** An object that is there. */
export interface FoundObject {
  readonly sizeBytes: number;
  /** Names these bytes, without quotes. */
  readonly etag: string;
}

/** One part, before it is part of an object. */
export interface PartName {
  readonly key: string;
  readonly uploadId: string;
  /** From 1. */
  readonly partNumber: number;
}

/**
 * Objects as files. An object is there whole or not at all, whenever the process dies; a stream that
 * throws leaves nothing. Methods reject with WeftError where the disk does not do as it is told.
 */
export interface ObjectFiles {
  find(key: string): Promise<FoundObject | undefined>;
  /** The stream throws WeftError if the object is gone, or ends before `end`. */
  read(key: string, start: number, end: number): ByteStream;
  /**
   * Puts an object where none is, or where the same bytes are.
   * @returns its etag
   * @throws {StoreError} 412 if other bytes are there
   */
  create(key: string, content: ByteStream): Promise<string>;
  /** Puts an object, whatever was there. */
  replace(key: string, content: ByteStream): Promise<void>;
  /** Removes an object, if there is one. */
  remove(key: string): Promise<void>;
  /** Begins an upload in parts; its id. */
  startParts(key: string): Promise<string>;
  /**
   * Puts a part; one with the same number stays until it is known which is meant.
   * @returns its etag
   * @throws {StoreError} 404 if there is no such upload
   */
  writePart(name: PartName, content: ByteStream): Promise<string>;
  /**
   * Makes an object of parts, without copying them; done twice it is done once.
   * @throws {StoreError} 404 if there is no such upload, 400 for wrong parts, 412 if an object is there
   */
  completeParts(key: string, uploadId: string, parts: readonly UploadedPart[]): Promise<void>;
  /** Forgets the parts of an upload that is not complete. */
  abortParts(key: string, uploadId: string): Promise<void>;
}

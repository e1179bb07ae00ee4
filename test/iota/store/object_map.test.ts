/**
 * Objects in memory keep what a disk would keep: nobody's later changes, one object at a key.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { readBytes } from "../../../core/formats/byte_stream.ts";
import type { ByteStream } from "../../../core/host.ts";
import { ObjectMap } from "../../../core/iota/store/object_map.ts";
import { failureOf } from "../../harness/kept_log.ts";
import { pieces } from "./memory_files.ts";

function map(): ObjectMap {
  return new ObjectMap((length) => crypto.getRandomValues(new Uint8Array(length)));
}

async function text(content: ByteStream): Promise<string> {
  return new TextDecoder().decode(await readBytes(content, 1e6, "an object"));
}

async function* broken(): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  yield await Promise.resolve(new Uint8Array(3));
  throw new Error("cut off");
}

test("an object is found with its size, and read from any byte to any other", async () => {
  const objects = map();
  const etag = await objects.create("a", pieces("hel", "lo"));
  assert.deepInclude(await objects.find("a"), { sizeBytes: 5, etag });
  assert.equal(await text(objects.read("a", 0, 5)), "hello");
  assert.equal(await text(objects.read("a", 1, 3)), "el");
});

test("what is not there is not found, and reading it fails", async () => {
  const objects = map();
  assert.isUndefined(await objects.find("a"));
  assert.match(String(await failureOf(text(objects.read("a", 0, 1)))), /no object a/);
});

test("reading beyond the end fails instead of giving less", async () => {
  const objects = map();
  await objects.create("a", pieces("hello"));
  assert.match(String(await failureOf(text(objects.read("a", 0, 6)))), /of 6 bytes/);
});

test("a second object at a key is refused, the same bytes again are not", async () => {
  const objects = map();
  const etag = await objects.create("a", pieces("hello"));
  assert.equal(await objects.create("a", pieces("he", "llo")), etag);
  assert.match(String(await failureOf(objects.create("a", pieces("other")))), /another object/);
  assert.equal(await text(objects.read("a", 0, 5)), "hello");
});

test("an object may be replaced and removed", async () => {
  const objects = map();
  await objects.create("a", pieces("hello"));
  await objects.replace("a", pieces("other"));
  assert.equal(await text(objects.read("a", 0, 5)), "other");
  await objects.remove("a");
  await objects.remove("a");
  assert.isUndefined(await objects.find("a"));
});

test("memory that its writer uses again does not change an object", async () => {
  const objects = map();
  const own = new TextEncoder().encode("hello");
  const stream = async function* (): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
    yield await Promise.resolve(own);
  };
  await objects.create("a", stream());
  own.fill(0);
  assert.equal(await text(objects.read("a", 0, 5)), "hello");
});

test("who changes what it has read does not change the object", async () => {
  const objects = map();
  await objects.create("a", pieces("hello"));
  (await readBytes(objects.read("a", 0, 5), 10, "an object")).fill(0);
  assert.equal(await text(objects.read("a", 0, 5)), "hello");
});

test("content that breaks off leaves nothing, and what was there stays", async () => {
  const objects = map();
  await failureOf(objects.create("a", broken()));
  assert.isUndefined(await objects.find("a"));
  await objects.create("a", pieces("hello"));
  await failureOf(objects.replace("a", broken()));
  assert.equal(await text(objects.read("a", 0, 5)), "hello");
});

test("parts become one object in their order, and completing twice is as once", async () => {
  const objects = map();
  const uploadId = await objects.startParts("a");
  const second = await objects.writePart({ key: "a", uploadId, partNumber: 2 }, pieces("lo"));
  const first = await objects.writePart({ key: "a", uploadId, partNumber: 1 }, pieces("hel"));
  const parts = [{ partNumber: 1, etag: first }, { partNumber: 2, etag: second }];
  await objects.completeParts("a", uploadId, parts);
  await objects.completeParts("a", uploadId, parts);
  assert.equal(await text(objects.read("a", 0, 5)), "hello");
});

test("a part that was put twice counts as it is named", async () => {
  const objects = map();
  const uploadId = await objects.startParts("a");
  const name = { key: "a", uploadId, partNumber: 1 };
  const meant = await objects.writePart(name, pieces("meant"));
  await objects.writePart(name, pieces("other"));
  await objects.completeParts("a", uploadId, [{ partNumber: 1, etag: meant }]);
  assert.equal(await text(objects.read("a", 0, 5)), "meant");
});

test("a part under another number is not there, and nothing is completed", async () => {
  const objects = map();
  const uploadId = await objects.startParts("a");
  const etag = await objects.writePart({ key: "a", uploadId, partNumber: 1 }, pieces("hello"));
  const failure = await failureOf(objects.completeParts("a", uploadId, [{ partNumber: 2, etag }]));
  assert.match(String(failure), /part 2 is not there/);
  assert.isUndefined(await objects.find("a"));
});

test("an upload of another key, or one that was given up, takes no part", async () => {
  const objects = map();
  const uploadId = await objects.startParts("a");
  const part = (key: string): Promise<unknown> =>
    failureOf(objects.writePart({ key, uploadId, partNumber: 1 }, pieces("x")));
  assert.match(String(await part("b")), /no upload/);
  await objects.abortParts("a", uploadId);
  assert.match(String(await part("a")), /no upload/);
  assert.match(String(await failureOf(objects.abortParts("a", uploadId))), /no upload/);
});

test("an upload does not take the place of an object that came meanwhile", async () => {
  const objects = map();
  const uploadId = await objects.startParts("a");
  const etag = await objects.writePart({ key: "a", uploadId, partNumber: 1 }, pieces("late"));
  await objects.create("a", pieces("hello"));
  const failure = await failureOf(objects.completeParts("a", uploadId, [{ partNumber: 1, etag }]));
  assert.match(String(failure), /another object/);
  assert.equal(await text(objects.read("a", 0, 5)), "hello");
});

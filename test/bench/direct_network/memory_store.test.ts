/**
 * The store in memory.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { MemoryStore } from "../../../core/bench/direct_network/memory_store.ts";

test("get() gives the bytes that were put, as often as asked", async () => {
  const store = new MemoryStore();
  await store.put("a/b.pt", Uint8Array.of(1, 2, 3));
  for (let time = 0; time < 2; time++) {
    assert.deepEqual(await store.get("a/b.pt"), Uint8Array.of(1, 2, 3));
  }
});

test("put() replaces what is stored under the path", async () => {
  const store = new MemoryStore();
  await store.put("a", Uint8Array.of(1));
  await store.put("a", new Uint8Array());
  assert.deepEqual(await store.get("a"), new Uint8Array());
  assert.equal(store.size, 1);
});

test("get() of an unknown path is a RangeError that names it", async () => {
  const store = new MemoryStore();
  await store.put("a/b", Uint8Array.of(1));
  const error = await store.get("a").catch((error: unknown) => error);
  assert.instanceOf(error, RangeError);
  assert.match(String(error), /nothing is stored under a$/);
});

test("remove() forgets the bytes of one path, and does nothing twice", async () => {
  const store = new MemoryStore();
  await store.put("a", Uint8Array.of(1));
  await store.put("b", Uint8Array.of(2));
  await store.remove("a");
  await store.remove("a");
  assert.equal(store.size, 1);
  assert.instanceOf(await store.get("a").catch((error: unknown) => error), RangeError);
  assert.deepEqual(await store.get("b"), Uint8Array.of(2));
});

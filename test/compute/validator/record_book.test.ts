/**
 * A validator's book in a log of records: it outlasts a restart, and does not grow for ever.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import type { ChallengeRow } from "../../../core/compute/validator/challenge_book.ts";
import { RecordBook } from "../../../core/compute/validator/record_book.ts";
import { MemoryStorage } from "../../harness/memory_host.ts";

const LOG = "rows";

function row(unixMs: number, changes: Partial<ChallengeRow> = {}): ChallengeRow {
  return { uid: 1, hotkey: "one", success: true, elapsedS: 2, difficulty: 7, unixMs, ...changes };
}

function times(rows: readonly ChallengeRow[]): number[] {
  return rows.map(({ unixMs }) => unixMs);
}

test("the newest rows of a miner come first, those of others not at all", async () => {
  const book = await RecordBook.open(new MemoryStorage(), LOG);
  await book.add([row(1), row(2, { uid: 2, hotkey: "other" }), row(3), row(4)]);
  assert.deepEqual(times(await book.lastRows(1, "one", 2)), [4, 3]);
  assert.deepEqual(await book.lastRows(1, "other", 5), []);
});

test("a book that is opened again has the same rows", async () => {
  const storage = new MemoryStorage();
  await (await RecordBook.open(storage, LOG)).add([row(1), row(2, { success: false })]);
  const again = await RecordBook.open(storage, LOG);
  assert.deepEqual(await again.lastRows(1, "one", 5), [row(2, { success: false }), row(1)]);
});

test("what a row has beside what is kept is not written down", async () => {
  const storage = new MemoryStorage();
  const more = { ...row(1), reason: "secret" };
  await (await RecordBook.open(storage, LOG)).add([more]);
  assert.deepEqual(await storage.readRecords(LOG), [row(1)]);
});

test("hotkeys that are gone are forgotten, over a restart too", async () => {
  const storage = new MemoryStorage();
  const book = await RecordBook.open(storage, LOG);
  await book.add([row(1), row(2, { uid: 2, hotkey: "other" })]);
  await book.keepOnly(new Set(["other"]));
  assert.deepEqual(await book.lastRows(1, "one", 5), []);
  const again = await RecordBook.open(storage, LOG);
  assert.deepEqual(await again.lastRows(1, "one", 5), []);
  assert.deepEqual(times(await again.lastRows(2, "other", 5)), [2]);
});

test("records that cannot be read are passed over", async () => {
  const storage = new MemoryStorage();
  await storage.appendRecord(LOG, { uid: "x" });
  await storage.appendRecord(LOG, row(1));
  const book = await RecordBook.open(storage, LOG);
  assert.deepEqual(times(await book.lastRows(1, "one", 5)), [1]);
});

test("no more than 600 rows of a miner are kept, and the log is written anew in time", async () => {
  const storage = new MemoryStorage();
  const book = await RecordBook.open(storage, LOG);
  for (let at = 0; at < 1700; at++) await book.add([row(at)]);
  const rows = await book.lastRows(1, "one", 2000);
  assert.deepEqual([rows.length, rows[0].unixMs, rows[599].unixMs], [600, 1699, 1100]);
  // 600 that are kept, and at most 1,000 that are stale.
  assert.isAtMost((await storage.readRecords(LOG)).length, 1601);
});

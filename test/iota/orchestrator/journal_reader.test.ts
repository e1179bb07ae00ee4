import { assert } from "chai";
import { test } from "#test";
import { JournalReader } from "../../../core/iota/orchestrator/journal_reader.ts";
import { MemoryState } from "../../../core/iota/orchestrator/memory_state.ts";
import type { Journals } from "../../../core/iota/orchestrator/state.ts";

async function journalOf(count: number): Promise<Journals> {
  const { journals } = new MemoryState({ unixMs: () => 0 });
  for (let i = 1; i <= count; i++) await journals.append("j", i);
  return journals;
}

async function read(reader: JournalReader, limit: number): Promise<unknown[]> {
  return (await reader.readNew(limit)).map(({ value }) => value);
}

test("a long past is read piece by piece, nothing twice", async () => {
  const reader = new JournalReader(await journalOf(5), "j", Infinity);
  assert.deepEqual(
    [await read(reader, 2), await read(reader, 2), await read(reader, 2), await read(reader, 2)],
    [[1, 2], [3, 4], [5], []],
  );
});

test("a backlog is the end of the past", async () => {
  const reader = new JournalReader(await journalOf(5), "j", 2);
  assert.deepEqual(await read(reader, 100), [4, 5]);
});

test("after the backlog comes what is new", async () => {
  const journals = await journalOf(3);
  const reader = new JournalReader(journals, "j", 2);
  await read(reader, 100);
  await journals.append("j", "new");
  assert.deepEqual(await read(reader, 100), ["new"]);
});

test("an empty journal is read from its first entry on", async () => {
  const journals = await journalOf(0);
  const reader = new JournalReader(journals, "j", 2);
  assert.deepEqual(await read(reader, 100), []);
  for (const value of ["a", "b", "c"]) await journals.append("j", value);
  assert.deepEqual(await read(reader, 100), ["a", "b", "c"]);
});

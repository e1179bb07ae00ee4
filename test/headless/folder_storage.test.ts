import { test } from "#test";
import { assert } from "chai";
import { join } from "node:path";
import { WeftError } from "../../core/errors.ts";
import type { Storage } from "../../core/host.ts";
import { openFolderStorage } from "../../headless/folder_storage.ts";
import { namesIn, withTempFolder } from "./temp_folder.ts";

async function* chunksOf(...parts: number[][]): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (const part of parts) yield await Promise.resolve(Uint8Array.from(part));
}

async function readBlob(storage: Storage, name: string): Promise<number[] | undefined> {
  const blob = await storage.openBlob(name);
  if (!blob) return undefined;
  const bytes = await blob.read(0, blob.sizeBytes);
  blob.close();
  return [...bytes];
}

async function failure(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  assert.fail("nothing was thrown");
}

test("writeBlob() keeps the old blob and no rest when its source fails half way", async () => {
  await withTempFolder(async (dir) => {
    const storage = openFolderStorage(dir);
    await storage.writeBlob("state", chunksOf([1, 2]));
    async function* breaking(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
      yield await Promise.resolve(Uint8Array.of(9));
      throw new TypeError("device lost");
    }
    const error = await failure(storage.writeBlob("state", breaking()));
    assert.instanceOf(error, TypeError);
    assert.deepEqual(await readBlob(storage, "state"), [1, 2]);
    assert.deepEqual(namesIn(dir), ["state"]);
  });
});

test("writeBlob() does not show the new blob before it is whole", async () => {
  await withTempFolder(async (dir) => {
    const storage = openFolderStorage(dir);
    await storage.writeBlob("state", chunksOf([1]));
    async function* looking(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
      yield Uint8Array.of(8);
      assert.deepEqual(await readBlob(storage, "state"), [1]);
      yield Uint8Array.of(9);
    }
    await storage.writeBlob("state", looking());
    assert.deepEqual(await readBlob(storage, "state"), [8, 9]);
  });
});

test("writeBlob() tells in one line when the disk refuses", async () => {
  await withTempFolder(async (dir) => {
    const storage = openFolderStorage(dir);
    Deno.removeSync(dir, { recursive: true });
    const error = await failure(storage.writeBlob("state", chunksOf([1])));
    Deno.mkdirSync(dir);
    assert.instanceOf(error, WeftError);
    assert.include(error.message, "state could not be written");
  });
});

test("openFolderStorage() removes what a killed process was writing, and only that", async () => {
  await withTempFolder(async (dir) => {
    Deno.writeTextFileSync(join(dir, "state.tmp-4711"), "half");
    Deno.writeTextFileSync(join(dir, "state"), "whole");
    const storage = openFolderStorage(dir);
    assert.deepEqual(namesIn(dir), ["state"]);
    assert.equal((await readBlob(storage, "state"))?.length, 5);
  });
});

test("openBlob() gives undefined for a blob that is not there", async () => {
  await withTempFolder(async (dir) => {
    assert.isUndefined(await openFolderStorage(dir).openBlob("state"));
  });
});

test("an open blob reads its old bytes although it was replaced meanwhile", async () => {
  await withTempFolder(async (dir) => {
    const storage = openFolderStorage(dir);
    await storage.writeBlob("state", chunksOf([1, 2, 3]));
    const blob = await storage.openBlob("state");
    await storage.writeBlob("state", chunksOf([7]));
    assert.deepEqual([...await blob?.read(1, 2) ?? []], [2, 3]);
    blob?.close();
  });
});

test("an open blob serves reads at once without mixing their places", async () => {
  await withTempFolder(async (dir) => {
    const storage = openFolderStorage(dir);
    await storage.writeBlob("state", chunksOf([0, 1, 2, 3, 4, 5, 6, 7]));
    const blob = await storage.openBlob("state");
    if (!blob) assert.fail("no blob");
    const reads = await Promise.all([6, 0, 3].map((offset) => blob.read(offset, 2)));
    assert.deepEqual(reads.map((bytes) => [...bytes]), [[6, 7], [0, 1], [3, 4]]);
    blob.close();
  });
});

test("an open blob refuses to read past its end", async () => {
  await withTempFolder(async (dir) => {
    const storage = openFolderStorage(dir);
    await storage.writeBlob("state", chunksOf([1]));
    const blob = await storage.openBlob("state");
    assert.throws(() => void blob?.read(0, 2), RangeError);
    blob?.close();
  });
});

test("readRecords() leaves out a last line that a crash cut, even where it reads as JSON", async () => {
  await withTempFolder(async (dir) => {
    const storage = openFolderStorage(dir);
    for (const tail of ['{"step":', "12", "{}", "\0\0\0"]) {
      Deno.writeTextFileSync(join(dir, "log"), `{"step":1}\n${tail}`);
      assert.deepEqual(await storage.readRecords("log"), [{ step: 1 }], tail);
    }
  });
});

test("appendRecord() removes a cut line first, so that the new record is not joined to it", async () => {
  await withTempFolder(async (dir) => {
    Deno.writeTextFileSync(join(dir, "log"), '{"step":1}\n{"st');
    const storage = openFolderStorage(dir);
    await storage.appendRecord("log", { step: 2 });
    assert.deepEqual(await storage.readRecords("log"), [{ step: 1 }, { step: 2 }]);
  });
});

test("appendRecord() empties a log that holds nothing but a cut line", async () => {
  await withTempFolder(async (dir) => {
    Deno.writeTextFileSync(join(dir, "log"), '{"st');
    const storage = openFolderStorage(dir);
    await storage.appendRecord("log", 1);
    assert.equal(Deno.readTextFileSync(join(dir, "log")), "1\n");
  });
});

test("appendRecord() keeps line breaks of a text inside its line", async () => {
  await withTempFolder(async (dir) => {
    const storage = openFolderStorage(dir);
    await storage.appendRecord("log", { text: "a\nb\u2028c" });
    assert.deepEqual(await storage.readRecords("log"), [{ text: "a\nb\u2028c" }]);
  });
});

test("readRecords() names the file and line of a broken record that is not the last", async () => {
  await withTempFolder(async (dir) => {
    Deno.writeTextFileSync(join(dir, "log"), "1\n{broken\n3\n");
    const error = await failure(openFolderStorage(dir).readRecords("log"));
    assert.instanceOf(error, WeftError);
    assert.match(error.message, /line 2 of .*log/);
  });
});

test("readRecords() gives no records of a log that is not there", async () => {
  await withTempFolder(async (dir) => {
    assert.deepEqual(await openFolderStorage(dir).readRecords("log"), []);
  });
});

test("replaceRecords() replaces a log, and records may follow", async () => {
  await withTempFolder(async (dir) => {
    const storage = openFolderStorage(dir);
    for (const record of [1, 2, 3]) await storage.appendRecord("log", record);
    await storage.replaceRecords("log", [1]);
    await storage.appendRecord("log", 4);
    assert.deepEqual(await storage.readRecords("log"), [1, 4]);
    assert.deepEqual(namesIn(dir), ["log"]);
  });
});

test("names that lead out of the folder, or into what is being written, are refused", async () => {
  await withTempFolder(async (dir) => {
    const storage = openFolderStorage(dir);
    for (const name of ["", ".", "..", "../x", "a/b", "a\\b", "/x", ".env", "a\0", "a.tmp-1"]) {
      const error = await failure(storage.openBlob(name));
      assert.instanceOf(error, RangeError, name);
    }
  });
});

import { test } from "#test";
import { assert } from "chai";
import { join } from "node:path";
import { WeftError } from "../../core/errors.ts";
import { Refusal } from "../../core/iota/api/service.ts";
import type { UploadedPart } from "../../core/iota/store/object_store.ts";
import type { ServedStore } from "../../core/iota/store/served_store.ts";
import { type DiskStoreOptions, openDiskStore } from "../../headless/disk_store.ts";
import { failureOf, KeptLog } from "../harness/kept_log.ts";
import { FakeTime } from "../iota/fake_time.ts";
import { pieces, put, requestOf, send } from "../iota/store/memory_files.ts";
import { namesIn, withTempFolder } from "./temp_folder.ts";

const KEY = "weights/hotkey/1/0/a.pt";
const BOUNDS = { minBytes: 1, maxBytes: 1e7 };
const DAY_MS = 24 * 3_600_000;
/** The disk's own clock is the machine's. */
const now = (): FakeTime => new FakeTime(Date.now());

function open(dir: string, options: Partial<DiskStoreOptions> = {}): Promise<ServedStore> {
  const [publicUrl, wallClock, log] = ["http://store.test", now(), new KeptLog()] as const;
  return openDiskStore(dir, { publicUrl, wallClock, log, syncs: false, ...options });
}

async function textOf(store: ServedStore, key = KEY): Promise<string | undefined> {
  const stream = await store.read(key);
  return stream && (await Array.fromAsync(stream, (piece) => new TextDecoder().decode(piece)))
    .join("");
}

function write(store: ServedStore, text: string, key = KEY): Promise<void> {
  return store.write(key, new TextEncoder().encode(text));
}

/** Puts parts; what their answers said of them. */
async function putParts(
  store: ServedStore,
  uploadId: string,
  texts: readonly string[],
): Promise<UploadedPart[]> {
  const parts: UploadedPart[] = [];
  for (const [at, text] of texts.entries()) {
    const url = await store.presignPart(KEY, uploadId, at + 1, 60, BOUNDS);
    const { status, headers } = await put(store, url, text);
    assert.equal(status, 200);
    parts.push({ partNumber: at + 1, etag: headers.etag.replaceAll('"', "") });
  }
  return parts;
}

/** Each file below a folder. */
function filesIn(dir: string): string[] {
  return namesIn(dir).flatMap((name) =>
    Deno.statSync(join(dir, name)).isDirectory
      ? filesIn(join(dir, name)).map((each) => `${name}/${each}`)
      : [name]
  );
}

test("an object outlasts the store, and so does the address of it", async () => {
  await withTempFolder(async (dir) => {
    const first = await open(dir, { syncs: true });
    const url = await first.presignGet(KEY, 60);
    await put(first, await first.presignPut(KEY, 60, BOUNDS), "hello");
    const second = await open(dir);
    assert.equal(await second.size(KEY), 5);
    assert.deepInclude(await send(second, { url }), { status: 200, text: "hello" });
  });
});

test("an upload that breaks off leaves no file, large or small", async () => {
  await withTempFolder(async (dir) => {
    const store = await open(dir);
    const url = await store.presignPut(KEY, 60, BOUNDS);
    for (const size of [3, 3_000_000]) {
      const headers = { "content-length": `${size + 1}` };
      const body = pieces("x".repeat(size));
      assert.equal((await send(store, { method: "PUT", url, headers, body })).status, 400);
    }
    assert.deepEqual(filesIn(dir), ["secret"]);
    assert.isUndefined(await store.size(KEY));
  });
});

test("an object is not there before it is whole", async () => {
  await withTempFolder(async (dir) => {
    const store = await open(dir);
    const seen: unknown[] = [];
    async function* looking(): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
      yield* pieces("x".repeat(1_000_000));
      seen.push(await store.size(KEY));
      yield* pieces("y");
    }
    const url = await store.presignPut(KEY, 60, BOUNDS);
    const headers = { "content-length": "1000001" };
    await send(store, { method: "PUT", url, headers, body: looking() });
    assert.deepEqual(seen, [undefined]);
    assert.equal(await store.size(KEY), 1_000_001);
  });
});

test("large contents come back byte for byte, whole and in ranges across the pieces", async () => {
  await withTempFolder(async (dir) => {
    const store = await open(dir, { syncs: true });
    const bytes = Uint8Array.from({ length: 3_500_001 }, (_, at) => (at * 31 + (at >> 8)) & 255);
    await store.write(KEY, bytes);
    for (
      const [start, end] of [[0, bytes.length], [1_048_575, 2_097_153], [3_500_000, 3_500_001]]
    ) {
      const stream = await store.read(KEY, { start, end });
      const got = await Array.fromAsync(stream ?? pieces());
      let at = start;
      for (const piece of got) {
        assert.isTrue(piece.every((byte, offset) => byte === bytes[at + offset]), `at ${at}`);
        at += piece.length;
      }
      assert.equal(at, end);
    }
  });
});

test("an object that was looked at is not exchanged by its address", async () => {
  await withTempFolder(async (dir) => {
    const store = await open(dir);
    const url = await store.presignPut(KEY, 60, BOUNDS);
    const first = await put(store, url, "hello");
    const again = await put(store, url, "hello");
    assert.deepEqual([again.status, again.headers.etag], [200, first.headers.etag]);
    for (const other of ["HELLO", "hello!", ""]) {
      assert.isAtLeast((await put(store, url, other)).status, 400, other);
    }
    assert.equal(await textOf(store), "hello");
  });
});

test("of two that put at once, one stays", async () => {
  await withTempFolder(async (dir) => {
    const store = await open(dir);
    const url = await store.presignPut(KEY, 60, BOUNDS);
    const texts = ["first", "other"];
    const answered = await Promise.all(texts.map((text) => put(store, url, text)));
    assert.deepEqual(answered.map(({ status }) => status).toSorted(), [200, 412]);
    const winner = answered.findIndex(({ status }) => status === 200);
    assert.equal(await textOf(store), texts[winner]);
  });
});

test("write() replaces what is there, with one ETag for one content", async () => {
  await withTempFolder(async (dir) => {
    const store = await open(dir);
    const etag = async (): Promise<string> => {
      const url = await store.presignGet(KEY, 60);
      return (await send(store, { method: "HEAD", url })).headers.etag;
    };
    await write(store, "one");
    const first = await etag();
    assert.equal(await etag(), first);
    await write(store, "two");
    assert.equal(await textOf(store), "two");
    assert.notEqual(await etag(), first);
  });
});

test("a name may be that of an object and of a folder with objects", async () => {
  await withTempFolder(async (dir) => {
    const store = await open(dir);
    for (const key of ["a/b", "a/b/c", "a"]) await write(store, key, key);
    for (const key of ["a/b", "a/b/c", "a"]) assert.equal(await textOf(store, key), key);
  });
});

test("remove() leaves no empty folder, and what is beside it", async () => {
  await withTempFolder(async (dir) => {
    const store = await open(dir);
    await write(store, "1", "activations/u/0/forward/a.pt");
    await write(store, "2", "activations/u/1/forward/a.pt");
    await store.remove(["activations/u/0/forward/a.pt", "activations/u/9/forward/a.pt"]);
    assert.deepEqual(filesIn(join(dir, "objects")), ["activations/u/1/forward/a.pt~"]);
    assert.deepEqual(namesIn(join(dir, "objects", "activations", "u")), ["1"]);
    await store.remove(["activations/u/1/forward/a.pt"]);
    assert.deepEqual(namesIn(join(dir, "objects")), []);
  });
});

test("objects are put while their folder is being removed as empty", async () => {
  await withTempFolder(async (dir) => {
    const store = await open(dir);
    await Promise.all(Array.from({ length: 40 }, async (_, at) => {
      await write(store, "x", `u/f/${at}`);
      await store.remove([`u/f/${at}`]);
    }));
    assert.deepEqual(namesIn(join(dir, "objects")), []);
  });
});

test("parts become one object, in order, without a second copy", async () => {
  await withTempFolder(async (dir) => {
    const store = await open(dir);
    const uploadId = await store.startParts(KEY);
    const parts = await putParts(store, uploadId, ["abc", "defg", "h"]);
    assert.isUndefined(await store.size(KEY));
    await store.completeParts(KEY, uploadId, parts);
    assert.equal(await store.size(KEY), 8);
    assert.equal(await textOf(store), "abcdefgh");
    const url = await store.presignGet(KEY, 60);
    const got = await send(store, { url, headers: { range: "bytes=2-7" } });
    assert.deepInclude(got, { status: 206, text: "cdefgh" });
    assert.lengthOf(filesIn(join(dir, "joined")), 4, "three parts and the key");
  });
});

test("an upload in parts goes on when the store was opened anew", async () => {
  await withTempFolder(async (dir) => {
    const first = await open(dir);
    const uploadId = await first.startParts(KEY);
    const [one] = await putParts(first, uploadId, ["abc"]);
    const second = await open(dir);
    const url = await second.presignPart(KEY, uploadId, 2, 60, BOUNDS);
    const etag = (await put(second, url, "def")).headers.etag.replaceAll('"', "");
    await second.completeParts(KEY, uploadId, [one, { partNumber: 2, etag }]);
    assert.equal(await textOf(await open(dir)), "abcdef");
  });
});

test("a part that was sent twice counts as it was answered last", async () => {
  await withTempFolder(async (dir) => {
    const store = await open(dir);
    const uploadId = await store.startParts(KEY);
    const [old] = await putParts(store, uploadId, ["abc"]);
    const [last] = await putParts(store, uploadId, ["xyz"]);
    assert.instanceOf(await failureOf(store.completeParts(KEY, uploadId, [old])), Refusal);
    await store.completeParts(KEY, uploadId, [last]);
    assert.equal(await textOf(store), "xyz");
  });
});

test("parts that are missing, out of order or made up make no object, and can be mended", async () => {
  await withTempFolder(async (dir) => {
    const store = await open(dir);
    const uploadId = await store.startParts(KEY);
    const parts = await putParts(store, uploadId, ["abc", "def"]);
    const wrong: UploadedPart[][] = [
      [],
      [parts[1], parts[0]],
      [parts[0], parts[0]],
      [parts[0], { partNumber: 2, etag: parts[0].etag }],
      [...parts, { partNumber: 3, etag: parts[0].etag }],
      [{ partNumber: 1, etag: "../../secret" }],
      [{ partNumber: -1, etag: parts[0].etag }],
    ];
    for (const each of wrong) {
      const failure = await failureOf(store.completeParts(KEY, uploadId, each));
      assert.instanceOf(failure, Refusal, JSON.stringify(each));
    }
    assert.isUndefined(await store.size(KEY));
    await store.completeParts(KEY, uploadId, parts);
    assert.equal(await textOf(store), "abcdef");
  });
});

test("completing twice is as once, after a lost answer too", async () => {
  await withTempFolder(async (dir) => {
    const store = await open(dir);
    const uploadId = await store.startParts(KEY);
    const parts = await putParts(store, uploadId, ["abc", "def"]);
    const both = [1, 2].map(() => store.completeParts(KEY, uploadId, parts));
    await Promise.all(both);
    await (await open(dir)).completeParts(KEY, uploadId, parts);
    assert.equal(await textOf(store), "abcdef");
  });
});

test("no part comes in any more once the object is there", async () => {
  await withTempFolder(async (dir) => {
    const store = await open(dir);
    const uploadId = await store.startParts(KEY);
    const url = await store.presignPart(KEY, uploadId, 1, 60, BOUNDS);
    // This one is half in when the other completes.
    let completed = (): void => {};
    const isComplete = new Promise<void>((resolve) => completed = resolve);
    async function* late(): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
      yield* pieces("B");
      await isComplete;
      yield* pieces("AD");
    }
    const headers = { "content-length": "3" };
    const lateAnswer = send(store, { method: "PUT", url, headers, body: late() });
    await store.completeParts(KEY, uploadId, await putParts(store, uploadId, ["abc"]));
    completed();
    assert.equal((await lateAnswer).status, 404);
    assert.equal((await put(store, url, "BAD")).status, 404);
    assert.equal(await textOf(store), "abc");
  });
});

test("an upload is for one key, and ids that were not given are none", async () => {
  await withTempFolder(async (dir) => {
    const store = await open(dir);
    const uploadId = await store.startParts(KEY);
    const parts = await putParts(store, uploadId, ["abc"]);
    for (const id of ["../parts", "", "a".repeat(32), "../../secret"]) {
      const url = await store.presignPart(KEY, id, 1, 60, BOUNDS);
      assert.equal((await put(store, url, "x")).status, 404, id);
      assert.instanceOf(await failureOf(store.completeParts(KEY, id, parts)), Refusal, id);
    }
    const other = "weights/other/1/0/a.pt";
    assert.instanceOf(await failureOf(store.completeParts(other, uploadId, parts)), Refusal);
    assert.instanceOf(await failureOf(store.abortParts(other, uploadId)), Refusal);
    const url = await store.presignPart(other, uploadId, 1, 60, BOUNDS);
    assert.equal((await put(store, url, "x")).status, 404);
  });
});

test("abortParts() forgets the parts, but not an object that they became", async () => {
  await withTempFolder(async (dir) => {
    const store = await open(dir);
    const gone = await store.startParts(KEY);
    const parts = await putParts(store, gone, ["abc"]);
    await store.abortParts(KEY, gone);
    assert.deepEqual(namesIn(join(dir, "parts")), []);
    assert.instanceOf(await failureOf(store.completeParts(KEY, gone, parts)), Refusal);
    const kept = await store.startParts(KEY);
    await store.completeParts(KEY, kept, await putParts(store, kept, ["def"]));
    assert.instanceOf(await failureOf(store.abortParts(KEY, kept)), Refusal);
    assert.equal(await textOf(store), "def");
  });
});

test("parts take no object's place, and an object takes none of parts'", async () => {
  await withTempFolder(async (dir) => {
    const store = await open(dir);
    const uploadId = await store.startParts(KEY);
    const parts = await putParts(store, uploadId, ["abc"]);
    const url = await store.presignPut(KEY, 60, BOUNDS);
    await put(store, url, "hello");
    assert.instanceOf(await failureOf(store.completeParts(KEY, uploadId, parts)), Refusal);
    assert.equal(await textOf(store), "hello");
    await store.remove([KEY]);
    await store.completeParts(KEY, uploadId, parts);
    assert.equal((await put(store, url, "hello")).status, 412);
    assert.equal((await put(store, url, "abc")).status, 200, "the same bytes");
    await write(store, "new");
    assert.equal(await textOf(store), "new");
    assert.deepEqual(namesIn(join(dir, "joined")), []);
  });
});

test("remove() removes an object in parts with its files", async () => {
  await withTempFolder(async (dir) => {
    const store = await open(dir);
    const uploadId = await store.startParts(KEY);
    await store.completeParts(KEY, uploadId, await putParts(store, uploadId, ["abc", "def"]));
    await store.remove([KEY]);
    assert.deepEqual(filesIn(dir), ["secret"]);
  });
});

test("what crashes and quitters left is removed after a day, and not before", async () => {
  await withTempFolder(async (dir) => {
    const time = now();
    const store = await open(dir, { wallClock: time });
    await putParts(store, await store.startParts("a/quit"), []);
    const done = await store.startParts(KEY);
    await store.completeParts(KEY, done, await putParts(store, done, ["abc"]));
    await Deno.writeTextFile(join(dir, "aside", "crash"), "half of it");
    await Deno.mkdir(join(dir, "joined", "0".repeat(32)));
    const left = (): number[] =>
      ["parts", "aside", "joined"].map((at) => namesIn(join(dir, at)).length);
    await open(dir, { wallClock: time });
    assert.deepEqual(left(), [1, 1, 2]);
    time.skew(DAY_MS + 3_600_000);
    await store.startParts("a/new");
    assert.deepEqual(left(), [1, 0, 1]);
    assert.equal(await textOf(store), "abc");
  });
});

test("several processes that open one folder at once have one secret", async () => {
  await withTempFolder(async (dir) => {
    const stores = await Promise.all(Array.from({ length: 5 }, () => open(join(dir, "new"))));
    await write(stores[0], "hello");
    const url = await stores[1].presignGet(KEY, 60);
    for (const store of stores) assert.equal((await send(store, { url })).status, 200);
  });
});

test("the secret is the owner's alone, and a cut one is refused in one line", async () => {
  await withTempFolder(async (dir) => {
    await open(dir);
    const path = join(dir, "secret");
    if (Deno.build.os !== "windows") assert.equal((Deno.statSync(path).mode ?? 0) & 0o777, 0o600);
    Deno.writeFileSync(path, new Uint8Array(5));
    const failure = await failureOf(open(dir));
    assert.instanceOf(failure, WeftError);
    assert.match(failure.message, /has 5 bytes, expected 32: remove it/);
  });
});

test("a disk that refuses is told in one line", async () => {
  await withTempFolder(async (dir) => {
    const path = join(dir, "file");
    Deno.writeTextFileSync(path, "not a folder");
    const failure = await failureOf(open(path));
    assert.instanceOf(failure, WeftError);
    assert.match(failure.message, /^the object store in .*file failed: /);
    assert.notInclude(failure.message, "\n");
  });
});

test("a reader whose object is removed is told so, and one who leaves early keeps nothing open", async () => {
  await withTempFolder(async (dir) => {
    const store = await open(dir);
    await store.write(KEY, new Uint8Array(3_000_000));
    const gone = await store.read(KEY);
    for await (const piece of await store.read(KEY) ?? pieces()) {
      assert.isAbove(piece.length, 0);
      break;
    }
    await store.remove([KEY]);
    const failure = await failureOf(Array.fromAsync(gone ?? pieces()));
    assert.instanceOf(failure, WeftError);
    assert.include(failure.message, "was removed");
  });
});

test("a request that nobody reads the answer of holds no file open", async () => {
  await withTempFolder(async (dir) => {
    const store = await open(dir);
    await write(store, "hello");
    // Deno's tests fail for a file that is still open at the end.
    const response = await store.handle(requestOf({ url: await store.presignGet(KEY, 60) }));
    assert.equal(response?.status, 200);
  });
});

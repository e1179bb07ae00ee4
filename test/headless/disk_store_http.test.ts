/**
 * The disk store behind a real listener, with miners' uploads and downloads.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { join } from "node:path";
import { readBytes } from "../../core/formats/byte_stream.ts";
import type { Http } from "../../core/host.ts";
import { download } from "../../core/iota/transfer/download.ts";
import { ExpiredError } from "../../core/iota/transfer/tries.ts";
import { Uploader } from "../../core/iota/transfer/upload.ts";
import type { ServedStore } from "../../core/iota/store/served_store.ts";
import { processClock } from "../../headless/deno_host.ts";
import { openDiskStore } from "../../headless/disk_store.ts";
import { nodeHttp } from "../../headless/node_http.ts";
import { serveInProcess } from "../bench/store/serve.ts";
import { failureOf, KeptLog } from "../harness/kept_log.ts";
import { FakeTime } from "../iota/fake_time.ts";
import { countingBytes } from "../iota/transfer/scripted_http.ts";
import { StoreApi } from "../iota/transfer/store_api.ts";
import { bareConnection, readAll, withServer } from "./http_setup.ts";
import { namesIn, withTempFolder } from "./temp_folder.ts";

const KEY = "weights/hotkey/1/0/a.pt";
const MIB = 1024 ** 2;

/** A store in a folder, served below `/store`, and a client. */
interface Served {
  readonly store: ServedStore;
  readonly http: Http;
  readonly time: FakeTime;
  readonly dir: string;
  readonly log: KeptLog;
  readonly port: number;
}

async function withServed(work: (served: Served) => Promise<void>): Promise<void> {
  await withTempFolder(async (dir) => {
    const [http, time] = [nodeHttp(), new FakeTime(Date.now())];
    const handler = (request: Parameters<ServedStore["handle"]>[0]) =>
      store.handle(request) ?? Promise.reject(new Error("not the store's"));
    let store: ServedStore;
    await withServer(handler, async ({ url, port }, log) => {
      const options = { publicUrl: `${url}/store`, wallClock: time, log, syncs: false };
      store = await openDiskStore(dir, options);
      try {
        await work({ store, http, time, dir, log, port });
      } finally {
        http.close();
      }
    });
  });
}

const CLIENT = { clock: processClock, log: new KeptLog(), maxBytes: 100 * MIB };

function uploader({ store, http }: Served, form = false): Uploader {
  const { clock, log } = CLIENT;
  return new Uploader({ client: new StoreApi(store, form), http, clock, log, partBytes: 5 * MIB });
}

/** Turns of the event loop until something is so. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 0));
}

function assertSame(actual: Uint8Array, expected: Uint8Array): void {
  assert.equal(actual.length, expected.length);
  assert.isTrue(actual.every((byte, at) => byte === expected[at]));
}

test("small objects go up in one piece, by PUT and by form, and come down", async () => {
  await withServed(async (served) => {
    for (const [key, form] of [["activations/u/0/forward/a.pt", false], [KEY, true]] as const) {
      const bytes = countingBytes(100_001);
      assert.equal(await uploader(served, form).upload(key, bytes), key);
      assertSame(
        await download(served.http, await served.store.presignGet(key, 60), CLIENT),
        bytes,
      );
    }
  });
});

test("large objects go up in parts, and come down in ranges", async () => {
  await withServed(async (served) => {
    const bytes = countingBytes(12 * MIB + 3);
    const path = await uploader(served).upload(KEY, bytes);
    assert.equal(served.store.keyOf(path), KEY);
    const url = await served.store.presignGet(KEY, 60);
    assertSame(await download(served.http, url, CLIENT), bytes);
    const range = { start: 5 * MIB - 2, end: 10 * MIB + 1 };
    assertSame(
      await download(served.http, url, { ...CLIENT, range }),
      bytes.subarray(range.start, range.end),
    );
    assert.deepEqual(namesIn(join(served.dir, "parts")), []);
  });
});

test("an address that has expired meanwhile is told as that", async () => {
  await withServed(async ({ store, http, time }) => {
    await store.write(KEY, new Uint8Array(10));
    const url = await store.presignGet(KEY, 60);
    time.skew(61_000);
    assert.instanceOf(await failureOf(download(http, url, CLIENT)), ExpiredError);
  });
});

test("an upload whose client goes away in the middle leaves nothing, and nobody is blamed", async () => {
  await withServed(async ({ store, dir, log, port }) => {
    const bounds = { minBytes: 1, maxBytes: 10 * MIB };
    const { pathname, search } = new URL(await store.presignPut(KEY, 60, bounds));
    const head = `PUT ${pathname}${search} HTTP/1.1\r\nhost: a\r\ncontent-length: ${MIB}\r\n\r\n`;
    const socket = bareConnection(port, head + "x".repeat(1000));
    await until(() => namesIn(join(dir, "aside")).length > 0);
    socket.destroy();
    await until(() => namesIn(join(dir, "aside")).length === 0);
    assert.isUndefined(await store.size(KEY));
    assert.lengthOf(log.lines.filter((line) => line.startsWith("error")), 0);
  });
});

test("a client that goes away while it downloads leaves no file open", async () => {
  await withServed(async ({ store, http }) => {
    await store.write(KEY, new Uint8Array(8 * MIB));
    const { body } = await http({ method: "GET", url: await store.presignGet(KEY, 60) });
    for await (const piece of body) {
      assert.isAbove(piece.length, 0);
      break;
    }
  });
});

test("who asks in a way that no object has gets an answer that says so", async () => {
  await withServed(async ({ port }) => {
    const asked =
      "GET /store/iota/..%2f..%2fsecret HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    const answered = await readAll(bareConnection(port, asked));
    assert.match(answered, /^HTTP\/1\.1 404 /);
    assert.include(answered, "<Code>NoSuchKey</Code>");
  });
});

test("a store that is killed in the middle of an upload has what it answered, and nothing else", async () => {
  await withTempFolder(async (dir) => {
    const { served, stop } = await serveInProcess({ dir, syncs: false, maxBytes: MIB });
    const http = nodeHttp();
    const bytes = countingBytes(MIB);
    const { status, body } = await http({ method: "PUT", url: served.putUrl, body: bytes });
    await Array.fromAsync(body);
    assert.equal(status, 200);
    const { port, pathname, search } = new URL(served.putUrl);
    const head = `PUT ${pathname}${search} HTTP/1.1\r\nhost: a\r\ncontent-length: ${MIB}\r\n\r\n`;
    bareConnection(Number(port), head + "x".repeat(1000));
    await until(() => namesIn(join(dir, "aside")).length > 0);
    await stop();
    http.close();
    const options = { publicUrl: served.putUrl.split("/iota/")[0], wallClock: new FakeTime() };
    const store = await openDiskStore(dir, { ...options, log: new KeptLog() });
    const key = store.keyOf(served.putUrl) ?? "";
    assertSame(
      await readBytes(await store.read(key) ?? assert.fail("it is gone"), 2 * MIB, "it"),
      bytes,
    );
    assert.deepEqual(namesIn(join(dir, "joined")), []);
  });
});

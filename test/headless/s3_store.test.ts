import { test } from "#test";
import { assert } from "chai";
import { UsageError, WeftError } from "../../core/errors.ts";
import { readBytes } from "../../core/formats/byte_stream.ts";
import type { Http } from "../../core/host.ts";
import { Refusal } from "../../core/iota/api/service.ts";
import type { ObjectStore } from "../../core/iota/store/object_store.ts";
import { download, ExpiredError } from "../../core/iota/transfer/download.ts";
import { processClock, processWallClock } from "../../headless/deno_host.ts";
import { nodeHttp } from "../../headless/node_http.ts";
import { openS3Store } from "../../headless/s3_store.ts";
import { failureOf, KeptLog } from "../harness/kept_log.ts";
import { FakeTime } from "../iota/fake_time.ts";
import { type Scripted, ScriptedHttp } from "../iota/transfer/scripted_http.ts";
import { S3RVER_CREDENTIALS, withS3Server } from "./s3_server.ts";

const KEY = "activations/1b4e28ba-2fa1-11d2-883f-0016d3cca427/0/forward/a.pt";
const BOUNDS = { minBytes: 1, maxBytes: 1e9 };
const R2 = "s3://iota?endpoint=https://abc.r2.cloudflarestorage.com&region=auto";
const EXAMPLE = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG" };
const PART_BYTES = 5 * 1024 ** 2;

/** A store whose server answers as it is told. */
function scripted(
  ...script: Scripted[]
): { store: ObjectStore; server: ScriptedHttp; time: FakeTime; log: KeptLog } {
  const [server, time, log] = [new ScriptedHttp(script), new FakeTime(), new KeptLog()];
  const host = { http: server.http, clock: time, wallClock: time, log };
  return { store: openS3Store(R2, EXAMPLE, host), server, time, log };
}

/** Lets time pass until the work is done. */
async function passing<Result>(time: FakeTime, work: Promise<Result>): Promise<Result> {
  let isDone = false;
  const done = (): void => void (isDone = true);
  work.then(done, done);
  while (!isDone) await time.pass(30_000);
  return await work;
}

/** A store at a real server. */
async function withStore(
  work: (store: ObjectStore, http: Http) => Promise<void>,
): Promise<void> {
  await withS3Server("iota", async (endpoint) => {
    const http = nodeHttp();
    const host = { http, clock: processClock, wallClock: processWallClock, log: new KeptLog() };
    try {
      await work(openS3Store(`s3://iota?endpoint=${endpoint}`, S3RVER_CREDENTIALS, host), http);
    } finally {
      http.close();
    }
  });
}

function get(http: Http, url: string, range?: { start: number; end: number }): Promise<Uint8Array> {
  const options = { clock: processClock, log: new KeptLog(), maxBytes: 1e9 };
  return download(http, url, { ...options, ...range && { range } });
}

/** Puts bytes as a client does; the ETag. */
async function put(http: Http, url: string, body: Uint8Array<ArrayBuffer>): Promise<string> {
  const { status, headers, body: answer } = await http({ method: "PUT", url, body });
  await Array.fromAsync(answer);
  assert.equal(status, 200);
  return (headers.get("etag") ?? "").replaceAll('"', "");
}

test("addresses are those that boto3 signs", async () => {
  // Made by boto3 1.43.107 at the time of FakeTime, with path addressing and s3v4.
  const { store } = scripted();
  const urls = [
    [
      await store.presignGet(KEY, 3600),
      "3c35779b4a221a9f01930001ab0ac3d19e943008a987e82e45c49de658e39936",
    ],
    [
      await store.presignPut(KEY, 3600, BOUNDS),
      "3ae50eeb45f2842ce0af2426c9db72b36397967aa2819c222c688721c5c0f08c",
    ],
    [
      await store.presignPart(KEY, "2~abc+/=", 3, 3600, BOUNDS),
      "97ef71c9317418eca02bd81dd2a58d58b635956010053ae21c7eaf1419f5ef22",
    ],
  ];
  for (const [text, signature] of urls) {
    const url = new URL(text);
    assert.equal(url.origin + url.pathname, `https://abc.r2.cloudflarestorage.com/iota/${KEY}`);
    assert.deepInclude(Object.fromEntries(url.searchParams), {
      "X-Amz-Credential": "AKIAEXAMPLE/20261123/auto/s3/aws4_request",
      "X-Amz-Date": "20261123T070000Z",
      "X-Amz-Expires": "3600",
      "X-Amz-SignedHeaders": "host",
      "X-Amz-Signature": signature,
    });
    assert.notInclude(url.search, "/", "the published miner takes keys apart by it");
    assert.equal(store.keyOf(text), KEY);
  }
});

test("openS3Store() refuses what names no store, in one line", () => {
  const { http } = new ScriptedHttp([]);
  const host = { http, clock: new FakeTime(), wallClock: new FakeTime(), log: new KeptLog() };
  const wrong = [
    "s3://",
    "s3://UPPER",
    "s3://a/prefix",
    "s3://iota?endpoint=ftp://a",
    "s3://iota?endpoint=abc",
    "s3://iota?endpoint=https://a?b",
    "s3://iota?endpont=https://a",
    "https://iota",
  ];
  for (const address of wrong) {
    assert.throws(() => openS3Store(address, EXAMPLE, host), UsageError, /expected s3:/, address);
  }
});

test("without an endpoint it is Amazon's of the region", async () => {
  const { http } = new ScriptedHttp([]);
  const host = { http, clock: new FakeTime(), wallClock: new FakeTime(), log: new KeptLog() };
  const url = await openS3Store("s3://iota?region=eu-west-1", EXAMPLE, host).presignGet(KEY, 60);
  assert.match(url, /^https:\/\/s3\.eu-west-1\.amazonaws\.com\/iota\/activations\//);
});

test("a store that fails for a moment is asked again, with a new signature", async () => {
  const { store, server, time, log } = scripted(
    { status: 503, body: "<Error><Code>SlowDown</Code><Message>Reduce</Message></Error>" },
    new WeftError("no connection"),
    { status: 200, headers: { "content-length": "7" } },
  );
  assert.equal(await passing(time, store.size(KEY)), 7);
  assert.lengthOf(server.asked, 3);
  assert.equal(new Set(server.asked.map(({ url }) => url)).size, 3);
  assert.include(log.lines[0], "503 (SlowDown, Reduce)");
});

test("a store that hangs is given up, and its silence told", async () => {
  const { store, time } = scripted("hang");
  const failure = await passing(time, failureOf(store.size(KEY)));
  assert.instanceOf(failure, WeftError);
  assert.include(failure.message, "60 s were too short");
});

test("wrong credentials are told at once, with what to look at, and not the secret", async () => {
  const { store, server } = scripted({ status: 403, body: "<Code>InvalidAccessKeyId</Code>" });
  const failure = await failureOf(store.size(KEY));
  assert.instanceOf(failure, WeftError);
  assert.notInstanceOf(failure, ExpiredError);
  assert.include(failure.message, "AWS_ACCESS_KEY_ID");
  assert.notInclude(failure.message, EXAMPLE.secretAccessKey);
  assert.lengthOf(server.asked, 1);
});

test("an error within an answer of 200 makes no object", async () => {
  const body = "<Error><Code>InternalError</Code></Error>";
  const { store } = scripted({ status: 200, body });
  const failure = await failureOf(store.completeParts(KEY, "id", [{ partNumber: 1, etag: "a" }]));
  assert.instanceOf(failure, WeftError);
  assert.include(failure.message, "InternalError");
});

test("parts that the store does not take are refused to who named them", async () => {
  const { store, server } = scripted({ status: 400, body: "<Code>InvalidPart</Code>" });
  const parts = [{ partNumber: 1, etag: 'a"</ETag>&' }];
  const failure = await failureOf(store.completeParts(KEY, "id", parts));
  assert.instanceOf(failure, Refusal);
  assert.equal(failure.status, 400);
  const sent = new TextDecoder().decode(server.asked[0].bytes);
  assert.include(sent, '<ETag>"a"&lt;/ETag>&amp;"</ETag>');
});

test("abortParts() asks for what s3rver does not know, and refuses what is not there", async () => {
  const { store, server } = scripted({ status: 204 }, {
    status: 404,
    body: "<Code>NoSuchUpload</Code>",
  });
  await store.abortParts(KEY, "a/b");
  const [{ method, url }] = server.asked;
  assert.deepEqual([method, new URL(url).searchParams.get("uploadId")], ["DELETE", "a/b"]);
  assert.instanceOf(await failureOf(store.abortParts(KEY, "a/b")), Refusal);
});

test("an id of an upload may hold anything", async () => {
  const { store } = scripted({ status: 200, body: "<UploadId>a&amp;b/+=&lt;</UploadId>" });
  assert.equal(await store.startParts(KEY), "a&b/+=<");
});

test("an object goes through a real server, whole and in ranges", async () => {
  await withStore(async (store, http) => {
    assert.isUndefined(await store.size(KEY));
    assert.isUndefined(await store.read(KEY));
    const bytes = new TextEncoder().encode("0123456789");
    await put(http, await store.presignPut(KEY, 60, BOUNDS), bytes);
    assert.equal(await store.size(KEY), 10);
    const url = await store.presignGet(KEY, 60);
    assert.deepEqual(await get(http, url), bytes);
    assert.deepEqual(await get(http, url, { start: 3, end: 7 }), bytes.slice(3, 7));
    const read = await store.read(KEY, { start: 8, end: 50 });
    assert.isDefined(read);
    if (read) assert.deepEqual(await readBytes(read, 99, "it"), bytes.slice(8));
    const beyond = await store.read(KEY, { start: 50, end: 60 });
    assert.deepEqual(await Array.fromAsync(beyond ?? []), []);
  });
});

test("a real server takes what the orchestrator writes, and removes it", async () => {
  await withStore(async (store) => {
    const keys = ["a/b", "a/c", "weights/x"];
    for (const key of keys) await store.write(key, new TextEncoder().encode(key));
    await store.remove(["a/b", "weights/x", "not/there"]);
    const sizes = await Promise.all(keys.map((key) => store.size(key)));
    assert.deepEqual(sizes, [undefined, 3, undefined]);
  });
});

test("parts become one object on a real server", async () => {
  await withStore(async (store, http) => {
    const uploadId = await store.startParts(KEY);
    const contents = [new Uint8Array(PART_BYTES).fill(1), new Uint8Array(7).fill(2)];
    const parts: { partNumber: number; etag: string }[] = [];
    for (const [at, content] of contents.entries()) {
      const url = await store.presignPart(KEY, uploadId, at + 1, 60, BOUNDS);
      parts.push({ partNumber: at + 1, etag: await put(http, url, content) });
    }
    assert.isUndefined(await store.size(KEY));
    await store.completeParts(KEY, uploadId, parts);
    assert.equal(await store.size(KEY), PART_BYTES + 7);
    const url = await store.presignGet(KEY, 60);
    const range = { start: PART_BYTES - 1, end: PART_BYTES + 1 };
    assert.deepEqual([...await get(http, url, range)], [1, 2]);
  });
});

test("a real server refuses an address that has expired", async () => {
  await withStore(async (store, http) => {
    await store.write(KEY, new Uint8Array(9));
    const url = new URL(await store.presignGet(KEY, 60));
    url.searchParams.set("X-Amz-Date", "20200101T000000Z");
    assert.instanceOf(await failureOf(get(http, url.href)), ExpiredError);
  });
});

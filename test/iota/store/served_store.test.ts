import { test } from "#test";
import { assert } from "chai";
import { Refusal } from "../../../core/iota/api/service.ts";
import { failureOf } from "../../harness/kept_log.ts";
import { pieces, put, requestOf, send, storeSetup } from "./memory_files.ts";

const KEY = "weights/hotkey/1/0/a.pt";
const BOUNDS = { minBytes: 2, maxBytes: 10 };

test("an object goes up to the address of its PUT and down from that of its GET", async () => {
  const { store } = storeSetup();
  const answered = await put(store, await store.presignPut(KEY, 60, BOUNDS), "hello");
  assert.equal(answered.status, 200);
  assert.match(answered.headers.etag, /^".+"$/);
  const got = await send(store, { url: await store.presignGet(KEY, 60) });
  assert.deepInclude(got, { status: 200, text: "hello" });
  assert.deepInclude(got.headers, { "content-length": "5", etag: answered.headers.etag });
});

test("addresses are {publicUrl}/{bucket}/{key}, from which the published miner gets the key", async () => {
  for (const base of ["http://store.test/s", "http://store.test/s/", "http://store.test"]) {
    const { store } = storeSetup(base);
    const url = await store.presignPut(KEY, 60, BOUNDS);
    const stripped = url.replace(`${base.replace(/\/$/, "")}/iota/`, "").split("?")[0];
    assert.equal(stripped, KEY);
    assert.equal(store.keyOf(url), KEY);
    assert.equal(url.split("/").at(-3), "1", "the number of sections, as it takes it off paths");
    assert.equal((await put(store, url, "hello")).status, 200);
  }
});

test("handle() leaves what is not the store's to others", () => {
  const { store } = storeSetup();
  for (const url of ["/", "/s", "/s/iotas/a", "/iota/a", "/orchestrator/healthcheck?a=/s/iota/"]) {
    assert.isUndefined(store.handle(requestOf({ url })), url);
  }
});

test("ranges are answered with the bytes that were asked for", async () => {
  const { store } = storeSetup();
  await store.write(KEY, new TextEncoder().encode("0123456789"));
  const url = await store.presignGet(KEY, 60);
  const got = await send(store, { url, headers: { range: "bytes=3-7" } });
  assert.deepInclude(got, { status: 206, text: "34567" });
  assert.deepInclude(got.headers, { "content-range": "bytes 3-7/10", "content-length": "5" });
  const beyond = await send(store, { url, headers: { range: "bytes=10-" } });
  assert.equal(beyond.status, 416);
  assert.equal(beyond.headers["content-range"], "bytes */10");
});

test("HEAD tells size and ETag of the whole object, whatever range it names", async () => {
  const { store } = storeSetup();
  await store.write(KEY, new TextEncoder().encode("0123456789"));
  const headers = { range: "bytes=3-7" };
  const got = await send(store, { method: "HEAD", url: await store.presignGet(KEY, 60), headers });
  assert.deepInclude(got, { status: 200, text: "" });
  assert.equal(got.headers["content-length"], "10");
});

test("an object of no bytes can be had", async () => {
  const { store } = storeSetup();
  await store.write(KEY, new Uint8Array(0));
  const got = await send(store, { url: await store.presignGet(KEY, 60) });
  assert.deepInclude(got, { status: 200, text: "" });
});

test("nothing is there that was not put", async () => {
  const { store } = storeSetup();
  const got = await send(store, { url: await store.presignGet(KEY, 60) });
  assert.equal(got.status, 404);
  assert.include(got.text, "<Code>NoSuchKey</Code>");
  assert.isUndefined(await store.size(KEY));
  assert.isUndefined(await store.read(KEY));
});

test("an expired, a forged and an unsigned address are refused, and the log says why", async () => {
  const { store, time, log } = storeSetup();
  await store.write(KEY, new TextEncoder().encode("hello"));
  const url = await store.presignGet(KEY, 60);
  for (const wrong of [url.replace("a.pt", "b.pt"), url.slice(0, -1), url.split("?")[0]]) {
    const got = await send(store, { url: wrong });
    assert.equal(got.status, 403);
    assert.include(got.text, "<Code>SignatureDoesNotMatch</Code>");
  }
  time.skew(60_001);
  const late = await send(store, { url });
  assert.equal(late.status, 403);
  assert.include(late.text, "<Message>Request has expired</Message>");
  assert.lengthOf(log.lines, 4);
  assert.equal(log.lines[3], `debug: store: GET ${KEY} refused, Request has expired`);
});

test("an address for GET takes no PUT, and that of one object no other", async () => {
  const { store, files } = storeSetup();
  const get = await store.presignGet(KEY, 60);
  const other = (await store.presignPut(KEY, 60, BOUNDS)).replace("a.pt", "b.pt");
  for (const url of [get, other]) assert.equal((await put(store, url, "hello")).status, 403);
  assert.equal(files.objects.size, 0);
});

test("what is too small or too large is refused before it is read", async () => {
  const { store, files } = storeSetup();
  const url = await store.presignPut(KEY, 60, BOUNDS);
  const never: AsyncIterable<never> = {
    [Symbol.asyncIterator]: () => assert.fail("the body was read"),
  };
  for (const [length, status] of [["1", 400], ["11", 413], ["0", 400]] as const) {
    const headers = { "content-length": length };
    const got = await send(store, { method: "PUT", url, headers, body: never });
    assert.equal(got.status, status);
  }
  assert.equal(files.objects.size, 0);
});

test("a PUT must tell its length", async () => {
  const { store } = storeSetup();
  const url = await store.presignPut(KEY, 60, BOUNDS);
  for (const length of [undefined, "", "-5", "5, 5", "0x5"]) {
    const headers = length === undefined ? undefined : { "content-length": length };
    const body = pieces("hello");
    const got = await send(store, { method: "PUT", url, ...headers && { headers }, body });
    assert.equal(got.status, 411);
  }
});

test("a body that is shorter or longer than it said, or breaks off, leaves nothing", async () => {
  const { store, files } = storeSetup();
  const url = await store.presignPut(KEY, 60, BOUNDS);
  async function* broken(): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
    yield* pieces("hel");
    throw Object.assign(new Error("aborted"), { code: "ECONNRESET" });
  }
  for (const body of [pieces("hell"), pieces("hel", "lo!"), broken()]) {
    const headers = { "content-length": "5" };
    const got = await send(store, { method: "PUT", url, headers, body });
    assert.equal(got.status, 400);
    assert.include(got.text, "<Code>IncompleteBody</Code>");
  }
  assert.equal(files.objects.size, 0);
});

test("an address takes one object: the same bytes again, but no others", async () => {
  const { store, files } = storeSetup();
  const url = await store.presignPut(KEY, 60, BOUNDS);
  assert.equal((await put(store, url, "hello")).status, 200);
  assert.equal((await put(store, url, "hello")).status, 200);
  assert.equal((await put(store, url, "HELLO")).status, 412);
  assert.equal(new TextDecoder().decode(files.objects.get(KEY)), "hello");
});

test("a part goes to its upload, by an address for this part only", async () => {
  const { store, files } = storeSetup();
  const uploadId = await store.startParts(KEY);
  const url = await store.presignPart(KEY, uploadId, 2, 60, BOUNDS);
  const answered = await put(store, url, "hello");
  assert.deepEqual([answered.status, answered.headers.etag], [200, '"part-2"']);
  assert.deepEqual([...files.parts.keys()], ["up 2"]);
  assert.equal((await put(store, url.replace("part=2", "part=3"), "hello")).status, 403);
  assert.equal(files.objects.size, 0);
});

test("who completes or aborts what is not there is told so, as a refusal", async () => {
  const { store } = storeSetup();
  const wrong = [
    store.completeParts(KEY, "up", [{ partNumber: 2, etag: "x" }]),
    store.abortParts(KEY, "other"),
  ];
  for (const done of wrong) {
    const failure = await failureOf(done);
    assert.instanceOf(failure, Refusal);
    assert.equal(failure.status, 400);
  }
});

test("a key that is none is refused by every method, as a rejection", async () => {
  const { store } = storeSetup();
  const wrong = "../secret";
  const calls = [
    () => store.presignPut(wrong, 60, BOUNDS),
    () => store.presignGet(wrong, 60),
    () => store.startParts(wrong),
    () => store.presignPart(wrong, "up", 1, 60, BOUNDS),
    () => store.completeParts(wrong, "up", []),
    () => store.abortParts(wrong, "up"),
    () => store.size(wrong),
    () => store.read(wrong),
    () => store.write(wrong, new Uint8Array(1)),
    () => store.remove([wrong]),
  ];
  for (const call of calls) assert.instanceOf(await failureOf(call()), Refusal, `${call}`);
});

test("read() gives a range, cut to what is there", async () => {
  const { store } = storeSetup();
  await store.write(KEY, new TextEncoder().encode("0123456789"));
  const read = async (range?: { start: number; end: number }): Promise<string> => {
    const stream = await store.read(KEY, range);
    assert.isDefined(stream);
    return (await Array.fromAsync(stream ?? pieces(), (each) => new TextDecoder().decode(each)))
      .join("");
  };
  assert.equal(await read(), "0123456789");
  assert.equal(await read({ start: 2, end: 5 }), "234");
  assert.equal(await read({ start: 8, end: 50 }), "89");
  assert.equal(await read({ start: 50, end: 60 }), "");
});

test("remove() removes many, and does not mind those that are not there", async () => {
  const { store, files } = storeSetup();
  const keys = Array.from({ length: 40 }, (_, at) => `a/${at}`);
  for (const key of keys) await store.write(key, new Uint8Array(1));
  await store.remove([...keys.slice(1), "a/b"]);
  assert.deepEqual([...files.objects.keys()], ["a/0"]);
});

test("a page of another origin may put and read, and see what it needs for parts", async () => {
  const { store } = storeSetup();
  const preflight = await send(store, { method: "OPTIONS", url: `/s/iota/${KEY}` });
  assert.equal(preflight.status, 204);
  assert.include(preflight.headers["access-control-allow-methods"], "PUT");
  const answered = await put(store, await store.presignPut(KEY, 60, BOUNDS), "hello");
  assert.include(answered.headers["access-control-expose-headers"], "ETag");
  const refused = await send(store, { url: `/s/iota/${KEY}` });
  assert.equal(refused.headers["access-control-allow-origin"], "*");
});

test("an object is never shown by a browser as a page of the orchestrator's", async () => {
  const { store } = storeSetup();
  await put(store, await store.presignPut(KEY, 60, BOUNDS), "<script>");
  const { headers } = await send(store, { url: await store.presignGet(KEY, 60) });
  assert.deepInclude(headers, {
    "content-type": "application/octet-stream",
    "x-content-type-options": "nosniff",
    "content-disposition": "attachment",
  });
});

test("other methods are refused, and none reaches the bucket itself", async () => {
  const { store } = storeSetup();
  const url = await store.presignGet(KEY, 60);
  assert.equal((await send(store, { method: "DELETE", url })).status, 405);
  assert.equal((await send(store, { url: "/s/iota" })).status, 404);
  assert.equal((await send(store, { url: "/s/iota/../iota/a" })).status, 404);
});

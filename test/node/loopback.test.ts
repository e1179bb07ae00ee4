/**
 * The loopback inside one program: who listens is asked as over HTTP, and nobody sees another's
 * memory.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { readBytes } from "../../core/formats/byte_stream.ts";
import type { HttpResponse, ServedRequest, ServedResponse } from "../../core/host.ts";
import { Loopback } from "../../core/node/loopback.ts";
import { failureOf } from "../harness/kept_log.ts";

function answering(body: ServedResponse["body"], status = 200): Promise<ServedResponse> {
  return Promise.resolve({ status, headers: { "X-Name": "value" }, body });
}

function text(response: HttpResponse): Promise<string> {
  return readBytes(response.body, 1e6, "a body").then((bytes) => new TextDecoder().decode(bytes));
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

test("what listens is asked with method, path, query, headers and body", async () => {
  const loopback = new Loopback();
  const seen: ServedRequest[] = [];
  const { url } = await loopback.listen(async (request) => {
    seen.push(request);
    return await answering(await readBytes(request.body, 100, "a body"), 201);
  });
  const asked = { method: "PUT", url: `${url}/a/b?c=1`, headers: { "X-Key": "k" } } as const;
  const response = await loopback.http({ ...asked, body: bytesOf("hello") });
  assert.equal(response.status, 201);
  assert.equal(response.headers.get("x-name"), "value");
  assert.equal(await text(response), "hello");
  const [{ method, target, headers }] = seen;
  assert.deepEqual([method, target], ["PUT", "/a/b?c=1"]);
  assert.equal(headers.get("x-key"), "k");
  assert.equal(headers.get("content-length"), "5");
});

test("each listener has a port of its own, and nobody answers at one that was closed", async () => {
  const loopback = new Loopback();
  const [one, other] = [
    await loopback.listen(() => answering(bytesOf("one"))),
    await loopback.listen(() => answering(bytesOf("other"))),
  ];
  const ask = (url: string): Promise<HttpResponse> => loopback.http({ method: "GET", url });
  assert.equal(await text(await ask(other.url)), "other");
  assert.equal(await text(await ask(one.url)), "one");
  await one.close();
  assert.match(String(await failureOf(ask(one.url))), /nobody listens/);
  assert.equal(await text(await ask(other.url)), "other");
});

test("what another host would answer is not asked", async () => {
  const failure = await failureOf(
    new Loopback().http({ method: "GET", url: "https://example.com/" }),
  );
  assert.match(String(failure), /No answer from https:\/\/example\.com/);
});

test("an answer that is changed after it was read leaves the server's own as it is", async () => {
  const loopback = new Loopback();
  const own = bytesOf("mine");
  const { url } = await loopback.listen(() => answering(own));
  const { body } = await loopback.http({ method: "GET", url });
  (await readBytes(body, 10, "a body")).fill(0);
  assert.equal(new TextDecoder().decode(own), "mine");
});

test("who gives up does not wait for a server that never answers, and the server learns of it", async () => {
  const loopback = new Loopback();
  const gone = new AbortController();
  const served = Promise.withResolvers<AbortSignal>();
  const { url } = await loopback.listen(({ signal }) => {
    served.resolve(signal);
    return new Promise(() => {});
  });
  const asking = failureOf(loopback.http({ method: "GET", url, signal: gone.signal }));
  const signal = await served.promise;
  gone.abort(new Error("enough"));
  assert.match(String(await asking), /enough/);
  assert.isTrue(signal.aborted);
});

test("a request that was given up before is not made", async () => {
  const loopback = new Loopback();
  let asked = 0;
  const { url } = await loopback.listen(() => {
    asked += 1;
    return answering(bytesOf(""));
  });
  const signal = AbortSignal.abort(new Error("no more"));
  assert.match(String(await failureOf(loopback.http({ method: "GET", url, signal }))), /no more/);
  assert.equal(asked, 0);
});

test("what a handler throws is the failure of who asked", async () => {
  const loopback = new Loopback();
  const { url } = await loopback.listen(() => Promise.reject(new Error("broken")));
  assert.match(String(await failureOf(loopback.http({ method: "GET", url }))), /broken/);
});

/**
 * What a browser asks before and after it lets a page see an answer.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import type { HttpHandler, ServedRequest } from "../../../core/host.ts";
import { openToPages } from "../../../core/iota/api/cross_origin.ts";
import { jsonAnswer } from "../../../core/iota/api/answers.ts";
import { requestOf } from "../store/memory_files.ts";

function asked(
  method: string,
): { request: ServedRequest; handler: HttpHandler; count: () => number } {
  let count = 0;
  const handler = openToPages(() => {
    count += 1;
    return Promise.resolve(jsonAnswer(429, { detail: "slow" }, { "retry-after": "3" }));
  });
  return { request: requestOf({ method, url: "/miner/register" }), handler, count: () => count };
}

test("a preflight is answered without asking the routes, and allows signed headers", async () => {
  const { request, handler, count } = asked("OPTIONS");
  const { status, headers } = await handler(request);
  assert.equal(status, 204);
  assert.equal(headers["access-control-allow-origin"], "*");
  assert.equal(headers["access-control-allow-headers"], "*");
  assert.include(headers["access-control-allow-methods"], "POST");
  assert.equal(count(), 0);
});

test("an answer is for every origin, and its own headers stay", async () => {
  const { request, handler } = asked("POST");
  const { status, headers } = await handler(request);
  assert.equal(status, 429);
  assert.equal(headers["access-control-allow-origin"], "*");
  assert.equal(headers["retry-after"], "3");
  assert.match(headers["access-control-expose-headers"], /retry-after/i);
});

test("nothing is answered because of who runs the browser: no credentials are allowed", async () => {
  for (const method of ["OPTIONS", "GET"]) {
    const { request, handler } = asked(method);
    assert.notProperty((await handler(request)).headers, "access-control-allow-credentials");
  }
});

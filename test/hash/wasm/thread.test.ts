import { assert } from "chai";
import { test } from "#test";
import { hashMode } from "../../../core/hash/modes.ts";
import { serveSearches } from "../../../core/hash/wasm/thread.ts";
import { keyspaceOf, plant, saltOf } from "./planted.ts";

/** A thread's program and what it has answered. */
function serve(): { send: (message: unknown) => void; replies: unknown[] } {
  const replies: unknown[] = [];
  let send: (message: unknown) => void = () => assert.fail("nobody listens");
  serveSearches({
    post: (message) => replies.push(message),
    onMessage: (listener) => send = listener,
  }, () => 0);
  return { send: (message) => send(structuredClone(message)), replies };
}

const { plan, outer } = plant(hashMode(610), keyspaceOf(10, 10), saltOf(3), 37n, 10);
const slice = { group: 0n, first: 0, count: 10 };

test("serveSearches() answers an open and a run, and not an end", () => {
  const { send, replies } = serve();
  send({ kind: "open", search: 7, plan });
  assert.deepEqual(replies.splice(0), [{ kind: "opened", search: 7 }]);
  send({ kind: "run", search: 7, slice });
  const [reply] = replies.splice(0);
  assert.deepInclude(reply, { kind: "done", search: 7, isSettled: false });
  assert.nestedPropertyVal(reply, "suspects[0].outer", outer);
  send({ kind: "end", search: 7 });
  assert.deepEqual(replies, []);
});

test("serveSearches() refuses a run of a search that is not open", () => {
  const { send, replies } = serve();
  assert.throws(() => send({ kind: "run", search: 7, slice }), /search 7 is not open/);
  send({ kind: "open", search: 7, plan });
  send({ kind: "end", search: 7 });
  assert.throws(() => send({ kind: "run", search: 7, slice }), /search 7 is not open/);
  assert.lengthOf(replies, 1);
});

test("serveSearches() refuses what is no request", () => {
  const { send, replies } = serve();
  const wrong = [
    null,
    "open",
    {},
    { kind: "stop", search: 1 },
    { kind: "open", search: 1, plan: { ...plan, inner: [...plan.inner] } },
    { kind: "open", search: 1, plan: { ...plan, algorithm: "md5" } },
    { kind: "run", search: 1, slice: { ...slice, count: -1 } },
    { kind: "run", search: 1, slice: { ...slice, group: 0 } },
  ];
  for (const message of wrong) {
    assert.throws(() => send(message), /./, JSON.stringify(message, noBigInt));
  }
  assert.deepEqual(replies, []);
});

function noBigInt(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}

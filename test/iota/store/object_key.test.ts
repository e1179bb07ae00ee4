import { test } from "#test";
import { assert } from "chai";
import { Refusal } from "../../../core/iota/api/service.ts";
import {
  checkObjectKey,
  isObjectKey,
  keyOfAddress,
  MAX_KEY_LETTERS,
} from "../../../core/iota/store/object_key.ts";

const KEY = "activations/1b4e28ba-2fa1-11d2-883f-0016d3cca427/0/forward/a.pt";
const STORE_URL = "http://127.0.0.1:8000/store";

test("isObjectKey() takes what miners name their files", () => {
  const keys = [
    KEY,
    "weights/5F3sa2TJAWMqDhXG6jhV4N8ko9SxwGy8TpaNS1repo5EYjQX/1.0/0/x.pt",
    "a",
    "-_9",
  ];
  for (const key of keys) assert.isTrue(isObjectKey(key), key);
});

test("isObjectKey() refuses ways out of a folder, hidden files and what an address changes", () => {
  const wrong = ["", "/a", "a/", "a//b", "..", "a/../b", "a/./b", ".a", "a/.b", "a\\b", "a b"];
  for (const key of [...wrong, "a%2e", "a~", "ä", "a\n", "a\0", "C:a", "a?b", "a#b"]) {
    assert.isFalse(isObjectKey(key), JSON.stringify(key));
  }
});

test("isObjectKey() refuses more letters than a path or a file's name may have", () => {
  const most = Array.from({ length: MAX_KEY_LETTERS / 2 }, () => "a").join("/") + "b";
  assert.equal(most.length, MAX_KEY_LETTERS);
  assert.isTrue(isObjectKey(most));
  assert.isFalse(isObjectKey(`${most}c`));
  assert.isTrue(isObjectKey("a".repeat(200)));
  assert.isFalse(isObjectKey("a".repeat(201)));
});

test("checkObjectKey() refuses with a status and one line that is not longer for a long key", () => {
  assert.equal(checkObjectKey(KEY), KEY);
  const thrown = throwing(() => checkObjectKey(`../${"x".repeat(5000)}`));
  assert.instanceOf(thrown, Refusal);
  assert.equal(thrown.status, 400);
  assert.isBelow(thrown.message.length, 300);
  assert.notInclude(thrown.message, "\n");
});

test("keyOfAddress() finds the key in each form that a miner reports", () => {
  const forms = [KEY, `s3://iota/${KEY}`, `${STORE_URL}/iota/${KEY}?expires=1&signature=ab`];
  for (const form of forms) assert.equal(keyOfAddress(form, STORE_URL, "iota"), KEY, form);
});

test("keyOfAddress() finds none in an address of another place, bucket or way", () => {
  const others = [
    `http://127.0.0.1:8001/store/iota/${KEY}`,
    `${STORE_URL}/other/${KEY}`,
    `s3://other/${KEY}`,
    `${STORE_URL}/iota/../${KEY}`,
    `${STORE_URL}/iota/`,
    `${KEY}?a=b`,
    "",
  ];
  for (const other of others) assert.isUndefined(keyOfAddress(other, STORE_URL, "iota"), other);
});

function throwing(work: () => unknown): Refusal {
  try {
    work();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  return assert.fail("nothing was thrown");
}

/**
 * Tests of the messages of JSON-RPC.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { readMessage, RpcError } from "../../../core/chain/subtensor/rpc_message.ts";

test("readMessage() reads an answer, even of null", () => {
  const answer = readMessage('{"jsonrpc":"2.0","id":3,"result":null}');
  assert.deepEqual(answer, { kind: "answer", id: 3, result: null });
});

test("readMessage() reads a refusal with its data", () => {
  const refusal = readMessage(
    '{"id":3,"error":{"code":1010,"message":"Invalid Transaction","data":"Custom error: 3"}}',
  );
  const error = { code: 1010, text: "Invalid Transaction: Custom error: 3" };
  assert.deepEqual(refusal, { kind: "refusal", id: 3, error });
});

test("readMessage() writes out a refusal's data that are no text", () => {
  const refusal = readMessage('{"id":3,"error":{"code":1,"message":"no","data":{"a":[1]}}}');
  assert.deepInclude(refusal, { error: { code: 1, text: 'no: {"a":[1]}' } });
});

test("readMessage() reads an item of a subscription whose name is a number", () => {
  const item = readMessage('{"method":"head","params":{"subscription":12,"result":{"n":1}}}');
  assert.deepEqual(item, { kind: "item", subscription: "12", item: { n: 1 } });
});

test("readMessage() takes nothing else", () => {
  const others = ["", "hello", "null", "[]", '"text"', '{"result":1}', '{"id":"1","result":1}'];
  others.push('{"id":1,"error":"no"}', '{"method":"head"}', '{"method":"head","params":[]}');
  for (const text of others) assert.isUndefined(readMessage(text), text);
});

test("readMessage() takes no bytes", () => {
  assert.isUndefined(readMessage(new Uint8Array([123, 125])));
});

test("a refusal says what was asked, and what the node said", () => {
  const { message } = new RpcError("state_call", -32603, "no such function");
  assert.equal(message, "the chain's node refuses state_call: -32603: no such function");
});

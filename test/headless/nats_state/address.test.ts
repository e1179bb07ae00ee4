import { test } from "#test";
import { assert } from "chai";
import { UsageError } from "../../../core/errors.ts";
import { parseNatsAddress } from "../../../headless/nats_state/address.ts";

const PLAIN = {
  servers: ["bus:4222"],
  isTls: false,
  user: undefined,
  password: undefined,
  name: "weft",
  replicas: 1,
};

test("a host is enough for an address", () => {
  assert.deepEqual(parseNatsAddress("nats://bus"), PLAIN);
  assert.deepEqual(parseNatsAddress("nats://bus:4222/"), PLAIN);
});

test("an address may have all there is", () => {
  const text = "tls://me:p%40ss:x@10.0.0.1:4333,bus-2.example,[::1]:9?replicas=3&name=swarm_1";
  assert.deepEqual(parseNatsAddress(text), {
    servers: ["10.0.0.1:4333", "bus-2.example:4222", "[::1]:9"],
    isTls: true,
    user: "me",
    password: "p@ss:x",
    name: "swarm_1",
    replicas: 3,
  });
});

test("what is no address is refused in one line without a password", () => {
  const bad = [
    "",
    "bus:4222",
    "http://bus",
    "nats://",
    "nats://bus:0",
    "nats://bus:65536",
    "nats://bus:x",
    "nats://a,,b",
    "nats://a/b",
    "nats://secret@bus",
    "nats://:secret@bus",
    "nats://me:secret%zz@bus",
    "nats://me:secret@",
    "nats://me:secret@bus?replicas=2",
    "nats://me:secret@bus?name=a.b",
    "nats://me:secret@bus?name=",
    "nats://me:secret@bus?stream=a",
  ];
  for (const text of bad) {
    let failure: unknown;
    try {
      parseNatsAddress(text);
    } catch (error) {
      failure = error;
    }
    assert.instanceOf(failure, UsageError, text);
    assert.notMatch(String(failure), /secret|\n/, text);
  }
});

import { test } from "#test";
import { assert } from "chai";
import { createTarget, hashOf } from "../../../core/hash/hash_target.ts";
import { Keyspace } from "../../../core/hash/keyspace.ts";
import { hashMode } from "../../../core/hash/modes.ts";
import { HashcatSolver } from "./hashcat_solver.ts";

const MODE = hashMode(600);
const NOTHING = new Uint8Array();
const TARGET = createTarget(MODE, hashOf(MODE, NOTHING, NOTHING), NOTHING);
const CLOCK = { nowMs: () => 0, sleep: () => Promise.resolve() };

test("HashcatSolver asks for the keyspace's characters and length", async () => {
  const asked: unknown[] = [];
  const crack = (_: unknown, search: unknown): Promise<undefined> => {
    asked.push(search);
    return Promise.resolve(undefined);
  };
  const keyspace = Keyspace.fromMask("?1?1?1", ["z@8"]);
  await new HashcatSolver({ crack }, CLOCK).solve({ target: TARGET, keyspace });
  assert.deepEqual(asked, [{ characters: "z@8", mask: "?1?1?1" }]);
});

test("HashcatSolver tells a search that found nothing as exhausted", async () => {
  const solver = new HashcatSolver({ crack: () => Promise.resolve(undefined) }, CLOCK);
  const keyspace = Keyspace.fromMask("?1", ["ab"]);
  assert.equal((await solver.solve({ target: TARGET, keyspace })).outcome, "exhausted");
});

test("HashcatSolver gives a password as bytes", async () => {
  const solver = new HashcatSolver({ crack: () => Promise.resolve("ba") }, CLOCK);
  const keyspace = Keyspace.fromMask("?1?1", ["ab"]);
  const { password } = await solver.solve({ target: TARGET, keyspace });
  assert.deepEqual(password, new TextEncoder().encode("ba"));
});

test("HashcatSolver reads the form in which hashcat writes a password with a colon", async () => {
  const solver = new HashcatSolver({ crack: () => Promise.resolve("$HEX[613a]") }, CLOCK);
  const keyspace = Keyspace.fromMask("?1?1", ["a:"]);
  const { password } = await solver.solve({ target: TARGET, keyspace });
  assert.deepEqual(password, new TextEncoder().encode("a:"));
});

import { test } from "#test";
import { assert } from "chai";
import { WeftError } from "../../../core/errors.ts";
import type { EngineHost } from "../../../core/hash/engines.ts";
import { HASH_MODES, hashMode } from "../../../core/hash/modes.ts";
import { openContenders } from "../../../core/bench/hash/contenders.ts";

/** A host without adapter and without threads. */
const BARE_HOST: EngineHost = {
  clock: { nowMs: () => 0, sleep: () => Promise.resolve() },
  log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
  storage: {
    openBlob: () => Promise.resolve(undefined),
    writeBlob: () => Promise.resolve(),
    readRecords: () => Promise.resolve([]),
    replaceRecords: () => Promise.resolve(),
    appendRecord: () => Promise.resolve(),
  },
  webgpu: () => Promise.reject(new WeftError("no adapter")),
};

test("openContenders() says of each variant why it cannot run", async () => {
  const { contenders, absent } = await openContenders(BARE_HOST, ["u32", "wasm"], [hashMode(610)]);
  assert.deepEqual(contenders, []);
  assert.deepEqual(absent.map(({ variant }) => variant), ["u32", "wasm"]);
  assert.isTrue(absent.every(({ why }) => why !== ""));
});

test("openContenders() asks nothing of u64 for SHA-256, whose words have 32 bits", async () => {
  const { absent } = await openContenders(BARE_HOST, ["u64", "u32"], HASH_MODES);
  assert.deepEqual(
    absent.map(({ variant, algorithm }) => `${variant} ${algorithm}`),
    ["u64 blake2b", "u32 blake2b", "u32 sha256"],
  );
});

test("openContenders() does not hide a fault behind an absence", async () => {
  const host = { ...BARE_HOST, webgpu: () => Promise.reject(new TypeError("a mistake")) };
  let error: unknown;
  await openContenders(host, ["u32"], [hashMode(610)]).catch((thrown) => error = thrown);
  assert.instanceOf(error, TypeError);
});

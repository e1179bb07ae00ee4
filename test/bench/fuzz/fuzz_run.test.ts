/**
 * A short run of the fuzzer against a miner in this process.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { readyKeys } from "../../../core/wallet/ready.ts";
import { listenHttp } from "../../../headless/http_server.ts";
import { KeptLog } from "../../harness/kept_log.ts";
import { MemoryStorage } from "../../harness/memory_host.ts";
import { fuzz } from "./fuzz_run.ts";
import { fuzzedRequest } from "./fuzzed_requests.ts";
import { openFuzzedMiner } from "./fuzzed_miner.ts";
import { Validator, VALIDATOR_KEYS } from "./valid_requests.ts";

await readyKeys();

test("two thousand spoilt requests are answered in time, and honest ones among them right", async () => {
  const log = new KeptLog();
  const hotkeys = VALIDATOR_KEYS().map(({ address }) => address);
  const axon = await openFuzzedMiner(hotkeys, { log, storage: new MemoryStorage() });
  const listener = await listenHttp(axon.handler, { hostname: "127.0.0.1", port: 0, log });
  try {
    const task = { port: listener.port, seed: 7, from: 0, requests: 2_000, lanes: 8 };
    const result = await fuzz({ ...task, boundMs: 20_000 });
    assert.deepEqual(result.failures, []);
    assert.equal(result.answeredRight, result.honest);
    assert.isAbove(result.honest, 300);
    assert.isFalse(log.lines.some((line) => line.startsWith("error")), log.lines.join("\n"));
  } finally {
    await listener.close();
  }
});

test("the same seed and index spoil a request in the same way", async () => {
  const [key] = VALIDATOR_KEYS();
  const names = async (seed: number): Promise<string[]> => {
    const validator = new Validator(key, "a");
    const drawn = Array.from(
      { length: 50 },
      (_, index) => fuzzedRequest({ seed, index }, validator),
    );
    return (await Promise.all(drawn)).map(({ name, bytes }) => `${name} ${bytes.length}`);
  };
  assert.deepEqual(await names(1), await names(1));
  assert.notDeepEqual(await names(1), await names(2));
});

/**
 * What an orchestrator tells of its swarm, and orchestrators that tell nothing.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { WeftError } from "../../../core/errors.ts";
import type { Http } from "../../../core/host.ts";
import { askFacts, type SwarmFacts } from "../../../headless/mine/swarm_facts.ts";
import { failureOf } from "../../harness/kept_log.ts";
import { FakeTime } from "../../iota/fake_time.ts";

const NEVER = new AbortController().signal;
const OVERVIEW = {
  version: "v",
  model: { name: "nano", parameters: 5, layers: 3, batch: 2, seq: 8 },
  layers: [{ wantedBackwards: 7, phase: "of a later version" }],
  hotkey: "more than is read",
};

/** Answers with these one after another, the last again and again. */
function answers(...all: readonly [status: number, text: string][]): {
  http: Http;
  asked: string[];
} {
  const asked: string[] = [];
  const http: Http = ({ url }) => {
    const [status, text] = all[Math.min(asked.length, all.length - 1)];
    asked.push(url);
    const body = ReadableStream.from([new TextEncoder().encode(text)]);
    return Promise.resolve({ status, headers: { get: () => null }, body });
  };
  return { http, asked };
}

async function facts(http: Http): Promise<SwarmFacts | undefined> {
  const time = new FakeTime();
  const asking = askFacts("http://there", { http, clock: time }, NEVER);
  asking.catch(() => {});
  for (let i = 0; i < 5; i++) {
    await time.settle();
    await time.pass(2000);
  }
  return await asking;
}

test("the part that is about training is read, whatever else there is", async () => {
  const { http, asked } = answers([200, JSON.stringify(OVERVIEW)]);
  assert.deepEqual(await facts(http), {
    ...{ version: "v", name: "nano", parameters: 5, layers: 3, batch: 2, seq: 8 },
    batchesBeforeMerging: 7,
  });
  assert.deepEqual(asked, ["http://there/orchestrator/overview"]);
});

for (
  const [what, status, text] of [
    ["that has no such route", 404, '{"detail":"Not Found"}'],
    ["that answers with something else", 200, '{"status":"healthy"}'],
    ["that answers with no JSON", 200, "<html>"],
    ["with no layer at all", 200, JSON.stringify({ ...OVERVIEW, layers: [] })],
  ] as const
) {
  test(`an orchestrator ${what} tells nothing`, async () => {
    assert.isUndefined(await facts(answers([status, text]).http));
  });
}

test("one that starts is waited for", async () => {
  const { http, asked } = answers([503, "{}"], [503, "{}"], [200, JSON.stringify(OVERVIEW)]);
  assert.equal((await facts(http))?.name, "nano");
  assert.equal(asked.length, 3);
});

test("one that fails on and on ends it", async () => {
  const failure = await failureOf(facts(answers([500, "{}"]).http));
  assert.instanceOf(failure, WeftError);
  assert.include(String(failure), "http://there answers with status 500 only");
});

test("one that says nothing is not waited for without an end", async () => {
  const time = new FakeTime();
  const http: Http = ({ signal }) =>
    new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
  const failing = failureOf(askFacts("http://there", { http, clock: time }, NEVER));
  await time.pass(20_000);
  assert.match(String(await failing), /no answer within 20 s: is it an orchestrator\?/);
});

test("a stop ends the asking with its own reason", async () => {
  const stop = new AbortController();
  const http: Http = ({ signal }) =>
    new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
  const failing = failureOf(askFacts("http://there", { http, clock: new FakeTime() }, stop.signal));
  stop.abort("enough");
  assert.equal(await failing, "enough");
});

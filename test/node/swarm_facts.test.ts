/**
 * What an orchestrator tells of its swarm, and orchestrators that tell nothing.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { UsageError, WeftError } from "../../core/errors.ts";
import type { Http } from "../../core/host.ts";
import { askFacts, type SwarmFacts } from "../../core/node/swarm_facts.ts";
import { failureOf } from "../harness/kept_log.ts";
import { FakeTime } from "../iota/fake_time.ts";
import { tinyModel } from "../model/tiny_model.ts";
import { TINY_MODEL_JSON } from "../headless/validate/tiny_model_json.ts";

const NEVER = new AbortController().signal;
const TINY = tinyModel();
const TRAINING = {
  ...{ localOptimizerSteps: 3, weightsDtype: "float32", maxCachedActivations: 5, seed: 9 },
  model: TINY_MODEL_JSON,
};
const SHOWN = { name: "tiny", parameters: TINY.totalGlobalParams, layers: 3, batch: 2, seq: 8 };
const OVERVIEW = {
  version: "v",
  model: SHOWN,
  training: TRAINING,
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

/** What is said of an overview with these differences. */
async function refused(changes: Readonly<Record<string, unknown>>): Promise<string> {
  const text = JSON.stringify({ ...OVERVIEW, ...changes });
  const failure = await failureOf(facts(answers([200, text]).http));
  assert.instanceOf(failure, UsageError);
  return String(failure);
}

test("the part that is about training is read, whatever else there is", async () => {
  const { http, asked } = answers([200, JSON.stringify(OVERVIEW)]);
  assert.deepEqual(await facts(http), {
    ...{ model: TINY, batch: 2, seq: 8, globalOptimizerSteps: 7, localOptimizerSteps: 3 },
    ...{ weightsDtype: "float32", maxCachedActivations: 5, seed: 9 },
  });
  assert.deepEqual(asked, ["http://there/orchestrator/overview"]);
});

test("a seed of null is none", async () => {
  const text = JSON.stringify({ ...OVERVIEW, training: { ...TRAINING, seed: null } });
  assert.isNull((await facts(answers([200, text]).http))?.seed);
});

const ABSURD: readonly (readonly [place: string, changes: Readonly<Record<string, unknown>>])[] = [
  ["training.localOptimizerSteps", { training: { ...TRAINING, localOptimizerSteps: 0 } }],
  ["training.localOptimizerSteps", { training: { ...TRAINING, localOptimizerSteps: 0.5 } }],
  ["training.localOptimizerSteps", { training: { ...TRAINING, localOptimizerSteps: 1e300 } }],
  ["training.localOptimizerSteps", { training: { ...TRAINING, localOptimizerSteps: "3" } }],
  ["training.weightsDtype", { training: { ...TRAINING, weightsDtype: "float64" } }],
  ["training.maxCachedActivations", { training: { ...TRAINING, maxCachedActivations: -1 } }],
  ["training.maxCachedActivations", { training: { ...TRAINING, maxCachedActivations: 1e9 } }],
  ["training.seed", { training: { ...TRAINING, seed: -1 } }],
  ["training.seed", { training: { ...TRAINING, seed: 2 ** 32 } }],
  ["training", { training: undefined }],
  ["model.batch", { model: { ...SHOWN, batch: 1e12 } }],
  ["model.seq", { model: { ...SHOWN, seq: 1 } }],
  ["layers.0.wantedBackwards", { layers: [{ wantedBackwards: 0 }] }],
];

for (const [place, changes] of ABSURD) {
  test(`${place} is refused by its name in ${JSON.stringify(changes).slice(0, 60)}`, async () => {
    const message = await refused(changes);
    assert.include(message, "http://there");
    assert.include(message, `(${place}: `);
    assert.notInclude(message, "\n");
  });
}

for (
  const [field, value] of [
    ...[["emb_dim", 1e9], ["n_layers", 1e7], ["vocab_size", -1], ["rope_base", 0]] as const,
    ...[["hidden_dim", 1.5], ["total_global_params", 1e300], ["splits", [[-1, 1e12]]]] as const,
    ...[["model_name", ""], ["model_name", "a".repeat(101)], ["n_heads", null]] as const,
  ]
) {
  test(`a model whose ${field} is ${String(value).slice(0, 9)} is refused by it`, async () => {
    const training = { ...TRAINING, model: { ...TINY_MODEL_JSON, [field]: value } };
    assert.include(await refused({ training }), `training.model.${field}`);
  });
}

test("a model whose sizes do not fit together is refused with what is wrong", async () => {
  const model = { ...TINY_MODEL_JSON, n_kv_groups: 3 };
  assert.include(
    await refused({ training: { ...TRAINING, model } }),
    "n_kv_groups 3 must divide n_heads 2",
  );
});

test("cuts that leave a gap are refused", async () => {
  const model = { ...TINY_MODEL_JSON, splits: [[-1, 1], [2, -1]] };
  assert.include(await refused({ training: { ...TRAINING, model } }), "does not fit");
});

test("a name cannot steer the terminal, neither taken nor refused", async () => {
  const model = { ...TINY_MODEL_JSON, model_name: "\u001b[2Jtiny" };
  const weightsDtype = "\u001b[2J";
  assert.notInclude(await refused({ training: { ...TRAINING, model } }), "\u001b");
  assert.notInclude(await refused({ training: { ...TRAINING, weightsDtype } }), "\u001b");
  const seed = "\u001b[2J";
  assert.notInclude(await refused({ training: { ...TRAINING, seed } }), "\u001b");
});

for (
  const [what, changes, told] of [
    ["layers", { model: { ...SHOWN, layers: 4 } }, "4 layers of a model that is cut into 3"],
    ["parameters", { model: { ...SHOWN, parameters: 5 } }, "5 parameters of a model that has"],
    ["a batch", { model: { ...SHOWN, batch: 65_536, seq: 131_072 } }, "65536 samples of 131072"],
    ["steps", { layers: [{ wantedBackwards: 2 }] }, "3 backwards before a step, of 2"],
  ] as const
) {
  test(`an overview that contradicts itself in ${what} is refused`, async () => {
    assert.include(await refused(changes), told);
  });
}

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
  assert.equal((await facts(http))?.model.name, "tiny");
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

import { test } from "#test";
import { assert } from "chai";
import { WeftError } from "../../../core/errors.ts";
import { ValidatorPool } from "../../../core/iota/orchestrator/validator_pool.ts";
import { failureOf } from "../../harness/kept_log.ts";
import { type TestContext, testContext } from "./context.ts";
import { FakeValidators } from "./fake_validators.ts";
import { refusal } from "./training_swarm.ts";

const MINUTE_MS = 60_000;
const QUESTION = { query: { activation_uid: "u" } };

async function withPool(): Promise<
  { pool: ValidatorPool; context: TestContext; validators: FakeValidators }
> {
  const validators = new FakeValidators();
  const context = await testContext({ http: validators.http });
  return { pool: new ValidatorPool(context), context, validators };
}

for (
  const [host, url] of [
    ["validator.example", "https://validator.example:8100"],
    ["10.0.0.7", "https://10.0.0.7:8100"],
    ["fd00::7", "https://[fd00::7]:8100"],
    ["[fd00::7]", "https://[fd00::7]:8100"],
  ]
) {
  test(`a validator at ${host} is known by its address, and tracks nobody`, async () => {
    const { pool, context } = await withPool();
    await pool.register("v", { host, port: 8100, scheme: "https" });
    const registeredMs = context.time.unixMs();
    assert.deepEqual(await pool.all(), [{ hotkey: "v", url, registeredMs, tracked: null }]);
  });
}

for (
  const [host, port] of [
    ["", 80],
    ["a/b", 80],
    ["user@host", 80],
    ["host:81", 80],
    ["host?x", 80],
    ["-host", 80],
    ["[fd00::7", 80],
    ["fd00::7]", 80],
    ["1::2::3", 80],
    ["999.1.1.1", 80],
    ["a".repeat(254), 80],
    ["host", 65_536],
  ] as const
) {
  test(`${host}:${port} is refused as an address`, async () => {
    const { pool } = await withPool();
    assert.equal((await refusal(pool.register("v", { host, port, scheme: "http" }))).status, 422);
    assert.isEmpty(await pool.all());
  });
}

test("a validator that registers again has its new address", async () => {
  const { pool } = await withPool();
  await pool.register("v", { host: "old", port: 1, scheme: "http" });
  await pool.register("v", { host: "new", port: 2, scheme: "http" });
  assert.deepEqual((await pool.all()).map(({ url }) => url), ["http://new:2"]);
});

test("of two processes that assign a miner at once one succeeds", async () => {
  const { pool, context } = await withPool();
  const other = new ValidatorPool(context);
  await pool.register("v", { host: "v", port: 1, scheme: "http" });
  const [validator] = await pool.all();
  const miner = { hotkey: "m", layer: 1 };
  const done = await Promise.all([pool.assign(validator, miner), other.assign(validator, miner)]);
  assert.equal(done.filter((record) => record?.tracked?.hotkey === "m").length, 1);
});

test("a question is signed and gets its answer", async () => {
  const { pool, validators } = await withPool();
  await pool.register("v", { host: "v", port: 1, scheme: "http" });
  const [validator] = await pool.all();
  assert.deepEqual(await pool.ask(validator, "backward", QUESTION), validators.answer);
  assert.deepEqual(validators.asked, ["v:1 backward u"]);
});

test("an answer of another form is no finding", async () => {
  const { pool, validators } = await withPool();
  await pool.register("v", { host: "v", port: 1, scheme: "http" });
  validators.answer = { is_valid: "yes" };
  const [validator] = await pool.all();
  assert.instanceOf(await failureOf(pool.ask(validator, "backward", QUESTION)), WeftError);
});

test("a validator that leaves three questions without an answer is forgotten, with one line", async () => {
  const { pool, validators, context } = await withPool();
  await pool.register("v", { host: "v", port: 1, scheme: "http" });
  validators.gone.add("v:1");
  const [validator] = await pool.all();
  for (let question = 0; question < 3; question++) {
    assert.isNotEmpty(await pool.all(), `${question}`);
    const failed = failureOf(pool.ask(validator, "backward", QUESTION));
    await context.time.pass(MINUTE_MS);
    assert.instanceOf(await failed, WeftError);
  }
  assert.isEmpty(await pool.all());
  assert.equal(context.lines.filter((line) => line.includes("is forgotten")).length, 1);
});

test("a validator that has moved is not forgotten for questions to its old address", async () => {
  const { pool, validators, context } = await withPool();
  await pool.register("v", { host: "old", port: 1, scheme: "http" });
  const [before] = await pool.all();
  await context.time.pass(MINUTE_MS);
  await pool.register("v", { host: "new", port: 1, scheme: "http" });
  validators.gone.add("old:1");
  for (let question = 0; question < 3; question++) {
    const failed = failureOf(pool.ask(before, "backward", QUESTION));
    await context.time.pass(MINUTE_MS);
    await failed;
  }
  assert.deepEqual((await pool.all()).map(({ url }) => url), ["http://new:1"]);
});

test("an answer between makes up for questions without one", async () => {
  const { pool, validators, context } = await withPool();
  await pool.register("v", { host: "v", port: 1, scheme: "http" });
  const [validator] = await pool.all();
  for (const isGone of [true, true, false, true, true]) {
    if (isGone) validators.gone.add("v:1");
    else validators.gone.clear();
    const asked = failureOf(pool.ask(validator, "backward", QUESTION));
    await context.time.pass(MINUTE_MS);
    await asked;
  }
  assert.isNotEmpty(await pool.all());
});

import { test } from "#test";
import { assert } from "chai";
import type { ServedRequest } from "../../../core/host.ts";
import { scoreRoutes } from "../../../core/iota/orchestrator/score_routes.ts";
import { Scores } from "../../../core/iota/orchestrator/scores.ts";
import { ValidatorPool } from "../../../core/iota/orchestrator/validator_pool.ts";
import { testContext } from "./context.ts";
import { refusal } from "./training_swarm.ts";

const request: ServedRequest = {
  ...{ method: "POST", target: "/", headers: new Headers(), remoteAddress: "127.0.0.1" },
  signal: new AbortController().signal,
  body: nothing(),
};

async function* nothing(): AsyncGenerator<Uint8Array<ArrayBuffer>> {}

async function routes(): Promise<
  { handlers: ReturnType<typeof scoreRoutes>; pool: ValidatorPool; scores: Scores }
> {
  const context = await testContext();
  const [scores, pool] = [new Scores(context), new ValidatorPool(context)];
  return { handlers: scoreRoutes({ context, scores, pool }), pool, scores };
}

test("a validator that registers is told the orchestrator's version", async () => {
  const { handlers, pool } = await routes();
  const query = { host: "v", port: 8100, scheme: "http" } as const;
  const call = { hotkey: "v", waitMs: 0, request, query };
  assert.equal((await handlers.registerValidator(call)).version, "1");
  assert.deepEqual((await pool.all()).map(({ url }) => url), ["http://v:8100"]);
});

test("a score of somebody who is not registered is taken, and counts for nothing", async () => {
  const { handlers, scores } = await routes();
  await handlers.submitScores({ hotkey: "v", waitMs: 0, request, body: { "3": 1 } });
  // Nobody with this uid is registered.
  assert.deepEqual(await scores.global(), {});
});

test("scores beyond what a validator gives are refused", async () => {
  const { handlers } = await routes();
  const submitted = handlers.submitScores({ hotkey: "v", waitMs: 0, request, body: { "3": 1e6 } });
  assert.equal((await refusal(submitted)).status, 422);
});

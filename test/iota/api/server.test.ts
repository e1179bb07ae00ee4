import { test } from "#test";
import { assert } from "chai";
import {
  chainHandlers,
  matchRoutes,
  type ServerOptions,
  serveRoutes,
} from "../../../core/iota/api/server.ts";
import { ROUTES, VALIDATOR_ROUTES } from "../../../core/iota/api/routes.ts";
import type { Activation } from "../../../core/iota/api/schemas.ts";
import { type Call, type Handlers, Refusal } from "../../../core/iota/api/service.ts";
import type { HttpHandler } from "../../../core/host.ts";
import { failureOf, KeptLog } from "../../harness/kept_log.ts";
import { ALICE, serve, signedHeaders, TestTime } from "./api_setup.ts";

const { health, randomActivation, layerWeights, isActive, learningRate } = ROUTES;
const SERVED = { health, randomActivation, layerWeights, isActive, learningRate };

type Served = typeof SERVED;

/** A server of some routes. */
class Setup {
  readonly time = new TestTime();
  readonly log = new KeptLog();
  /** What the handlers saw, newest last. */
  readonly calls: { readonly hotkey: string; readonly waitMs: number; readonly query?: unknown }[] =
    [];
  readonly handler: HttpHandler;

  constructor(handlers: Partial<Handlers<Served>> = {}, options: Partial<ServerOptions> = {}) {
    const seen = <T>(call: Call<Served[keyof Served]>, answer: T): Promise<T> => {
      this.calls.push(call);
      return Promise.resolve(answer);
    };
    this.handler = serveRoutes(SERVED, {
      health: (call) => seen(call, { status: "healthy" }),
      randomActivation: (call) => seen(call, nothing("no_activation_found")),
      layerWeights: (call) => seen(call, null),
      isActive: (call) => seen(call, { is_active: true }),
      learningRate: (call) => seen(call, 2e-4),
      ...handlers,
    }, { clock: this.time, wallClock: this.time, log: this.log, ...options });
  }

  /** Asks as Alice. */
  async ask(
    method: "GET" | "POST",
    target: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly status: number; readonly data: unknown }> {
    const signed = await signedHeaders(ALICE, {}, this.time);
    return await serve(this.handler, { method, target, headers: { ...signed, ...headers } });
  }
}

/** No work. */
function nothing(reason: string): Activation {
  return {
    activation_uid: null,
    activation_path: null,
    direction: null,
    initial_activation: null,
    initial_activation_path: null,
    reason,
  };
}

test("an answer is JSON with its type, even a bare number", async () => {
  const setup = new Setup();
  const headers = await signedHeaders(ALICE, {}, setup.time);
  const target = learningRate.path;
  const answer = await serve(setup.handler, { method: "GET", target, headers });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers["content-type"], "application/json");
  assert.equal(answer.data, 2e-4);
});

test("a handler is told who asks", async () => {
  const setup = new Setup();
  await setup.ask("POST", randomActivation.path);
  assert.equal(setup.calls[0].hotkey, ALICE.address);
});

test("a public route needs no signature and has no hotkey", async () => {
  const setup = new Setup();
  const answer = await serve(setup.handler, { method: "GET", target: health.path });
  assert.deepEqual(answer.data, { status: "healthy" });
  assert.equal(setup.calls[0].hotkey, "");
});

test("a path without a route is 404 as FastAPI has it", async () => {
  const answer = await new Setup().ask("GET", "/orchestrator/nothing");
  assert.deepEqual([answer.status, answer.data], [404, { detail: "Not Found" }]);
});

test("a path with another method is 405 and says which it takes", async () => {
  const { handler } = new Setup();
  const answer = await serve(handler, { method: "GET", target: randomActivation.path });
  assert.deepEqual([answer.status, answer.data], [405, { detail: "Method Not Allowed" }]);
  assert.equal(answer.headers.allow, "POST");
});

test("a name in a path is read as the query is", async () => {
  const setup = new Setup();
  await setup.ask("GET", "/storage/weights/layer/3");
  assert.deepEqual(setup.calls[0].query, { layer: 3 });
});

test("a query cannot say otherwise than the path", async () => {
  const setup = new Setup();
  await setup.ask("GET", "/storage/weights/layer/3?layer=4");
  assert.deepEqual(setup.calls[0].query, { layer: 3 });
});

test("a query is unescaped, and what is unknown is left out", async () => {
  const setup = new Setup();
  await setup.ask("GET", `${isActive.path}?layer=1&activation_uid=a%2Fb&more=1`);
  assert.deepEqual(setup.calls[0].query, { layer: 1, activation_uid: "a/b" });
});

test("a query without a field is 422 and names it", async () => {
  const setup = new Setup();
  const answer = await setup.ask("GET", `${isActive.path}?layer=1`);
  assert.equal(answer.status, 422);
  assert.deepEqual(answer.data, {
    detail: [{ type: "missing", loc: ["query", "activation_uid"], msg: "Field required" }],
  });
  assert.lengthOf(setup.calls, 0);
});

for (const layer of ["-1", "1.5", "x", ""]) {
  test(`a layer ${JSON.stringify(layer)} is 422`, async () => {
    const answer = await new Setup().ask("GET", `${isActive.path}?layer=${layer}&activation_uid=a`);
    assert.equal(answer.status, 422);
  });
}

const WAITS: readonly (readonly [string, number])[] = [
  ["0.5", 500],
  ["20", 20_000],
  ["3600", 20_000],
  ["Infinity", 20_000],
  ["-1", 0],
  ["soon", 0],
  ["", 0],
];

for (const [asked, waitMs] of WAITS) {
  test(`an answer that may be held back for ${JSON.stringify(asked)} s waits ${waitMs} ms`, async () => {
    const setup = new Setup();
    await setup.ask("POST", randomActivation.path, { "x-weft-wait": asked });
    assert.equal(setup.calls[0].waitMs, waitMs);
  });
}

test("without the header no answer is held back", async () => {
  const setup = new Setup();
  await setup.ask("POST", randomActivation.path);
  assert.equal(setup.calls[0].waitMs, 0);
});

test("a handler's refusal is answered with its status and detail, and one line of debugging", async () => {
  const refuse = (): Promise<never> => Promise.reject(new Refusal(409, "weights_uploading"));
  const setup = new Setup({ randomActivation: refuse });
  const answer = await setup.ask("POST", randomActivation.path);
  assert.deepEqual([answer.status, answer.data], [409, { detail: "weights_uploading" }]);
  assert.deepEqual(setup.log.lines, [
    "debug: 409 POST /storage/activations/random of 5GrwvaEF: weights_uploading",
  ]);
});

test("any other error is 500 without its text, which is one line of the log", async () => {
  const fail = (): Promise<never> => Promise.reject(new Error("key 0xabc\nis broken"));
  const setup = new Setup({ randomActivation: fail });
  const answer = await setup.ask("POST", randomActivation.path);
  assert.deepEqual([answer.status, answer.data], [500, { detail: "Internal Server Error" }]);
  assert.deepEqual(setup.log.lines, [
    "error: POST /storage/activations/random of 5GrwvaEF failed: Error: key 0xabc is broken",
  ]);
});

test("a handler that throws at once is no other than one that rejects", async () => {
  const setup = new Setup({
    randomActivation: () => {
      throw new Error("at once");
    },
  });
  assert.equal((await setup.ask("POST", randomActivation.path)).status, 500);
});

test("an error after the client has gone is not logged", async () => {
  const gone = new AbortController();
  const setup = new Setup({
    randomActivation: () => {
      gone.abort();
      return Promise.reject(new Error("nobody waits"));
    },
  });
  const headers = await signedHeaders(ALICE, {}, setup.time);
  const target = randomActivation.path;
  await serve(setup.handler, { target, headers, signal: gone.signal });
  assert.deepEqual(setup.log.lines, []);
});

test("matchRoutes() leaves other paths to others, and keeps its own", async () => {
  const { time, log } = new Setup();
  const options = { clock: time, wallClock: time, log };
  const first = matchRoutes({ health }, {
    health: () => Promise.resolve({ status: "first" }),
  }, options);
  const second = matchRoutes({ health, status: VALIDATOR_ROUTES.status }, {
    health: () => Promise.resolve({ status: "second" }),
    status: () => Promise.resolve({ layer: 1 }),
  }, options);
  const handler = chainHandlers(first, second);
  const ask = async (target: string, method = "GET"): Promise<unknown> => {
    const { status, data } = await serve(handler, { method, target });
    return [status, data];
  };
  assert.deepEqual(await ask(health.path), [200, { status: "first" }]);
  assert.deepEqual(await ask(VALIDATOR_ROUTES.status.path), [200, { layer: 1 }]);
  assert.deepEqual(await ask(health.path, "POST"), [405, { detail: "Method Not Allowed" }]);
  assert.deepEqual(await ask("/"), [404, { detail: "Not Found" }]);
});

test("a route that is not in the list cannot be reached by a name of JavaScript's", async () => {
  const { handler } = new Setup();
  for (const target of ["__proto__", "constructor", "/constructor", ""]) {
    assert.equal((await serve(handler, { method: "GET", target })).status, 404);
  }
  assert.isUndefined(await failureOf(serve(handler, { method: "constructor", target: "/" })));
});

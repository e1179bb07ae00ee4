import { encodeAddress } from "@polkadot/util-crypto/address";
import { test } from "#test";
import { assert } from "chai";
import type { HttpHandler } from "../../../core/host.ts";
import type { ServerOptions } from "../../../core/iota/api/gate.ts";
import { ROUTES } from "../../../core/iota/api/routes.ts";
import { serveRoutes } from "../../../core/iota/api/server.ts";
import { Refusal } from "../../../core/iota/api/service.ts";
import { PythonFloat } from "../../../core/formats/python_json.ts";
import { verifyMessage } from "../../../core/wallet/verify.ts";
import { KeptLog } from "../../harness/kept_log.ts";
import {
  ALICE,
  BOB,
  serve,
  signedHeaders,
  type TestAnswer,
  type TestRequest,
  TestTime,
} from "./api_setup.ts";

const { reportLoss, updateStatus, presignedUrl, isRegistered, registerMiner, losses } = ROUTES;
const SERVED = { reportLoss, updateStatus, presignedUrl, isRegistered, registerMiner, losses };
const LOSS = { activation_uid: "u", loss_value: new PythonFloat(2) };
const LOSS_TEXT = '{"activation_uid": "u", "loss_value": 2.0}';

/** A server that tells what it read. */
class Setup {
  readonly time = new TestTime();
  readonly log = new KeptLog();
  /** Bodies that were let through. */
  readonly bodies: unknown[] = [];
  readonly handler: HttpHandler;
  /** What the next handler throws. */
  failure: Error | undefined;

  constructor(options: Partial<ServerOptions> = {}) {
    const seen = <T>(body: unknown, answer: T): Promise<T> => {
      const { failure } = this;
      this.failure = undefined;
      if (failure !== undefined) return Promise.reject(failure);
      this.bodies.push(body);
      return Promise.resolve(answer);
    };
    const message = "done";
    this.handler = serveRoutes(SERVED, {
      reportLoss: ({ body, hotkey }) => seen(body, { ...body, hotkey, timestamp: 1, message }),
      updateStatus: ({ body }) => seen(body, { message }),
      presignedUrl: ({ body }) => seen(body, { message, data: { presigned_data: "http://a" } }),
      isRegistered: ({ body }) => seen(body, { is_registered: true }),
      registerMiner: ({ body, hotkey }) => seen(body, { hotkey, layer: 0, message, version: "2" }),
      losses: ({ body }) => seen(body, { losses: {} }),
    }, { clock: this.time, wallClock: this.time, log: this.log, ...options });
  }

  ask(request: TestRequest): Promise<TestAnswer> {
    return serve(this.handler, request);
  }

  /** A loss as Alice reports it. */
  async loss(changes: Partial<TestRequest> = {}): Promise<TestRequest> {
    const headers = await signedHeaders(ALICE, LOSS, this.time);
    return { target: reportLoss.path, headers, text: LOSS_TEXT, ...changes };
  }

  /** Whether Alice is registered. */
  async registered(more: Readonly<Record<string, string>> = {}): Promise<TestRequest> {
    const headers = { ...await signedHeaders(ALICE, {}, this.time), ...more };
    return { method: "GET", target: isRegistered.path, headers };
  }
}

test("a body as Python sends it is verified as Python signs it", async () => {
  const setup = new Setup();
  assert.equal((await setup.ask(await setup.loss())).status, 200);
  assert.deepEqual(setup.bodies, [{ activation_uid: "u", loss_value: 2 }]);
});

test("a body that leaves fields out is signed as it was sent, as the published miner does", async () => {
  const setup = new Setup();
  const body = { status: "idle", activation_path: null };
  const headers = await signedHeaders(ALICE, body, setup.time);
  await setup.ask({ target: updateStatus.path, headers, text: JSON.stringify(body) });
  assert.deepEqual(setup.bodies, [{ ...body, activation_uid: null }]);
});

test("a body may be signed as the published server reads it, with defaults and float", async () => {
  const setup = new Setup();
  const text = '{"more": [1], "loss_value": 2, "activation_uid": "u"}';
  assert.equal((await setup.ask(await setup.loss({ text }))).status, 200);
});

test("a body goes with GET", async () => {
  const setup = new Setup();
  const body = { path: "weights/a", expires_in: 60 };
  const headers = await signedHeaders(ALICE, body, setup.time);
  const text = JSON.stringify(body);
  await setup.ask({ method: "GET", target: presignedUrl.path, headers, text });
  assert.deepEqual(setup.bodies, [body]);
});

test("without a body an empty object is signed", async () => {
  const setup = new Setup();
  assert.equal((await setup.ask(await setup.registered())).status, 200);
});

test("an empty body where fields are wanted is 422, and names the first", async () => {
  const setup = new Setup();
  const headers = await signedHeaders(ALICE, {}, setup.time);
  const answer = await setup.ask({ target: reportLoss.path, headers });
  assert.deepEqual([answer.status, answer.data], [422, {
    detail: [{ type: "missing", loc: ["body", "activation_uid"], msg: "Field required" }],
  }]);
});

test("a list where an object is wanted is 422", async () => {
  const setup = new Setup();
  const headers = await signedHeaders(ALICE, [1], setup.time);
  const answer = await setup.ask({ target: reportLoss.path, headers, text: "[1]" });
  assert.equal(answer.status, 422);
});

const OTHER_TEXTS: Readonly<Record<string, string>> = {
  "another value": LOSS_TEXT.replace("2.0", "2.5"),
  "a sign": LOSS_TEXT.replace("2.0", "-2.0"),
  "another key": LOSS_TEXT.replace('"u"', '"v"'),
  "no body": "",
  "an empty object": "{}",
};

for (const [what, text] of Object.entries(OTHER_TEXTS)) {
  test(`a body that is not the signed one is refused: ${what}`, async () => {
    const setup = new Setup();
    const answer = await setup.ask(await setup.loss({ text }));
    assert.deepEqual([answer.status, answer.data], [401, {
      detail: "Epistula verification failed: Signature Mismatch",
    }]);
    assert.lengthOf(setup.bodies, 0);
  });
}

test("a request without a signature is refused, and the log says so", async () => {
  const setup = new Setup();
  const answer = await setup.ask({ target: reportLoss.path, text: LOSS_TEXT });
  assert.equal(answer.status, 401);
  assert.deepEqual(setup.log.lines, [
    "debug: 401 POST /orchestrator/miners/report_loss of ::1: " +
    "Epistula verification failed: Invalid Signature",
  ]);
});

test("a request that claims another's key is refused", async () => {
  const setup = new Setup();
  const request = await setup.registered({ "epistula-signed-by": BOB.address });
  assert.equal((await setup.ask(request)).status, 401);
});

test("a request of a minute ago, or of a minute ahead, is refused", async () => {
  const setup = new Setup();
  const request = await setup.registered();
  setup.time.advance(60_000);
  assert.equal((await setup.ask(request)).status, 401);
  setup.time.advance(-120_000);
  assert.equal((await setup.ask(request)).status, 401);
});

test("a request is good once", async () => {
  const setup = new Setup();
  const request = await setup.registered();
  await setup.ask(request);
  setup.time.advance(2_000);
  const answer = await setup.ask(request);
  assert.deepEqual([answer.status, answer.data], [401, {
    detail: "Epistula verification failed: Request was sent before",
  }]);
});

test("a request is no other one under the same key's address of another network", async () => {
  const setup = new Setup();
  const request = await setup.registered();
  await setup.ask(request);
  setup.time.advance(2_000);
  // Polkadot's prefix is 0, and its addresses begin with 1.
  const polkadot = encodeAddress(ALICE.publicKey, 0);
  assert.isTrue(polkadot.startsWith("1"));
  const headers = { ...request.headers, "epistula-signed-by": polkadot };
  assert.equal((await setup.ask({ ...request, headers })).status, 401);
});

for (const failure of [new Error("a bug"), new Refusal(503, "not now")]) {
  test(`a request that failed here (${failure.message}) may come again as it is`, async () => {
    const setup = new Setup({ rateFactor: Infinity });
    const request = await setup.registered();
    setup.failure = failure;
    assert.isAtLeast((await setup.ask(request)).status, 500);
    assert.equal((await setup.ask(request)).status, 200);
    assert.equal((await setup.ask(request)).status, 401);
  });
}

test("a request that came too often may come again as it is, as the published client does", async () => {
  const setup = new Setup();
  await setup.ask(await setup.registered());
  const request = await setup.registered();
  assert.equal((await setup.ask(request)).status, 429);
  setup.time.advance(3_000);
  assert.equal((await setup.ask(request)).status, 200);
});

test("a request that was refused for what it says may not come again", async () => {
  const setup = new Setup({ rateFactor: Infinity });
  const request = await setup.registered();
  setup.failure = new Refusal(409, "is_training");
  await setup.ask(request);
  assert.equal((await setup.ask(request)).status, 401);
});

test("more than a route allows is 429 with slowapi's text and when to ask again", async () => {
  const setup = new Setup();
  await setup.ask(await setup.registered());
  setup.time.advance(400);
  const answer = await setup.ask(await setup.registered());
  const text = "Rate limit exceeded: 1 per 1 second";
  assert.deepEqual([answer.status, answer.data], [429, { error: text, detail: text }]);
  assert.equal(answer.headers["retry-after"], "1");
});

test("routes are counted apart, and so are keys", async () => {
  const setup = new Setup();
  await setup.ask(await setup.registered());
  assert.equal((await setup.ask(await setup.loss())).status, 200);
  const headers = await signedHeaders(BOB, {}, setup.time);
  const ofBob = await setup.ask({ method: "GET", target: isRegistered.path, headers });
  assert.equal(ofBob.status, 200);
});

test("who claims a key does not use up what it may ask", async () => {
  const setup = new Setup();
  const forged = { "epistula-signed-by": ALICE.address };
  const headers = { ...await signedHeaders(BOB, {}, setup.time), ...forged };
  await setup.ask({ method: "GET", target: isRegistered.path, headers });
  assert.equal((await setup.ask(await setup.registered())).status, 200);
});

test("a public route counts by address", async () => {
  const setup = new Setup();
  const ask = async (remoteAddress: string): Promise<number> =>
    (await setup.ask({ method: "GET", target: losses.path, remoteAddress })).status;
  for (let at = 0; at < 15; at++) assert.equal(await ask("10.0.0.1"), 200);
  assert.equal(await ask("10.0.0.1"), 429);
  assert.equal(await ask("10.0.0.2"), 200);
});

test("another spec version is 409 with the published text", async () => {
  const setup = new Setup();
  const answer = await setup.ask(await setup.registered({ "x-spec-version": "4064" }));
  assert.deepEqual([answer.status, answer.data], [409, {
    detail: "Spec version mismatch. Expected: 4065, Received: 4064",
  }]);
});

test("another orchestrator's version is 409 with the published text", async () => {
  const setup = new Setup({ version: "b" });
  const request = await setup.registered({
    "x-spec-version": "4065",
    "x-orchestrator-version": "a",
  });
  const answer = await setup.ask(request);
  assert.deepEqual([answer.status, answer.data], [409, {
    detail: "Orchestrator version mismatch. Expected: b, Received: a",
  }]);
});

for (const version of ["b", undefined]) {
  test(`the orchestrator's version ${version ?? "left out"} is let through`, async () => {
    const setup = new Setup({ version: "b" });
    const more: Record<string, string> = version ? { "x-orchestrator-version": version } : {};
    assert.equal((await setup.ask(await setup.registered(more))).status, 200);
  });
}

test("who registers may have an old version, but no other protocol", async () => {
  const setup = new Setup({ version: "b", rateFactor: Infinity });
  const target = registerMiner.path;
  const old = { "x-orchestrator-version": "a", "x-spec-version": "4065" };
  const headers = { ...await signedHeaders(ALICE, {}, setup.time), ...old };
  assert.equal((await setup.ask({ target, headers, text: "{}" })).status, 200);
  const other = { ...await signedHeaders(ALICE, {}, setup.time), "x-spec-version": "1" };
  assert.equal((await setup.ask({ target, headers: other, text: "{}" })).status, 409);
});

test("who may ask is asked by key and access, after the signature", async () => {
  const asked: string[] = [];
  const setup = new Setup({
    admit: (hotkey, access) => {
      asked.push(`${hotkey} ${access}`);
      return Promise.reject(new Refusal(403, `Hotkey ${hotkey} not registered on subnet`));
    },
  });
  await setup.ask(await setup.registered({ "epistula-signed-by": BOB.address }));
  assert.deepEqual(asked, []);
  const answer = await setup.ask(await setup.registered());
  assert.equal(answer.status, 403);
  assert.deepEqual(answer.data, { detail: `Hotkey ${ALICE.address} not registered on subnet` });
  assert.deepEqual(asked, [`${ALICE.address} miner`]);
  assert.lengthOf(setup.bodies, 0);
});

test("nobody is asked about on a public route", async () => {
  const setup = new Setup({ admit: () => Promise.reject(new Refusal(403, "no")) });
  assert.equal((await setup.ask({ method: "GET", target: losses.path })).status, 200);
});

for (const isChunked of [false, true]) {
  test(`a body that is too large ${isChunked ? "without" : "with"} its length is 413`, async () => {
    const setup = new Setup({ maxBodyBytes: 100 });
    const text = LOSS_TEXT.padEnd(101);
    const answer = await setup.ask(await setup.loss({ text, isChunked }));
    assert.deepEqual([answer.status, answer.data], [413, {
      detail: "The body has more than 100 bytes",
    }]);
  });

  test(`a body of just the size ${isChunked ? "without" : "with"} its length is read`, async () => {
    const setup = new Setup({ maxBodyBytes: 100 });
    const text = LOSS_TEXT.padEnd(100);
    assert.equal((await setup.ask(await setup.loss({ text, isChunked }))).status, 200);
  });
}

const NO_JSON: Readonly<Record<string, string | Uint8Array<ArrayBuffer>>> = {
  "half a text": LOSS_TEXT.slice(0, -1),
  "a form": "activation_uid=u",
  "Python's NaN": LOSS_TEXT.replace("2.0", "NaN"),
  "many brackets": "[".repeat(100_000),
  "what is no UTF-8": new Uint8Array([0x22, 0xff, 0x22]),
  "a UTF-8 mark before it": new TextEncoder().encode(`\ufeff${LOSS_TEXT}`),
};

for (const [what, text] of Object.entries(NO_JSON)) {
  test(`a body that is no JSON is 422: ${what}`, async () => {
    const setup = new Setup();
    assert.equal((await setup.ask(await setup.loss({ text }))).status, 422);
    assert.lengthOf(setup.bodies, 0);
  });
}

test("signatures may be checked elsewhere", async () => {
  const checked: string[] = [];
  const setup = new Setup({
    rateFactor: Infinity,
    checkSignature: (message, signature, address) => {
      checked.push(address);
      return Promise.resolve(verifyMessage(message, signature, address));
    },
  });
  assert.equal((await setup.ask(await setup.registered())).status, 200);
  const forged = await setup.registered({ "epistula-signed-by": BOB.address });
  assert.equal((await setup.ask(forged)).status, 401);
  assert.deepEqual(checked, [ALICE.address, BOB.address]);
});

test("of two that come at once with one signature, checked elsewhere, one is let through", async () => {
  const setup = new Setup({
    rateFactor: Infinity,
    checkSignature: async (...signed) => {
      await new Promise((resolve) => setTimeout(resolve, 0));
      return verifyMessage(...signed);
    },
  });
  const request = await setup.registered();
  const answers = await Promise.all([setup.ask(request), setup.ask(request)]);
  assert.sameMembers(answers.map(({ status }) => status), [200, 401]);
});

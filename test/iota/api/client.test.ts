import { test } from "#test";
import { assert } from "chai";
import { WeftError } from "../../../core/errors.ts";
import type { HttpRequest, HttpResponse } from "../../../core/host.ts";
import {
  ApiClient,
  RefusedError,
  SpecMismatchError,
  UnansweredError,
  VersionMismatchError,
  WrongPhaseError,
} from "../../../core/iota/api/client.ts";
import { VALIDATOR_ROUTES } from "../../../core/iota/api/routes.ts";
import { EpistulaVerifier } from "../../../core/iota/epistula.ts";
import { PythonFloat } from "../../../core/formats/python_json.ts";
import { failureOf, KeptLog } from "../../harness/kept_log.ts";
import { ALICE, randomBytes, response, TestTime, textOf } from "./api_setup.ts";

/** One answer of a scripted server. */
type Line = HttpResponse | ((request: HttpRequest) => Promise<HttpResponse>);

/** A client whose server says these lines, the last one for ever. */
class Setup {
  readonly time = new TestTime();
  readonly log = new KeptLog();
  readonly requests: HttpRequest[] = [];
  readonly client: ApiClient;

  constructor(...lines: readonly (() => Line)[]) {
    this.client = new ApiClient({
      baseUrl: "http://orchestrator:8000/api/",
      signer: ALICE,
      http: (request) => {
        this.requests.push(request);
        const line = lines[Math.min(this.requests.length, lines.length) - 1]();
        return typeof line === "function" ? line(request) : Promise.resolve(line);
      },
      clock: this.time,
      wallClock: this.time,
      randomBytes,
      log: this.log,
    });
  }

  /** Lets time pass until the answer is there, and gives what it fails with. */
  failure(work: Promise<unknown>): Promise<unknown> {
    return this.time.until(failureOf(work));
  }
}

const REGISTERED = () => response(200, { hotkey: "5F", layer: 2, message: "ok", version: "v1" });
const YES = () => response(200, { is_registered: true });
const WRONG = () => response(500, "Internal Server Error");
const NO_CONNECTION = () => (): Promise<never> => Promise.reject(new WeftError("no connection"));

/** Answers nothing until it is given up. */
const SILENCE = () => ({ signal }: HttpRequest): Promise<never> =>
  new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));

test("a request goes to the route's address below the base", async () => {
  const setup = new Setup(YES);
  await setup.client.ask("isRegistered", {});
  const [{ method, url, body }] = setup.requests;
  assert.equal(`${method} ${url}`, "GET http://orchestrator:8000/api/orchestrator/is_registered");
  assert.isUndefined(body);
});

test("a query is escaped, and a path filled", async () => {
  const setup = new Setup(() => response(200, { is_active: true }), () => response(200, null));
  await setup.client.ask("isActive", { query: { layer: 1, activation_uid: "a/b&c" } });
  await setup.client.ask("layerWeights", { query: { layer: 4 } });
  assert.match(setup.requests[0].url, /is_active\?layer=1&activation_uid=a%2Fb%26c$/);
  assert.match(setup.requests[1].url, /\/storage\/weights\/layer\/4$/);
});

test("what is signed is what is sent, with every field of the model", async () => {
  const setup = new Setup(() => response(200, { message: "ok" }));
  await setup.client.ask("updateStatus", { body: { status: "idle" } });
  const [{ headers = {}, body }] = setup.requests;
  const text = '{"activation_path": null, "activation_uid": null, "status": "idle"}';
  assert.equal(await textOf(body), text);
  assert.equal(headers["Content-Type"], "application/json");
  const verifier = new EpistulaVerifier(setup.time);
  const signer = verifier.verify(new Headers(headers), JSON.parse(text));
  assert.equal(signer, ALICE.address);
});

test("a loss is a float on the wire even if it is whole", async () => {
  const answer = { hotkey: "5F", activation_uid: "u", loss_value: 2, timestamp: 1, message: "ok" };
  const setup = new Setup(() => response(200, answer));
  await setup.client.ask("reportLoss", { body: { activation_uid: "u", loss_value: 2 } });
  const [{ headers = {}, body }] = setup.requests;
  assert.equal(await textOf(body), '{"activation_uid": "u", "loss_value": 2.0}');
  const data = { activation_uid: "u", loss_value: new PythonFloat(2) };
  assert.equal(new EpistulaVerifier(setup.time).verify(new Headers(headers), data), ALICE.address);
});

test("a body goes with GET", async () => {
  const answer = { message: "ok", data: { presigned_data: "http://store/a" } };
  const setup = new Setup(() => response(200, answer));
  await setup.client.ask("presignedUrl", { body: { path: "weights/a" } });
  assert.equal(setup.requests[0].method, "GET");
  assert.equal(await textOf(setup.requests[0].body), '{"expires_in": 3600, "path": "weights/a"}');
});

test("a body that the route does not take is not sent", async () => {
  const setup = new Setup(YES);
  const body = { activation_uid: "u", loss_value: NaN };
  const failure = await setup.failure(setup.client.ask("reportLoss", { body }));
  assert.instanceOf(failure, WeftError);
  assert.include(`${failure}`, "loss_value");
  assert.lengthOf(setup.requests, 0);
});

test("the version of the registration is sent from then on, and the spec's always", async () => {
  const setup = new Setup(REGISTERED, YES);
  const { layer } = await setup.client.register();
  await setup.client.ask("isRegistered", {});
  assert.equal(layer, 2);
  const [first, second] = setup.requests.map(({ headers }) => new Headers({ ...headers }));
  assert.isNull(first.get("x-orchestrator-version"));
  assert.equal(second.get("x-orchestrator-version"), "v1");
  assert.equal(first.get("x-spec-version"), "4065");
});

test("who registers again does not send the old version", async () => {
  const setup = new Setup(REGISTERED);
  await setup.client.register();
  await setup.client.ask("registerMiner", { body: {} });
  assert.isNull(new Headers({ ...setup.requests[1].headers }).get("x-orchestrator-version"));
  assert.equal(setup.client.version, "v1");
});

test("a validator's registration gives it the version too", async () => {
  const setup = new Setup(() => response(200, { message: "ok", version: "v2" }));
  const query = { host: "10.0.0.1", port: 8080, scheme: "http" as const };
  await setup.client.ask("registerValidator", { query });
  assert.equal(setup.client.version, "v2");
  assert.match(setup.requests[0].url, /\?host=10\.0\.0\.1&port=8080&scheme=http$/);
});

test("waiting and what is known already are headers, and left out otherwise", async () => {
  const setup = new Setup(() => response(200, { status: "is_training", num_sections: 3 }));
  const query = { layer: 1 };
  await setup.client.ask("phase", { query }, { waitMs: 2500, knownPhase: "weights_uploading" });
  await setup.client.ask("phase", { query });
  const [first, second] = setup.requests.map(({ headers }) => new Headers({ ...headers }));
  assert.equal(first.get("x-weft-wait"), "2.5");
  assert.equal(first.get("x-weft-known-phase"), "weights_uploading");
  assert.isNull(second.get("x-weft-wait"));
  assert.isNull(second.get("x-weft-known-phase"));
});

test("an answer without some fields gets their defaults", async () => {
  const setup = new Setup(() => response(200, { reason: "not training", more: 1 }));
  const answer = await setup.client.ask("randomActivation", {});
  assert.equal(answer.reason, "not training");
  assert.isNull(answer.direction);
});

const MISFITS: Readonly<Record<string, unknown>> = {
  "another type": { is_registered: "yes" },
  "a missing field": {},
  "a list": [],
  "no JSON": "<html>",
  "nothing": "",
};

for (const [what, data] of Object.entries(MISFITS)) {
  test(`an answer that does not fit is one line and not asked again: ${what}`, async () => {
    const setup = new Setup(() => response(200, data));
    const failure = await setup.failure(setup.client.ask("isRegistered", {}));
    assert.instanceOf(failure, WeftError);
    assert.match(
      `${failure}`,
      /^WeftError: GET \/orchestrator\/is_registered .*orchestrator:8000.*$/,
    );
    assert.lengthOf(setup.requests, 1);
  });
}

test("a wrong phase says which is right", async () => {
  const setup = new Setup(() => response(409, { detail: "weights_uploading" }));
  const failure = await setup.failure(setup.client.ask("randomActivation", {}));
  assert.instanceOf(failure, WrongPhaseError);
  if (failure instanceof WrongPhaseError) assert.equal(failure.expected, "weights_uploading");
  assert.lengthOf(setup.requests, 1);
});

test("a version mismatch of the orchestrator and one of the protocol are told apart", async () => {
  const text = (what: string) => () =>
    response(409, { detail: `${what} version mismatch. Expected: 1, Received: 2` });
  const ours = new Setup(text("Orchestrator"));
  assert.instanceOf(await ours.failure(ours.client.ask("isRegistered", {})), VersionMismatchError);
  const spec = new Setup(text("Spec"));
  assert.instanceOf(await spec.failure(spec.client.ask("isRegistered", {})), SpecMismatchError);
});

const REFUSALS: readonly (readonly [number, unknown, string])[] = [
  [401, { detail: "Epistula verification failed: Request is too stale" }, "too stale"],
  [403, { detail: "Hotkey 5F not registered on subnet" }, "not registered on subnet"],
  [404, { detail: "Miner not found in registry" }, "not found"],
  [422, { detail: [{ loc: ["body", "a"], msg: "Field required" }] }, "Field required"],
  [418, "I'm a\nteapot", "I'm a teapot"],
  [404, "", "404"],
];

for (const [status, said, reason] of REFUSALS) {
  test(`status ${status} with ${JSON.stringify(said)} is a refusal, in one line, at once`, async () => {
    const setup = new Setup(() => response(status, said));
    const failure = await setup.failure(setup.client.ask("isRegistered", {}));
    assert.instanceOf(failure, RefusedError);
    if (failure instanceof RefusedError) assert.equal(failure.status, status);
    assert.include(`${failure}`, reason);
    assert.notInclude(`${failure}`, "\n");
    assert.lengthOf(setup.requests, 1);
  });
}

test("a redirect is not followed but an error", async () => {
  const setup = new Setup(() => response(302, "", { location: "http://elsewhere" }));
  const failure = await setup.failure(setup.client.ask("isRegistered", {}));
  assert.instanceOf(failure, WeftError);
  assert.lengthOf(setup.requests, 1);
});

for (
  const [what, line] of Object.entries({ "status 500": WRONG, "no connection": NO_CONNECTION })
) {
  test(`${what} is tried again after 3 and 6 seconds, and told in the log`, async () => {
    const setup = new Setup(line, line, YES);
    const answer = await setup.time.until(setup.client.ask("isRegistered", {}));
    assert.isTrue(answer.is_registered);
    assert.equal(setup.time.nowMs(), 9_000);
    assert.lengthOf(setup.log.lines, 2);
    assert.match(setup.log.lines[0], /^warn: .*try 1 of 3, the next in 3 s\)$/);
  });

  test(`${what} three times is given up`, async () => {
    const setup = new Setup(line);
    const failure = await setup.failure(setup.client.ask("isRegistered", {}));
    assert.instanceOf(failure, UnansweredError);
    assert.lengthOf(setup.requests, 3);
    assert.equal(setup.time.nowMs(), 9_000);
  });
}

test("every try is signed anew", async () => {
  const setup = new Setup(WRONG, WRONG, YES);
  await setup.time.until(setup.client.ask("isRegistered", {}));
  const verifier = new EpistulaVerifier(setup.time);
  // Within ten seconds all three are fresh; none is another.
  for (const { headers } of setup.requests) verifier.verify(new Headers({ ...headers }), {});
  const stamps = setup.requests.map(({ headers }) => headers?.["Epistula-Timestamp"]);
  assert.equal(new Set(stamps).size, 3);
});

test("an answer that breaks off is tried again", async () => {
  async function* broken(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    yield new TextEncoder().encode('{"is_');
    await Promise.reject(new WeftError("the connection broke"));
  }
  const setup = new Setup(() => ({ ...YES(), body: broken() }), YES);
  const answer = await setup.time.until(setup.client.ask("isRegistered", {}));
  assert.isTrue(answer.is_registered);
});

test("too many requests wait as long as the server says", async () => {
  const setup = new Setup(() => response(429, { error: "slow" }, { "retry-after": "7" }), YES);
  await setup.time.until(setup.client.ask("isRegistered", {}));
  assert.equal(setup.time.nowMs(), 7_000);
});

const PAUSES: readonly (readonly [string, number])[] = [
  ["86400", 60_000],
  ["soon", 3_000],
  ["Wed, 21 Oct 2026 07:28:00 GMT", 3_000],
  ["-5", 3_000],
];

for (const [said, pauseMs] of PAUSES) {
  test(`a server that says to wait ${said} is asked again after ${pauseMs} ms`, async () => {
    const setup = new Setup(() => response(503, "", { "retry-after": said }), YES);
    await setup.time.until(setup.client.ask("isRegistered", {}));
    assert.equal(setup.time.nowMs(), pauseMs);
  });
}

test("too many requests three times are a refusal with slowapi's text", async () => {
  const setup = new Setup(() => response(429, { error: "Rate limit exceeded: 1 per 1 second" }));
  const failure = await setup.failure(setup.client.ask("isRegistered", {}));
  assert.instanceOf(failure, RefusedError);
  assert.include(`${failure}`, "Rate limit exceeded");
  assert.lengthOf(setup.requests, 3);
});

test("a server that is silent is given up after 30 seconds, and asked again", async () => {
  const setup = new Setup(SILENCE, YES);
  const answer = await setup.time.until(setup.client.ask("isRegistered", {}));
  assert.isTrue(answer.is_registered);
  assert.equal(setup.time.nowMs(), 33_000);
  assert.include(setup.log.lines[0], "was not answered within 30 s");
});

test("a server that may hold back its answer has that time too", async () => {
  const setup = new Setup(SILENCE, () => response(200, {}));
  await setup.time.until(setup.client.ask("randomActivation", {}, { waitMs: 20_000 }));
  assert.equal(setup.time.nowMs(), 53_000);
});

test("no timer is left after an answer", async () => {
  const setup = new Setup(YES);
  await setup.client.ask("isRegistered", {});
  assert.equal(setup.time.sleeping, 0);
});

test("a request is not given up once it was answered", async () => {
  const setup = new Setup(YES);
  await setup.client.ask("isRegistered", {});
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.isFalse(setup.requests[0].signal?.aborted);
});

test("an abort while a server is silent ends the asking with its reason", async () => {
  const setup = new Setup(SILENCE);
  const abort = new AbortController();
  const work = failureOf(setup.client.ask("isRegistered", {}, { signal: abort.signal }));
  while (setup.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 0));
  abort.abort("enough");
  assert.equal(await work, "enough");
  assert.lengthOf(setup.requests, 1);
});

test("an abort in a pause ends the asking with its reason", async () => {
  const setup = new Setup(WRONG);
  const abort = new AbortController();
  const work = failureOf(setup.client.ask("isRegistered", {}, { signal: abort.signal }));
  while (setup.log.lines.length === 0) await new Promise((resolve) => setTimeout(resolve, 0));
  abort.abort("enough");
  assert.equal(await work, "enough");
  assert.lengthOf(setup.requests, 1);
});

test("an aborted signal asks nobody", async () => {
  const setup = new Setup(YES);
  const signal = AbortSignal.abort("enough");
  assert.equal(await failureOf(setup.client.ask("isRegistered", {}, { signal })), "enough");
  assert.lengthOf(setup.requests, 0);
});

test("a bug in what is beneath is not tried again", async () => {
  const bug = new TypeError("not a function");
  const setup = new Setup(() => () => Promise.reject(bug));
  assert.equal(await setup.failure(setup.client.ask("isRegistered", {})), bug);
  assert.lengthOf(setup.requests, 1);
});

test("an answer without end is left", async () => {
  let pieces = 0;
  async function* endless(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    const piece = new Uint8Array(8 * 1024 ** 2).fill(0x20);
    for (;; pieces++) yield await Promise.resolve(piece);
  }
  const setup = new Setup(() => ({ ...YES(), body: endless() }));
  assert.instanceOf(await setup.failure(setup.client.ask("isRegistered", {})), WeftError);
  // 64 Mi letters are allowed, in each of three tries.
  assert.isAtMost(pieces, 3 * 9);
});

test("a gradient validator's route is asked in the same way", async () => {
  const setup = new Setup(() => response(200, { is_valid: true, score: 1, reason: "passed" }));
  const query = { activation_uid: "u", direction: "forward" as const };
  const answer = await setup.client.askRoute(VALIDATOR_ROUTES.forward, { query });
  assert.isTrue(answer.is_valid);
  assert.match(
    setup.requests[0].url,
    /\/gradient-validator\/forward\?activation_uid=u&direction=forward$/,
  );
});

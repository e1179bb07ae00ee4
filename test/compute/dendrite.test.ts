import { test } from "#test";
import { assert } from "chai";
import { type AxonTarget, Dendrite, isSuccess } from "../../core/compute/dendrite.ts";
import { createSynapse } from "../../core/compute/synapse/synapse.ts";
import { CHALLENGE, PING } from "../../core/compute/synapse/synapses.ts";
import { WeftError } from "../../core/errors.ts";
import type { Http, HttpRequest, HttpResponse } from "../../core/host.ts";
import { KeptLog } from "../harness/kept_log.ts";
import { ALICE, BOB, TestTime } from "../iota/api/api_setup.ts";
import { AxonSetup, oneByOne, served } from "./axon/axon_setup.ts";

const TARGET: AxonTarget = { ip: "192.0.2.1", port: 8091, hotkey: BOB.address };
const ASKED = createSynapse(PING, {});

function dendriteWith(http: Http, time = new TestTime()): Dendrite {
  return new Dendrite({
    ...{ signer: ALICE, http, clock: time, wallClock: time, log: new KeptLog() },
    randomBytes: (length) => new Uint8Array(length).fill(7),
  });
}

function answering(status: number, body: string): Http {
  return () =>
    Promise.resolve({
      status,
      headers: { get: () => null },
      body: oneByOne([new TextEncoder().encode(body)]),
    });
}

/** Answers as an axon does, without a connection. */
async function throughAxon(setup: AxonSetup): Promise<Http> {
  const axon = await setup.axon();
  axon.attach({
    kind: CHALLENGE,
    blacklist: () => "Not enough stake!",
    forward: ({ synapse }) => Promise.resolve(synapse.fields),
  });
  return async ({ url, headers = {}, body }: HttpRequest): Promise<HttpResponse> => {
    if (!(body instanceof Uint8Array)) throw new TypeError("a body in one piece is expected");
    const answer = await axon.handler(served(new URL(url).pathname, headers, body));
    const { body: answered } = answer;
    return {
      status: answer.status,
      headers: { get: (name) => answer.headers[name] ?? null },
      body: answered instanceof Uint8Array ? oneByOne([answered]) : answered,
    };
  };
}

test("an axon's answer is a success with its terminal's data", async () => {
  const setup = new AxonSetup();
  const answer = await dendriteWith(await throughAxon(setup), setup.time).call(TARGET, ASKED);
  assert.isTrue(isSuccess(answer));
  assert.equal(answer.axon.statusMessage, "Success");
  assert.equal(answer.dendrite.processTime, 0);
});

test("a refusal tells the axon's status and words", async () => {
  const setup = new AxonSetup();
  const synapse = createSynapse(CHALLENGE, {
    ...{ challenge_hash: "", challenge_salt: "", challenge_mode: "", challenge_chars: "" },
    ...{ challenge_mask: "", challenge_difficulty: 7, output: {} },
  });
  const answer = await dendriteWith(await throughAxon(setup), setup.time).call(TARGET, synapse);
  assert.deepInclude(answer.dendrite, {
    statusCode: 403,
    statusMessage: "Forbidden. Key is blacklisted: Not enough stake!.",
  });
  assert.equal(answer.axon.version, 183);
});

test("no connection is 503 with the address", async () => {
  const answer = await dendriteWith(() => Promise.reject(new WeftError("refused")))
    .call(TARGET, ASKED);
  assert.deepInclude(answer.dendrite, {
    statusCode: 503,
    statusMessage: "Service unavailable at 192.0.2.1:8091/Synapse",
  });
});

test("an axon that does not answer is 408 after the timeout, and its request is given up", async () => {
  const time = new TestTime();
  let given: AbortSignal | undefined;
  const hanging: Http = ({ signal }) => {
    given = signal;
    return new Promise((_, reject) =>
      signal?.addEventListener("abort", () => reject(signal.reason))
    );
  };
  const answer = await time.until(
    dendriteWith(hanging, time).call(TARGET, ASKED, { timeoutS: 30 }),
  );
  assert.deepInclude(answer.dendrite, {
    statusCode: 408,
    statusMessage: "Request timeout after 30.0 seconds",
  });
  assert.isTrue(given?.aborted);
});

test("no timer is left after an answer", async () => {
  const setup = new AxonSetup();
  await dendriteWith(answering(200, "{}"), setup.time).call(TARGET, ASKED);
  assert.equal(setup.time.sleeping, 0);
});

for (const body of ["", "<html>", "[1]", '{"dendrite": {"nonce": "x"}}']) {
  test(`an answer of ${JSON.stringify(body)} is 422`, async () => {
    const answer = await dendriteWith(answering(200, body)).call(TARGET, ASKED);
    assert.equal(answer.dendrite.statusCode, 422);
    assert.match(answer.dendrite.statusMessage ?? "", /^Failed to parse response: /);
  });
}

test("an answer that never ends is not read to the end", async () => {
  async function* endless(): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
    for (;;) yield await Promise.resolve(new Uint8Array(1024 ** 2));
  }
  const http: Http = () =>
    Promise.resolve({ status: 200, headers: { get: () => null }, body: endless() });
  const answer = await dendriteWith(http).call(TARGET, ASKED);
  assert.notEqual(answer.dendrite.statusCode, 200);
});

test("an axon that names a status in a body of 200 is believed", async () => {
  const body = '{"axon": {"status_code": 418, "status_message": "teapot"}}';
  const answer = await dendriteWith(answering(200, body)).call(TARGET, ASKED);
  assert.deepInclude(answer.dendrite, { statusCode: 418, statusMessage: "teapot" });
});

test("nonces only grow, though the clock stands still", async () => {
  const nonces: bigint[] = [];
  const http: Http = ({ headers = {} }) => {
    nonces.push(BigInt(headers.bt_header_dendrite_nonce));
    return answering(200, "{}")({ method: "GET", url: "" });
  };
  const dendrite = dendriteWith(http);
  for (let at = 0; at < 3; at++) await dendrite.call(TARGET, ASKED);
  assert.deepEqual(nonces, [nonces[0], nonces[0] + 1n, nonces[0] + 2n]);
});

test("a batch keeps the order of the axons, and asks no more at once than it may", async () => {
  const waiting: (() => void)[] = [];
  let most = 0;
  let open = 0;
  const http: Http = async ({ url }) => {
    most = Math.max(most, ++open);
    await new Promise<void>((resolve) => waiting.push(resolve));
    open -= 1;
    const { port } = new URL(url);
    return await answering(200, `{"axon": {"status_message": "${port}"}}`)({ method: "GET", url });
  };
  const targets = [5, 4, 3, 2, 1].map((port) => ({ ...TARGET, port }));
  const batch = dendriteWith(http).batch(targets, () => ASKED, { parallel: 2 });
  let isDone = false;
  batch.finally(() => isDone = true);
  while (!isDone) {
    await new Promise((resolve) => setTimeout(resolve, 0));
    waiting.pop()?.();
  }
  const found = (await batch).map(({ axon }) => axon.statusMessage);
  assert.deepEqual(found, ["5", "4", "3", "2", "1"]);
  assert.equal(most, 2);
});

/**
 * The orchestrator's questions as they come over HTTP, signed.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import type { Http, HttpHandler } from "../../../core/host.ts";
import { ApiClient, RefusedError } from "../../../core/iota/api/client.ts";
import { type Answer, VALIDATOR_ROUTES } from "../../../core/iota/api/routes.ts";
import { validatorServer } from "../../../core/iota/gradient_validator/validator_routes.ts";
import { Keypair } from "../../../core/wallet/keypair.ts";
import { readyKeys } from "../../../core/wallet/ready.ts";
import { BODY, MINER, TestSwarm } from "./test_swarm.ts";

await readyKeys();
const ORCHESTRATOR = Keypair.fromUri("//Alice");
const STRANGER = Keypair.fromUri("//Bob");
const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** Asks a handler in this process. */
function httpTo(handler: HttpHandler): Http {
  return async ({ method, url, headers = {}, body, signal }) => {
    const { pathname, search } = new URL(url);
    const bytes = body instanceof Uint8Array ? body : new Uint8Array(0);
    const lower = new Map(
      Object.entries(headers).map(([key, value]) => [key.toLowerCase(), value]),
    );
    lower.set("content-length", `${bytes.length}`);
    const response = await handler({
      ...{ method, target: pathname + search, remoteAddress: "127.0.0.1" },
      headers: { get: (name) => lower.get(name) ?? null },
      body: streamOf(bytes),
      signal: signal ?? new AbortController().signal,
    });
    const answer = response.body instanceof Uint8Array ? response.body : new Uint8Array(0);
    return { status: response.status, headers: { get: () => null }, body: streamOf(answer) };
  };
}

async function* streamOf(bytes: Uint8Array<ArrayBuffer>): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  await Promise.resolve();
  yield bytes;
}

function clientOf(swarm: TestSwarm, signer: Keypair): ApiClient {
  const wallClock = { unixMs: () => 1_795_000_000_000 };
  const handler = validatorServer(swarm.validator, {
    ...{ orchestratorKey: ORCHESTRATOR.address, clock: swarm.clock, wallClock, log: quiet },
  });
  return new ApiClient({
    ...{ baseUrl: "http://validator:9000", signer, http: httpTo(handler), log: quiet, wallClock },
    clock: { nowMs: () => 0, sleep: () => new Promise(() => {}) },
    randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
  });
}

const TRACK = { body: { layer: BODY, miner_hotkey: MINER, weight_path: null } };

test("the orchestrator has a miner tracked, its batches run again and its upload looked at", async () => {
  const swarm = new TestSwarm();
  const client = clientOf(swarm, ORCHESTRATOR);
  const ask = VALIDATOR_ROUTES;
  const reasons: string[] = [];
  const note = ({ reason }: Answer<typeof VALIDATOR_ROUTES.forward>): void =>
    void reasons.push(reason);
  await client.askRoute(ask.initialize, TRACK);
  for (const uid of ["a", "b"]) {
    await swarm.run(uid);
    const query = { activation_uid: uid };
    note(await client.askRoute(ask.forward, { query: { ...query, direction: "forward" } }));
    // Published orchestrators send backwards to the one route, ours may send them to the other.
    if (uid === "a") note(await client.askRoute(ask.backward, { query }));
    else note(await client.askRoute(ask.forward, { query: { ...query, direction: "backward" } }));
  }
  await swarm.step();
  const { weightsUrl, metadataUrl, optimizerStateUrl } = await swarm.upload(BODY);
  const query = {
    weights_path: weightsUrl,
    metadata_path: metadataUrl,
    optimizer_state_path: optimizerStateUrl,
  };
  note(await client.askRoute(ask.validateWeights, { query }));
  assert.deepEqual(reasons, ["passed", "passed", "passed", "passed", "passed"]);
});

test("everyone else is refused, and nothing is done", async () => {
  const swarm = new TestSwarm();
  const client = clientOf(swarm, STRANGER);
  const error = await client.askRoute(VALIDATOR_ROUTES.initialize, TRACK)
    .then(() => undefined, (thrown: unknown) => thrown);
  if (!(error instanceof RefusedError)) throw error;
  assert.equal(error.status, 403);
  assert.include(error.detail, "only accessible to the orchestrator");
  assert.isNull(swarm.validator.status.hotkey);
});

test("anyone may ask how it is, and is told whom it tracks", async () => {
  const swarm = new TestSwarm();
  const client = clientOf(swarm, STRANGER);
  const before = await client.askRoute(VALIDATOR_ROUTES.status, {});
  await swarm.track(BODY);
  const after = await client.askRoute(VALIDATOR_ROUTES.status, {});
  assert.deepEqual([before.available, after.available], [true, false]);
  assert.deepInclude(after, { status: "healthy", tracked_miner: MINER, layer: BODY });
});

test("weights that cannot be loaded are told with the reason, under a status that may pass", async () => {
  const swarm = new TestSwarm();
  swarm.down.add("layerWeights");
  const handler = validatorServer(swarm.validator, {
    orchestratorKey: ORCHESTRATOR.address,
    clock: swarm.clock,
    wallClock: { unixMs: () => 0 },
    log: quiet,
  });
  const statuses: number[] = [];
  const http: Http = async (request) => {
    const response = await httpTo(handler)(request);
    statuses.push(response.status);
    return response;
  };
  const stop = new AbortController();
  const client = new ApiClient({
    ...{ baseUrl: "http://validator", signer: ORCHESTRATOR, http, log: quiet },
    wallClock: { unixMs: () => 0 },
    clock: {
      nowMs: () => 0,
      sleep: (ms) => ms < 10_000 ? Promise.resolve(stop.abort()) : new Promise(() => {}),
    },
    randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
  });
  await client.askRoute(VALIDATOR_ROUTES.initialize, TRACK, { signal: stop.signal })
    .catch(() => {});
  assert.deepEqual(statuses, [503]);
});

import { assert } from "chai";
import { test } from "#test";
import type { HttpHandler, HttpRequest, HttpResponse } from "../../../core/host.ts";
import { ApiClient, RefusedError, WrongPhaseError } from "../../../core/iota/api/client.ts";
import { ROUTES } from "../../../core/iota/api/routes.ts";
import { serveRoutes } from "../../../core/iota/api/server.ts";
import { mergeRoutes } from "../../../core/iota/orchestrator/merge_routes.ts";
import { Keypair } from "../../../core/wallet/keypair.ts";
import { MergeSwarm } from "./merge_swarm.ts";

const MERGE_ROUTES = {
  phase: ROUTES.phase,
  weightsUploaded: ROUTES.weightsUploaded,
  chunksForMiner: ROUTES.chunksForMiner,
  partitionsUploaded: ROUTES.partitionsUploaded,
  layerWeights: ROUTES.layerWeights,
};
const BASE = "http://orchestrator.test";

/** A swarm of three miners behind the routes of merging, and a client for each; no sockets. */
class ServedMerge {
  readonly #handler: HttpHandler;

  private constructor(readonly swarm: MergeSwarm, readonly miners: readonly Keypair[]) {
    const { context, registry, phases, merging } = swarm;
    this.#handler = serveRoutes(MERGE_ROUTES, mergeRoutes({ context, phases, merging }), {
      ...context,
      admit: (hotkey, access) => registry.admit(hotkey, access),
      rateFactor: Infinity,
    });
  }

  static async make(): Promise<ServedMerge> {
    const swarm = await MergeSwarm.make([]);
    const miners = [1, 2, 3].map((seed) => Keypair.fromSeed(new Uint8Array(32).fill(seed)));
    for (const [layer, { address }] of miners.entries()) await swarm.join(address, layer);
    await swarm.train();
    return new ServedMerge(swarm, miners);
  }

  client(layer: number): ApiClient {
    const { context } = this.swarm;
    return new ApiClient({
      ...{ baseUrl: BASE, clock: context.clock, log: context.log, signer: this.miners[layer] },
      ...{ wallClock: context.wallClock, randomBytes: context.randomBytes },
      http: (request) => this.#send(request),
    });
  }

  async #send({ method, url, headers, body, signal }: HttpRequest): Promise<HttpResponse> {
    if (body !== undefined && !(body instanceof Uint8Array)) throw new TypeError("no streams here");
    const answer = await this.#handler({
      ...{ method, target: url.slice(BASE.length), remoteAddress: "127.0.0.1" },
      headers: new Headers({ ...headers, "content-length": `${body?.length ?? 0}` }),
      body: streamOf(body ?? new Uint8Array()),
      signal: signal ?? new AbortController().signal,
    });
    const bytes = answer.body instanceof Uint8Array ? streamOf(answer.body) : answer.body;
    return { status: answer.status, headers: new Headers(answer.headers), body: bytes };
  }
}

async function* streamOf(
  bytes: Uint8Array<ArrayBuffer>,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  yield await Promise.resolve(bytes);
}

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(() => undefined, (error: unknown) => error);
}

test("a miner goes through a whole merge over the routes alone", async () => {
  const served = await ServedMerge.make();
  const { swarm, miners: [{ address }] } = served;
  const client = served.client(0);
  await swarm.merging.tick();
  const { status, num_sections } = await client.ask("phase", { query: { layer: 0 } });
  assert.deepEqual([status, num_sections], ["weights_uploading", 1]);
  const query = await swarm.files(address);
  assert.equal((await client.ask("weightsUploaded", { query })).success, "success");
  const [packets, chunks] = await client.ask("chunksForMiner", {});
  assert.deepEqual([packets.length, chunks], [1, [0]]);
  await client.ask("partitionsUploaded", { body: await swarm.partitions(address) });
  const partitions = await client.ask("layerWeights", { query: { layer: 0 } });
  assert.deepEqual(partitions?.map(({ chunk_number }) => chunk_number), [0]);
});

test("before the first merge there is an empty list of weights", async () => {
  const served = await ServedMerge.make();
  assert.deepEqual(await served.client(1).ask("layerWeights", { query: { layer: 1 } }), []);
});

test("a layer that there is not has neither weights nor a phase", async () => {
  const client = (await ServedMerge.make()).client(0);
  for (const name of ["layerWeights", "phase"] as const) {
    const error = await failure(client.ask(name, { query: { layer: 3 } }));
    assert.instanceOf(error, RefusedError);
    assert.propertyVal(error, "status", 404);
  }
});

test("weights that are not wanted are answered with the reason, not with an error", async () => {
  const served = await ServedMerge.make();
  const { swarm, miners: [{ address }] } = served;
  await swarm.merging.tick();
  await swarm.registry.register(address);
  const { layer } = await swarm.registry.change(address, (now) => ({ ...now, layer: 1 })) ?? {};
  assert.equal(layer, 1);
  const { success } = await served.client(0).ask("weightsUploaded", {
    query: await swarm.files(address),
  });
  assert.equal(success, "only 0 of 2 backwards were done");
});

test("in the wrong phase a client is told the right one", async () => {
  const served = await ServedMerge.make();
  const error = await failure(served.client(0).ask("chunksForMiner", {}));
  assert.instanceOf(error, WrongPhaseError);
  assert.propertyVal(error, "expected", "is_training");
});

test("merged partitions that are wrong are refused with the reason", async () => {
  const served = await ServedMerge.make();
  const { swarm, miners: [{ address }] } = served;
  await swarm.merging.tick();
  const client = served.client(0);
  await client.ask("weightsUploaded", { query: await swarm.files(address) });
  const error = await failure(client.ask("partitionsUploaded", { body: [] }));
  assert.instanceOf(error, RefusedError);
  assert.match(error.message, /Expected chunks 0/);
});

test("a client that waits for a phase is answered when it comes", async () => {
  const served = await ServedMerge.make();
  const client = served.client(2);
  const waiting = client.ask(
    "phase",
    { query: { layer: 2 } },
    { waitMs: 20_000, knownPhase: "is_training" },
  );
  await served.swarm.context.time.settle();
  await served.swarm.merging.tick();
  assert.equal((await waiting).status, "weights_uploading");
});

test("a client that waits in vain is answered after its time", async () => {
  const served = await ServedMerge.make();
  const { time } = served.swarm.context;
  const waiting = served.client(2).ask(
    "phase",
    { query: { layer: 2 } },
    { waitMs: 20_000, knownPhase: "is_training" },
  );
  await time.pass(20_000);
  assert.equal((await waiting).status, "is_training");
});

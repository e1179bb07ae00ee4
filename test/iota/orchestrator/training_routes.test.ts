import { test } from "#test";
import { assert } from "chai";
import type { HttpHandler, HttpRequest, HttpResponse } from "../../../core/host.ts";
import { ApiClient, RefusedError, WrongPhaseError } from "../../../core/iota/api/client.ts";
import { ROUTES } from "../../../core/iota/api/routes.ts";
import { serveRoutes } from "../../../core/iota/api/server.ts";
import { trainingRoutes } from "../../../core/iota/orchestrator/training_routes.ts";
import { Keypair } from "../../../core/wallet/keypair.ts";
import { learningRateAt } from "../../../core/model/schedule.ts";
import { TrainingSwarm } from "./training_swarm.ts";

const {
  phase: _phase,
  weightsUploaded: _weightsUploaded,
  chunksForMiner: _chunksForMiner,
  partitionsUploaded: _partitionsUploaded,
  layerWeights: _layerWeights,
  registerValidator: _registerValidator,
  submitScores: _submitScores,
  globalScores: _globalScores,
  ...TRAINING_ROUTES
} = ROUTES;

/** A swarm behind its routes, and clients with keys of their own; no sockets. */
class ServedSwarm {
  readonly #handler: HttpHandler;

  private constructor(readonly swarm: TrainingSwarm) {
    const { context, registry, activations, phases } = swarm;
    const handlers = trainingRoutes({ context, registry, activations, phases });
    this.#handler = serveRoutes(TRAINING_ROUTES, handlers, {
      ...context,
      admit: (hotkey, access) => registry.admit(hotkey, access),
      rateFactor: Infinity,
    });
  }

  static async make(): Promise<ServedSwarm> {
    return new ServedSwarm(await TrainingSwarm.make({}, []));
  }

  client(seed: number): ApiClient {
    const { context } = this.swarm;
    return new ApiClient({
      ...{ baseUrl: "http://orchestrator.test", clock: context.clock, log: context.log },
      ...{ wallClock: context.wallClock, randomBytes: context.randomBytes },
      signer: Keypair.fromSeed(new Uint8Array(32).fill(seed)),
      http: (request) => this.#send(request),
    });
  }

  async #send({ method, url, headers, body, signal }: HttpRequest): Promise<HttpResponse> {
    if (body !== undefined && !(body instanceof Uint8Array)) throw new TypeError("no streams here");
    const answer = await this.#handler({
      method,
      target: url.slice("http://orchestrator.test".length),
      headers: new Headers({ ...headers, "content-length": `${body?.length ?? 0}` }),
      body: streamOf(body ?? new Uint8Array()),
      remoteAddress: "127.0.0.1",
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

test("a miner registers, and the orchestrator knows it from then on", async () => {
  const served = await ServedSwarm.make();
  const client = served.client(1);
  assert.deepEqual(await client.ask("isRegistered", {}), { is_registered: false });
  const answer = await client.register();
  assert.deepInclude(answer, { layer: 0, message: "Successfully registered", version: "1" });
  assert.deepEqual(await client.ask("isRegistered", {}), { is_registered: true });
  assert.deepEqual(await client.ask("health", {}), { status: "healthy" });
});

test("a batch goes through three miners and back over the routes alone", async () => {
  const served = await ServedSwarm.make();
  const { store } = served.swarm.context;
  const clients = [1, 2, 3].map((seed) => served.client(seed));
  for (const client of clients) await client.register();
  const [head, body, tail] = clients;
  const upload = async (
    client: ApiClient,
    layer: number,
    direction: "initial" | "forward" | "backward",
  ): Promise<void> => {
    const path = `activations/u/${layer}/${direction}/file.pt`;
    const from = served.swarm.put("u", layer, direction);
    const bytes = store.objects.get(from) ?? new Uint8Array();
    const asked = { path, file_size: bytes.length };
    const { data } = await client.ask("initiateUpload", { body: asked });
    if (data.use_multipart || typeof data.presigned_data !== "string") throw new Error("one PUT");
    store.upload(data.presigned_data, bytes);
    const status = { status: direction, activation_uid: "u", activation_path: path };
    await client.ask("updateStatus", { body: status });
  };
  const take = async (client: ApiClient, direction: "forward" | "backward"): Promise<void> => {
    const work = await client.ask("randomActivation", {});
    assert.deepInclude(work, { direction, activation_uid: "u" });
  };
  await upload(head, 0, "initial");
  await upload(head, 0, "forward");
  await take(body, "forward");
  await upload(body, 1, "forward");
  await take(tail, "forward");
  const loss = { activation_uid: "u", loss_value: 2.5 };
  const told = await tail.ask("reportLoss", { body: loss });
  assert.deepInclude(told, { loss_value: 2.5, message: "Loss reported successfully" });
  await tail.ask("updateStatus", { body: { status: "forward", activation_uid: "u" } });
  await upload(tail, 2, "backward");
  await take(body, "backward");
  const query = { layer: 1, activation_uid: "u" };
  assert.isTrue((await body.ask("isActive", { query })).is_active);
  await upload(body, 1, "backward");
  assert.isFalse((await body.ask("isActive", { query })).is_active);
  await take(head, "backward");
  await upload(head, 0, "backward");
  const { losses } = await head.ask("losses", {});
  assert.deepEqual(Object.values(losses).flat().map(({ loss_value }) => loss_value), [2.5]);
  assert.lengthOf(served.swarm.backwards, 3);
});

test("the learning rate is that of the step that the layer's next merge makes", async () => {
  const served = await ServedSwarm.make();
  const client = served.client(1);
  await client.register();
  const { schedule } = served.swarm.context.settings;
  assert.equal(await client.ask("learningRate", {}), learningRateAt(1, schedule));
  await served.swarm.phases.set(0, { merges: 4 });
  assert.equal(await client.ask("learningRate", {}), learningRateAt(5, schedule));
  assert.equal(await served.client(9).ask("learningRate", {}), learningRateAt(5, schedule));
});

test("a client sees another phase as one, and a refused result as a refusal", async () => {
  const served = await ServedSwarm.make();
  const client = served.client(1);
  await client.register();
  const body = { status: "forward", activation_uid: "u", activation_path: null } as const;
  const lost = await client.ask("updateStatus", { body }).catch((error: unknown) => error);
  assert.instanceOf(lost, WrongPhaseError);
  await served.swarm.phases.set(0, { phase: "weights_uploading" });
  const phase = await client.ask("randomActivation", {}).catch((error: unknown) => error);
  assert.propertyVal(phase, "expected", "weights_uploading");
  const stranger = await served.client(2).ask("randomActivation", {})
    .catch((error: unknown) => error);
  assert.instanceOf(stranger, RefusedError);
});

test("a validator gets the address of a file, or none, with the published words", async () => {
  const served = await ServedSwarm.make();
  for (const [hotkey, layer] of [["head", 0], ["body", 1], ["tail", 2]] as const) {
    await served.swarm.join(hotkey, layer);
  }
  await served.swarm.begin("u");
  const validator = served.client(5);
  const body = { activation_uid: "u", direction: "forward", layer: 1 } as const;
  const found = await validator.ask("downloadActivation", { body });
  assert.equal(found.message, "Activation downloaded successfully");
  assert.isAbove(served.swarm.context.store.fetch(found.data?.path ?? "").length, 100);
  const missing = await validator.ask("downloadActivation", { body: { ...body, layer: 2 } });
  assert.deepEqual(missing, { message: "Error downloading activation", data: { path: null } });
});

test("the older route for results takes them too, of the miner's own layer", async () => {
  const served = await ServedSwarm.make();
  const client = served.client(1);
  await client.register();
  const activation_path = served.swarm.put("u", 0, "initial");
  const body = { activation_uid: "u", layer: 0, direction: "initial", activation_path } as const;
  const refused = await client.ask("uploadActivation", { body: { ...body, layer: 1 } })
    .catch((error: unknown) => error);
  assert.propertyVal(refused, "status", 403);
  const { data } = await client.ask("uploadActivation", { body });
  assert.deepEqual(data, { path: activation_path });
  assert.isDefined(await served.swarm.record("u"));
});

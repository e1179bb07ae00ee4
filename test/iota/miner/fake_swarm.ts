/**
 * An orchestrator and a store as one miner sees them, without sockets: requests are read by the
 * schemas of the routes, answered from what the test has set, and kept.
 *
 * @module
 */

import * as v from "valibot";
import { assert } from "chai";
import { WeftError } from "../../../core/errors.ts";
import { float32Tensor, type HostTensor, int64Tensor } from "../../../core/formats/dtype.ts";
import { writeTorchTensor } from "../../../core/formats/torch_pt.ts";
import { readBytes } from "../../../core/formats/byte_stream.ts";
import type { ByteStream, Http, HttpRequest, HttpResponse } from "../../../core/host.ts";
import { ApiClient } from "../../../core/iota/api/client.ts";
import { pathReader } from "../../../core/iota/api/route_path.ts";
import {
  KNOWN_PHASE_HEADER,
  type Route,
  type RouteName,
  ROUTES,
  WAIT_HEADER,
} from "../../../core/iota/api/routes.ts";
import type {
  Activation,
  MinerChunks,
  Partition,
  Phase,
  StatusUpdate,
} from "../../../core/iota/api/schemas.ts";
import { Refusal } from "../../../core/iota/api/service.ts";
import { Miner, type MinerEvent, type MinerOptions } from "../../../core/iota/miner/miner.ts";
import type { TrainingSettings } from "../../../core/iota/orchestrator/settings.ts";
import { Uploader } from "../../../core/iota/transfer/upload.ts";
import { tinyModel } from "../../model/tiny_model.ts";
import { FakeTime } from "../fake_time.ts";
import { FakeTrainer } from "./fake_trainer.ts";

export const HOTKEY = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
const API = "http://orchestrator";
const STORE = "http://store/iota/";
const MODEL = tinyModel();
/** Of every tensor: one sample of four tokens, activations of K channels. */
export const SHAPE = [1, 4, MODEL.K ?? MODEL.C] as const;
export const LAST_LAYER = MODEL.splits.length - 1;

/** A request to the orchestrator as it was read. */
export interface AskedCall {
  readonly name: RouteName;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
  readonly atMs: number;
}

/** What a route answers; what it throws becomes a refusal, or no connection. */
type Answerer = (call: AskedCall, signal: AbortSignal | undefined) => unknown;

/** See the module. */
export class FakeSwarm {
  readonly time = new FakeTime();
  readonly calls: AskedCall[] = [];
  readonly objects = new Map<string, Uint8Array<ArrayBuffer>>();
  /** `GET key` or `PUT key` for each request to the store. */
  readonly transfers: string[] = [];
  readonly lines: string[] = [];
  readonly events: MinerEvent[] = [];
  readonly trainers: FakeTrainer[] = [];

  /** Changes each stage that is made. */
  prepare: (trainer: FakeTrainer) => void = () => {};
  layer = 1;
  version = "one";
  phase: Phase = "is_training";
  numSections = 1;
  /** Handed out one by one. */
  readonly work: Partial<Activation>[] = [];
  /** Given when there is no work. */
  reason: string | null = "no_activation_found";
  weights: Partition[] | null = null;
  chunks: MinerChunks = [[], []];
  /** Takes the place of a route's own answer. */
  readonly instead: Partial<Record<RouteName, Answerer>> = {};
  /** Takes the place of the store's own answer, where it gives one. */
  storeInstead: (request: HttpRequest, key: string) => Promise<HttpResponse> | undefined = () =>
    undefined;
  #uuid = 0;

  /** The trainer of the last registration. */
  get trainer(): FakeTrainer {
    const last = this.trainers.at(-1);
    if (!last) throw new Error("no stage was asked for");
    return last;
  }

  /** Names of the routes that were asked, in order. */
  get asked(): RouteName[] {
    return this.calls.map(({ name }) => name);
  }

  /** Status updates in order. */
  get statuses(): StatusUpdate[] {
    return this.calls.flatMap(({ name, body }) => name === "updateStatus" ? [status(body)] : []);
  }

  /** The bodies or queries of a route. */
  of(name: RouteName): AskedCall[] {
    return this.calls.filter((call) => call.name === name);
  }

  /** Lines of the log at a level. */
  logged(level: string): string[] {
    return this.lines.filter((line) => line.startsWith(`${level}: `));
  }

  /** Puts a tensor where the miner can have it. */
  put(name: string, tensor: HostTensor): string {
    return this.putBytes(name, new Uint8Array(writeTorchTensor(tensor)));
  }

  /** Puts an object where the miner can have it. */
  putBytes(name: string, bytes: Uint8Array<ArrayBuffer>): string {
    this.objects.set(name, bytes);
    return urlOf(name);
  }

  /** An activation or a gradient. */
  activation(value = 1): HostTensor {
    const [batch, seq, width] = SHAPE;
    return float32Tensor(SHAPE, new Float32Array(batch * seq * width).fill(value));
  }

  tokens(first = 1): HostTensor {
    return int64Tensor([SHAPE[0], SHAPE[1]], [first, 2, 3, 4]);
  }

  /** Has a forward handed out. */
  offerForward(uid: string, tensor: HostTensor = this.activation()): void {
    const initial_activation_path = this.put(`in/${uid}.tokens.pt`, this.tokens());
    this.work.push({
      ...{ direction: "forward", activation_uid: uid, initial_activation: uid },
      activation_path: this.put(`in/${uid}.forward.pt`, tensor),
      initial_activation_path,
    });
  }

  /** Has a gradient handed out. */
  offerBackward(uid: string, tensor: HostTensor = this.activation()): void {
    const activation_path = this.put(`in/${uid}.backward.${this.work.length}.pt`, tensor);
    this.work.push({ direction: "backward", activation_uid: uid, activation_path });
  }

  /** Runs a miner while the body does something; what ends the miner ends the body. */
  async mine(
    body: (miner: Miner) => Promise<void>,
    changes: Partial<MinerOptions> = {},
  ): Promise<void> {
    const stop = new AbortController();
    const miner = new Miner({ ...this.options(), ...changes });
    const running = miner.run(stop.signal).then(() => {
      if (!stop.signal.aborted) assert.fail("the miner has ended by itself");
    });
    try {
      await Promise.race([this.time.settle().then(() => body(miner)), running]);
    } finally {
      stop.abort();
      await running.catch(() => {});
    }
    assert.equal(this.time.sleepers, 0, "timers that are left");
  }

  training(): TrainingSettings {
    return {
      model: MODEL,
      ...{ batch: SHAPE[0], seq: SHAPE[1], globalOptimizerSteps: 3, localOptimizerSteps: 3 },
      ...{ weightsDtype: "bfloat16", maxCachedActivations: 2, cacheTimeoutMs: 1_200_000 },
    };
  }

  options(): MinerOptions {
    const { time } = this;
    const at = (level: string) => (message: string): void =>
      void this.lines.push(`${level}: ${message}`);
    const log = { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
    const sign = (): Promise<Uint8Array> => Promise.resolve(new Uint8Array(64));
    const signer = { address: HOTKEY, publicKey: new Uint8Array(32), sign };
    const randomBytes = (length: number): Uint8Array<ArrayBuffer> => {
      this.#uuid += 1;
      return new Uint8Array(length).fill(this.#uuid);
    };
    const http = this.#http;
    const shared = { http, clock: time, wallClock: time, randomBytes, log };
    const client = new ApiClient({ baseUrl: API, signer, ...shared });
    return {
      ...shared,
      ...{ hotkey: HOTKEY, client, uploader: new Uploader({ client, ...shared }) },
      training: this.training(),
      trainerFor: () => {
        this.trainers.push(new FakeTrainer(SHAPE));
        this.prepare(this.trainer);
        return Promise.resolve(this.trainer);
      },
      nextBatch: () => Promise.resolve(this.tokens()),
      onEvent: (event) => void this.events.push(event),
    };
  }

  readonly #http: Http = async (request) => {
    request.signal?.throwIfAborted();
    if (request.url.startsWith(STORE)) return await this.#serveObject(request);
    const { pathname, searchParams } = new URL(request.url);
    for (const name of routeNames()) {
      const route: Route = ROUTES[name];
      const inPath = pathReader(route.path)(pathname);
      if (request.method !== route.method || !inPath) continue;
      const query = { ...Object.fromEntries(searchParams), ...inPath };
      const call = {
        name,
        query: route.query ? v.parse(route.query, query) : {},
        body: route.body ? v.parse(route.body, await jsonOf(request)) : undefined,
        headers: request.headers ?? {},
        atMs: this.time.nowMs(),
      };
      this.calls.push(call);
      return await this.#answer(call, request.signal);
    }
    throw new Error(`nobody answers ${request.method} ${request.url}`);
  };

  async #answer(call: AskedCall, signal: AbortSignal | undefined): Promise<HttpResponse> {
    try {
      const answerer = this.instead[call.name] ?? this.#answers[call.name];
      if (!answerer) throw new Error(`no answer to ${call.name} was set`);
      return response(200, JSON.stringify(await answerer(call, signal)));
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof Refusal)) throw error;
      return response(error.status, JSON.stringify({ detail: error.message }));
    }
  }

  async #serveObject(request: HttpRequest): Promise<HttpResponse> {
    const key = keyOf(request.url);
    this.transfers.push(`${request.method} ${key}`);
    const instead = this.storeInstead(request, key);
    if (instead) return await instead;
    if (request.method === "PUT") {
      this.objects.set(key, await bodyOf(request));
      return response(200, "");
    }
    const object = this.objects.get(key);
    if (!object) return response(404, "<Error><Code>NoSuchKey</Code></Error>");
    const [, start, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers?.range ?? "") ?? [];
    if (start === undefined) return response(200, object);
    const range = `bytes ${start}-${last}/${object.length}`;
    return response(206, object.slice(Number(start), Number(last) + 1), { "content-range": range });
  }

  readonly #answers: Partial<Record<RouteName, Answerer>> = {
    registerMiner: () => ({ hotkey: HOTKEY, layer: this.layer, version: this.version }),
    health: () => ({ status: "healthy" }),
    isRegistered: () => ({ is_registered: true }),
    isActive: () => ({ is_active: true }),
    updateStatus: () => ({ message: "Status updated successfully" }),
    learningRate: () => 0.5,
    reportLoss: ({ body }) => ({
      ...v.parse(ROUTES.reportLoss.body, body),
      hotkey: "",
      timestamp: 0,
    }),
    randomActivation: (call, signal) => this.#randomActivation(call, signal),
    phase: (call, signal) => this.#phase(call, signal),
    initiateUpload: ({ body }) => {
      const { path } = v.parse(ROUTES.initiateUpload.body, body);
      return { message: "", data: { use_multipart: false, presigned_data: urlOf(path) } };
    },
    weightsUploaded: () => ({ message: "", success: "success" }),
    chunksForMiner: () => this.chunks,
    partitionsUploaded: () => ({ message: "" }),
    layerWeights: () => this.weights,
  };

  async #randomActivation(
    { headers }: AskedCall,
    signal: AbortSignal | undefined,
  ): Promise<unknown> {
    if (this.phase !== "is_training") throw new Refusal(409, this.phase);
    const waitMs = Number(headers[WAIT_HEADER] ?? 0) * 1000;
    const sinceMs = this.time.nowMs();
    while (this.work.length === 0 && this.reason !== null && this.#waits(sinceMs, waitMs)) {
      await this.#lookAgain(sinceMs, waitMs, signal);
      if (this.phase !== "is_training") throw new Refusal(409, this.phase);
    }
    return this.work.shift() ?? { direction: null, reason: this.reason };
  }

  #waits(sinceMs: number, waitMs: number): boolean {
    return this.time.nowMs() < sinceMs + waitMs;
  }

  /** Sleeps for longer the longer it has been: each sleep of a test costs some real milliseconds. */
  async #lookAgain(
    sinceMs: number,
    waitMs: number,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const waitedMs = this.time.nowMs() - sinceMs;
    await this.time.sleep(Math.min(Math.max(10, waitedMs / 4), waitMs - waitedMs), signal);
    signal?.throwIfAborted();
  }

  async #phase({ headers }: AskedCall, signal: AbortSignal | undefined): Promise<unknown> {
    const waitMs = Number(headers[WAIT_HEADER] ?? 0) * 1000;
    const sinceMs = this.time.nowMs();
    while (this.phase === headers[KNOWN_PHASE_HEADER] && this.#waits(sinceMs, waitMs)) {
      await this.#lookAgain(sinceMs, waitMs, signal);
    }
    // The published server gives a float.
    return { status: this.phase, num_sections: this.numSections };
  }
}

/** The address of a key. */
export function urlOf(key: string): string {
  return `${STORE}${key}?expires=9&signature=a%2Fb`;
}

/** There is no connection to the orchestrator. */
export function unreachable(): never {
  throw new WeftError("http://orchestrator cannot be reached: connection refused");
}

/** An answer of a server. */
export function response(
  status: number,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const all = new Map(Object.entries({ "content-length": `${bytes.length}`, ...headers }));
  const stream = async function* (): ByteStream {
    yield await Promise.resolve(bytes);
  };
  return { status, headers: { get: (name) => all.get(name) ?? null }, body: stream() };
}

function keyOf(url: string): string {
  return url.slice(STORE.length).split("?", 1)[0];
}

function routeNames(): RouteName[] {
  const isName = (name: string): name is RouteName => name in ROUTES;
  return Object.keys(ROUTES).filter(isName);
}

function status(body: unknown): StatusUpdate {
  return v.parse(ROUTES.updateStatus.body, body);
}

async function jsonOf(request: HttpRequest): Promise<unknown> {
  return JSON.parse(new TextDecoder().decode(await bodyOf(request)));
}

async function bodyOf({ body }: HttpRequest): Promise<Uint8Array<ArrayBuffer>> {
  if (!body) return new Uint8Array();
  return body instanceof Uint8Array ? body.slice() : await readBytes(body, 2 ** 20, "a body");
}

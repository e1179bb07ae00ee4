/**
 * An axon: answers synapses over HTTP. A request is read from its headers, its sender looked up and
 * its signature checked, and only then its body is read and its handler called.
 *
 * Safer than the reference: an unsigned request is refused, nonces have a bound ahead and survive a
 * restart, bodies and rates are bounded, and an address of which nothing good comes is answered
 * without work.
 *
 * Source: opentensor/bittensor v10.2, `bittensor/core/axon.py`.
 *
 * @module
 */

import { type PythonData, pythonJson } from "../../formats/python_json.ts";
import { readJson } from "../../formats/python_json_reader.ts";
import { uuid4 } from "../../formats/uuid.ts";
import type {
  Clock,
  Log,
  RandomBytes,
  ServedRequest,
  ServedResponse,
  WallClock,
} from "../../host.ts";
import type { Signer } from "../../wallet/signer.ts";
import type { SignatureCheck } from "../../wallet/verify.ts";
import { fromHeaders, toHeaders } from "../synapse/headers.ts";
import { pythonStr } from "../synapse/python_str.ts";
import { answerText, signText } from "../synapse/signed_text.ts";
import {
  bodyHash,
  createSynapse,
  dumpSynapse,
  readSynapse,
  type Synapse,
  type SynapseKind,
} from "../synapse/synapse.ts";
import { PING } from "../synapse/synapses.ts";
import type { TerminalInfo } from "../synapse/terminal_info.ts";
import { BodyReader } from "./body_reader.ts";
import { type Budget, FloodGuard, GoodAddresses } from "./flood_guard.ts";
import type { NonceBook } from "./nonce_book.ts";
import { AxonRefusal, blacklisted } from "./refusal.ts";
import { verify } from "./verification.ts";

const MAX_BODY_BYTES = 1024 ** 2;
/** A path or a signature of any length is not sent back whole, in a header least of all. */
const MAX_MESSAGE_LETTERS = 1_024;
/** Answers in the style of FastAPI's. */
const ANSWER_STYLE = { sorted: false, ascii: false, compact: true };
/** How long the connection of a flooding address is left alone: it cannot ask more often then. */
const FLOOD_REST_MS = 1_000;
/** For who floods there is no signature: it costs as much as checking one, and nobody checks it. */
const FLOODED: ServedResponse = {
  ...{ status: 429, headers: { "content-type": "application/json" }, restMs: FLOOD_REST_MS },
  body: encode({ message: "Too many requests of this address, try again later" }),
};

/**
 * What one address may ask, what of it may come to nothing, what may come to nothing of all addresses
 * together of which nothing good has come, and what one hotkey may ask.
 */
export interface AxonBudgets {
  readonly address: Budget;
  readonly failures: Budget;
  readonly strangers: Budget;
  readonly hotkey: Budget;
}

/** All strangers have one budget. */
const EVERYBODY = "";
const BUDGETS: AxonBudgets = {
  address: { burst: 10_000, perSecond: 5_000 },
  failures: { burst: 300, perSecond: 10 },
  strangers: { burst: 600, perSecond: 200 },
  hotkey: { burst: 5_000, perSecond: 3_000 },
};

/** What an axon is made of. */
export interface AxonOptions {
  readonly signer: Signer;
  /** What its errors tell: `100a + 10b + c` for the compute network's a.b.c. */
  readonly version: number;
  readonly clock: Clock;
  readonly wallClock: WallClock;
  readonly randomBytes: RandomBytes;
  readonly log: Log;
  readonly nonces: NonceBook;
  readonly checkSignature: SignatureCheck;
  /** As the reference: requests need no signature. @default {false} */
  readonly lenient?: boolean;
  /** @default bursts of 10,000, 300, 600 and 5,000, and 5,000, 10, 200 and 3,000 a second */
  readonly budgets?: AxonBudgets;
}

/** A verified request as its handler gets it. */
export interface AxonCall<Kind extends SynapseKind> {
  /** Of the body; what it says of its sender is unverified. */
  readonly synapse: Synapse<Kind>;
  /** Who signed it. */
  readonly hotkey: string;
  readonly priority: number;
  /** When it came, on the host's clock. */
  readonly arrivedMs: number;
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal;
}

/** How an axon treats one kind of synapse. */
export interface AxonRoute<Kind extends SynapseKind> {
  readonly kind: Kind;
  /** Gives the fields of the answer; what it throws becomes a status 500. */
  forward(call: AxonCall<Kind>): Promise<Synapse<Kind>["fields"]>;
  /** Why a hotkey may not ask this, from headers that nobody has verified; undefined if it may. */
  blacklist?(hotkey: string | null): string | undefined;
  /** Of a verified request. @default {0} */
  priority?(hotkey: string): number;
  /** @default {1048576} */
  readonly maxBodyBytes?: number;
}

/** A request on its way. */
interface Exchange {
  readonly request: ServedRequest;
  readonly arrivedMs: number;
  /** Of its headers, as far as it came. */
  synapse: Synapse;
  /** Whether its address has paid for a failure, as each does until it is verified. */
  hasPaid: boolean;
}

/** See the module. */
export class Axon {
  readonly #routes = new Map<string, AxonRoute<SynapseKind>>();
  readonly #addresses: FloodGuard;
  readonly #failures: FloodGuard;
  readonly #strangers: FloodGuard;
  readonly #hotkeys: FloodGuard;
  readonly #good: GoodAddresses;
  readonly #bodies: BodyReader;
  /** Constant for the instance's lifetime. */
  readonly #uuid: string;

  constructor(readonly options: AxonOptions) {
    const { clock, randomBytes, budgets = BUDGETS } = options;
    this.#addresses = new FloodGuard(clock, budgets.address);
    this.#failures = new FloodGuard(clock, budgets.failures);
    this.#strangers = new FloodGuard(clock, budgets.strangers);
    this.#hotkeys = new FloodGuard(clock, budgets.hotkey);
    this.#good = new GoodAddresses(clock);
    this.#bodies = new BodyReader(clock);
    this.#uuid = uuid4(randomBytes);
    this.attach({ kind: PING, forward: ({ synapse }) => Promise.resolve(synapse.fields) });
  }

  /** Answers a kind of synapse from now on. */
  attach<Kind extends SynapseKind>(route: AxonRoute<Kind>): this {
    // What a handler is called with was read by the entries of this very kind.
    this.#routes.set(route.kind.name, route as unknown as AxonRoute<SynapseKind>);
    return this;
  }

  /** Answers one request; never throws. */
  readonly handler = async (request: ServedRequest): Promise<ServedResponse> => {
    if (!this.#addresses.take(request.remoteAddress)) return FLOODED;
    if (!this.#takeFailure(request.remoteAddress)) return FLOODED;
    const exchange: Exchange = {
      request,
      arrivedMs: this.options.clock.nowMs(),
      synapse: createSynapse(PING, {}),
      // Before anything is waited for: of a thousand at once none is looked at for nothing.
      hasPaid: true,
    };
    try {
      return await this.#answer(exchange);
    } catch (error) {
      return await this.#refuse(exchange, error);
    }
  };

  async #answer(exchange: Exchange): Promise<ServedResponse> {
    const { request: { remoteAddress, headers }, request } = exchange;
    const route = this.#routeOf(request);
    exchange.synapse = this.#preprocess(fromHeaders(route.kind, headers), request);
    const reason = route.blacklist?.(exchange.synapse.dendrite.hotkey);
    if (reason !== undefined) throw blacklisted(reason);
    const hotkey = await verify(exchange.synapse, this.#verifierOptions);
    this.#giveBackFailure(remoteAddress, hotkey);
    exchange.hasPaid = false;
    if (!this.#hotkeys.take(hotkey)) {
      throw new AxonRefusal(429, "Too many requests of this hotkey, try again later");
    }
    const synapse = await this.#readBody(route, exchange, hotkey);
    const fields = await route.forward({
      ...{ synapse, hotkey, arrivedMs: exchange.arrivedMs, signal: request.signal },
      priority: route.priority?.(hotkey) ?? 0,
    });
    return this.#success({ ...synapse, fields }, exchange.arrivedMs);
  }

  get #verifierOptions(): Parameters<typeof verify>[1] {
    const { signer, nonces, checkSignature, lenient = false } = this.options;
    return {
      ...{ hotkey: signer.address, nonces, checkSignature, lenient },
      isStranger: (hotkey) => this.#isStranger(hotkey),
    };
  }

  /** Whether all routes that choose refuse a hotkey. A repeated request of it does no harm. */
  #isStranger(hotkey: string): boolean {
    const choosing = [...this.#routes.values()].filter(({ blacklist }) => blacklist !== undefined);
    return choosing.length > 0 &&
      choosing.every((route) => route.blacklist?.(hotkey) !== undefined);
  }

  /** Lets an address fail once. */
  #takeFailure(address: string): boolean {
    if (!this.#failures.take(address)) return false;
    return this.#good.has(address) || this.#strangers.take(EVERYBODY);
  }

  /** What somebody else in the same place is worth, only a hotkey that is let in shows. */
  #giveBackFailure(address: string, hotkey: string): void {
    this.#failures.giveBack(address);
    if (!this.#good.has(address)) this.#strangers.giveBack(EVERYBODY);
    if (!this.#isStranger(hotkey)) this.#good.add(address);
  }

  #routeOf({ method, target }: ServedRequest): AxonRoute<SynapseKind> {
    const [, name = ""] = target.split("?", 1)[0].split("/");
    const route = this.#routes.get(decoded(name));
    if (route === undefined) {
      const known = pythonStr([...this.#routes.keys()]);
      throw new AxonRefusal(404, `Synapse name '${name}' not found. Available synapses ${known}`);
    }
    if (method !== "POST" && method !== "GET") throw new AxonRefusal(405, "Method Not Allowed");
    return route;
  }

  /** Fills in what the axon itself knows. */
  #preprocess(synapse: Synapse, { remoteAddress }: ServedRequest): Synapse {
    const { version, wallClock } = this.options;
    const nonce = BigInt(Math.round(wallClock.unixMs() * 1000)) * 1000n;
    return {
      ...synapse,
      axon: { ...synapse.axon, version, uuid: this.#uuid, nonce, statusCode: 100 },
      dendrite: { ...synapse.dendrite, ip: remoteAddress },
    };
  }

  async #readBody(
    { kind, maxBodyBytes = MAX_BODY_BYTES }: AxonRoute<SynapseKind>,
    { request, synapse: { computedBodyHash } }: Exchange,
    hotkey: string,
  ): Promise<Synapse> {
    const text = await this.#bodies.text(request, hotkey, maxBodyBytes);
    const synapse = readSynapse(kind, readJson(text).asSent);
    const hash = bodyHash(synapse);
    if (hash === computedBodyHash) return synapse;
    throw new Error(`Hash mismatch with ${hash} and ${computedBodyHash}`);
  }

  #success(synapse: Synapse, arrivedMs: number): ServedResponse {
    const axon: TerminalInfo = {
      ...synapse.axon,
      statusCode: synapse.axon.statusCode ?? 200,
      statusMessage: synapse.axon.statusMessage || "Success",
      processTime: this.#secondsSince(arrivedMs),
    };
    const answered = { ...synapse, axon };
    const body = encode(dumpSynapse(answered));
    return { status: axon.statusCode ?? 200, headers: answerHeaders(answered, body), body };
  }

  async #refuse(exchange: Exchange, error: unknown): Promise<ServedResponse> {
    const { request: { remoteAddress }, arrivedMs, synapse } = exchange;
    const { status, message } = this.#describe(exchange, error);
    const body = encode({ message });
    if (!exchange.hasPaid && !this.#takeFailure(remoteAddress)) return { ...FLOODED, status, body };
    const axon: TerminalInfo = {
      ...{ ...synapse.axon, statusCode: status, statusMessage: message },
      processTime: this.#secondsSince(arrivedMs),
    };
    const text = answerText(axon, synapse.dendrite.hotkey);
    const signature = axon.uuid === null ? null : await signText(this.options.signer, text);
    return {
      status,
      headers: answerHeaders({ ...synapse, axon: { ...axon, signature } }, body),
      body,
    };
  }

  #describe(
    { request: { remoteAddress, signal }, synapse }: Exchange,
    error: unknown,
  ): { readonly status: number; readonly message: string } {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : `${error}`;
    const who = `${synapse.kind.name} of ${
      synapse.dendrite.hotkey ?? "nobody"
    } at ${remoteAddress}`;
    if (error instanceof AxonRefusal) {
      this.options.log.debug(`${error.status} ${oneLine(`${who}: ${error.message}`)}`);
      return { status: error.status, message: error.message.slice(0, MAX_MESSAGE_LETTERS) };
    }
    const id = uuid4(this.options.randomBytes);
    if (!signal.aborted) this.options.log.warn(`500 #${id} ${oneLine(`${who}: ${reason}`)}`);
    return { status: 500, message: `Internal Server Error #${id}` };
  }

  #secondsSince(arrivedMs: number): number {
    return (this.options.clock.nowMs() - arrivedMs) / 1000;
  }
}

const MAX_LINE_LETTERS = 300;

function oneLine(text: string): string {
  return text.replaceAll(/[\s\p{C}]+/gu, " ").slice(0, MAX_LINE_LETTERS);
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

function encode(data: PythonData): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(pythonJson(data, ANSWER_STYLE));
}

function answerHeaders(synapse: Synapse, body: Uint8Array): Record<string, string> {
  return { ...toHeaders(synapse, body.length), "content-type": "application/json" };
}

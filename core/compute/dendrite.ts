/**
 * A dendrite: asks axons, signed, and tells what came of it as the reference does.
 *
 * Source: opentensor/bittensor v10.2, `bittensor/core/dendrite.py`.
 *
 * @module
 */

import * as v from "valibot";
import { readBytes } from "../formats/byte_stream.ts";
import { PythonFloat, pythonJson } from "../formats/python_json.ts";
import { readJson } from "../formats/python_json_reader.ts";
import { uuid4 } from "../formats/uuid.ts";
import type { Clock, Http, HttpResponse, Log, RandomBytes, WallClock } from "../host.ts";
import type { Signer } from "../wallet/signer.ts";
import { terminalsOf, toHeaders } from "./synapse/headers.ts";
import { pythonStr } from "./synapse/python_str.ts";
import { requestText, signText } from "./synapse/signed_text.ts";
import {
  bodyHash,
  dumpSynapse,
  readSynapse,
  type Synapse,
  type SynapseKind,
} from "./synapse/synapse.ts";
import { type TerminalInfo, UNKNOWN_TERMINAL } from "./synapse/terminal_info.ts";

/** Of the SDK that we speak like: 10.2.0. */
export const SDK_VERSION = 10_002_000;
const DEFAULT_TIMEOUT_S = 12;
/** Axons that are asked at once. */
const DEFAULT_PARALLEL = 64;
const MAX_ANSWER_BYTES = 16 * 1024 ** 2;
/** As Python's `json.dumps` writes by itself. */
const REQUEST_STYLE = { sorted: false, ascii: true, compact: false };
const ErrorBody = v.object({ message: v.nullish(v.string(), "") });

/** Whom to ask. */
export interface AxonTarget {
  readonly ip: string;
  readonly port: number;
  readonly hotkey: string;
}

/** What a dendrite is made of. */
export interface DendriteOptions {
  readonly signer: Signer;
  readonly http: Http;
  readonly clock: Clock;
  readonly wallClock: WallClock;
  readonly randomBytes: RandomBytes;
  readonly log: Log;
  /** Where we are seen from outside, for those who want to know. */
  readonly externalIp?: string;
}

/** How to ask. */
export interface CallOptions {
  /** In seconds. @default {12} */
  readonly timeoutS?: number;
  readonly signal?: AbortSignal;
}

/** How to ask many. */
export interface BatchOptions extends CallOptions {
  /** How many at once. @default {64} */
  readonly parallel?: number;
}

/** Whether an answer is one: what it holds came from the axon. */
export function isSuccess({ dendrite: { statusCode } }: Synapse): boolean {
  return statusCode === 200;
}

/** See the module. */
export class Dendrite {
  /** Constant for the instance's lifetime: axons count nonces by it. */
  readonly uuid: string;
  #lastNonce = 0n;

  constructor(readonly options: DendriteOptions) {
    this.uuid = uuid4(options.randomBytes);
  }

  /**
   * Asks one axon, once. What goes wrong stands in the answer: `dendrite.statusCode` is 200, a status
   * of the axon, or 408, 422 or 503 for one that did not answer.
   */
  async call<Kind extends SynapseKind>(
    target: AxonTarget,
    synapse: Synapse<Kind>,
    { timeoutS = DEFAULT_TIMEOUT_S, signal }: CallOptions = {},
  ): Promise<Synapse<Kind>> {
    const { clock, log } = this.options;
    const startMs = clock.nowMs();
    const asked = await this.#sign(target, { ...synapse, timeout: timeoutS });
    const ending = new AbortController();
    const end = (): void => ending.abort();
    signal?.addEventListener("abort", end);
    let isLate = false;
    clock.sleep(timeoutS * 1000, ending.signal).then(() => {
      isLate = !ending.signal.aborted;
      ending.abort();
    });
    try {
      const answered = await this.#ask(target, asked, ending.signal);
      const processTime = (clock.nowMs() - startMs) / 1000;
      return { ...answered, dendrite: { ...answered.dendrite, processTime } };
    } catch (error) {
      const { status, message } = describe(error, isLate, target, asked);
      log.debug(`${asked.kind.name} to ${target.hotkey}: ${status} ${message}`);
      return failed(asked, status, message);
    } finally {
      ending.abort();
      signal?.removeEventListener("abort", end);
    }
  }

  /** Asks many axons, some at once; the answers are in the order of the axons. */
  async batch<Kind extends SynapseKind>(
    targets: readonly AxonTarget[],
    synapseFor: (target: AxonTarget, index: number) => Synapse<Kind>,
    { parallel = DEFAULT_PARALLEL, ...options }: BatchOptions = {},
  ): Promise<Synapse<Kind>[]> {
    const answers: Synapse<Kind>[] = [];
    let next = 0;
    const work = async (): Promise<void> => {
      while (next < targets.length) {
        const index = next++;
        const target = targets[index];
        answers[index] = await this.call(target, synapseFor(target, index), options);
      }
    };
    await Promise.all(Array.from({ length: Math.min(parallel, targets.length) }, work));
    return answers;
  }

  async #sign<Kind extends SynapseKind>(
    { ip, port, hotkey }: AxonTarget,
    synapse: Synapse<Kind>,
  ): Promise<Synapse<Kind>> {
    const { signer, externalIp = null } = this.options;
    const named = { nonce: this.#nextNonce(), hotkey: signer.address, uuid: this.uuid };
    const signature = await signText(signer, requestText(named, hotkey, bodyHash(synapse)));
    return {
      ...synapse,
      axon: { ...UNKNOWN_TERMINAL, ip, port, hotkey },
      dendrite: {
        ...{ ...UNKNOWN_TERMINAL, ...named, ip: externalIp, version: SDK_VERSION, signature },
      },
    };
  }

  /** Nanoseconds of the clock; never twice the same, for an axon takes only larger ones. */
  #nextNonce(): bigint {
    const nowNs = BigInt(Math.round(this.options.wallClock.unixMs() * 1000)) * 1000n;
    this.#lastNonce = nowNs > this.#lastNonce ? nowNs : this.#lastNonce + 1n;
    return this.#lastNonce;
  }

  async #ask<Kind extends SynapseKind>(
    { ip, port }: AxonTarget,
    asked: Synapse<Kind>,
    signal: AbortSignal,
  ): Promise<Synapse<Kind>> {
    const body = new TextEncoder().encode(pythonJson(dumpSynapse(asked), REQUEST_STYLE));
    const host = ip.includes(":") ? `[${ip}]` : ip;
    const response = await this.options.http({
      method: "POST",
      url: `http://${host}:${port}/${asked.kind.name}`,
      headers: { ...toHeaders(asked, body.length), "content-type": "application/json" },
      ...{ body, signal },
    });
    return await readAnswer(asked, response);
  }
}

/** An answer that cannot be read. */
class AnswerError extends Error {}

async function readAnswer<Kind extends SynapseKind>(
  asked: Synapse<Kind>,
  { status, headers, body }: HttpResponse,
): Promise<Synapse<Kind>> {
  const bytes = await readBytes(body, MAX_ANSWER_BYTES, "the answer");
  try {
    const { value, asSent } = readJson(new TextDecoder().decode(bytes));
    const told = terminalsOf(headers);
    if (status !== 200) {
      const { message } = v.parse(ErrorBody, value);
      const axon = merged(asked.axon, { ...told.axon, statusCode: status, statusMessage: message });
      return { ...failed(asked, status, message ?? ""), axon };
    }
    const answered = readSynapse(asked.kind, asSent);
    const axon = merged(merged(asked.axon, answered.axon), told.axon);
    const dendrite = merged(asked.dendrite, told.dendrite);
    const { statusCode, statusMessage } = axon;
    return {
      ...{ ...asked, fields: answered.fields, axon },
      dendrite: { ...dendrite, statusCode: statusCode ?? status, statusMessage },
    };
  } catch (error) {
    throw new AnswerError(error instanceof Error ? error.message : `${error}`, { cause: error });
  }
}

/** What is known of both, the newer first. */
function merged(old: TerminalInfo, newer: TerminalInfo): TerminalInfo {
  const known = Object.entries(newer).filter(([, value]) => value !== null);
  return { ...old, ...Object.fromEntries(known) };
}

function failed<Kind extends SynapseKind>(
  asked: Synapse<Kind>,
  statusCode: number,
  statusMessage: string,
): Synapse<Kind> {
  return { ...asked, dendrite: { ...asked.dendrite, statusCode, statusMessage } };
}

/** Statuses and words of the reference. */
function describe(
  error: unknown,
  isLate: boolean,
  { ip, port }: AxonTarget,
  { kind, timeout }: Synapse,
): { readonly status: number; readonly message: string } {
  if (isLate) {
    const seconds = pythonStr(new PythonFloat(timeout ?? 0));
    return { status: 408, message: `Request timeout after ${seconds} seconds` };
  }
  if (error instanceof AnswerError) {
    return { status: 422, message: `Failed to parse response: ${error.message}` };
  }
  return { status: 503, message: `Service unavailable at ${ip}:${port}/${kind.name}` };
}

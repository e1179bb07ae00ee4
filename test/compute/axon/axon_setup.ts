/**
 * An axon of //Bob on a clock that a test moves, and requests of //Alice as the real dendrite makes
 * them.
 *
 * @module
 */

import { Axon, type AxonOptions } from "../../../core/compute/axon/axon.ts";
import { NonceBook } from "../../../core/compute/axon/nonce_book.ts";
import { toHeaders } from "../../../core/compute/synapse/headers.ts";
import { requestText, signText } from "../../../core/compute/synapse/signed_text.ts";
import { bodyHash, dumpSynapse, type Synapse } from "../../../core/compute/synapse/synapse.ts";
import { UNKNOWN_TERMINAL } from "../../../core/compute/synapse/terminal_info.ts";
import { pythonJson } from "../../../core/formats/python_json.ts";
import type { ServedRequest, ServedResponse } from "../../../core/host.ts";
import type { Keypair } from "../../../core/wallet/keypair.ts";
import { verifyMessage } from "../../../core/wallet/verify.ts";
import { KeptLog } from "../../harness/kept_log.ts";
import { MemoryStorage } from "../../harness/memory_host.ts";
import { ALICE, BOB, TestTime } from "../../iota/api/api_setup.ts";

/** Bodies as Python's `json.dumps` writes them by itself. */
export const REQUEST_STYLE = { sorted: false, ascii: true, compact: false };
const UUID = "5ecbd69c-1cec-11ee-b0dc-e29ce36fec1a";
const SDK_VERSION = 10_002_000;

/** What a test may want otherwise than the real dendrite has it. */
export interface RequestChanges {
  readonly method?: string;
  readonly target?: string;
  /** Over what the dendrite sends; undefined leaves a header out. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly remoteAddress?: string;
  readonly signal?: AbortSignal;
  readonly signer?: Keypair;
  /** Milliseconds of the dendrite's clock before ours. */
  readonly ageMs?: number;
  readonly uuid?: string;
  readonly axonHotkey?: string;
}

/** See the module. */
export class AxonSetup {
  /** Signatures that were checked. */
  checked = 0;
  readonly log = new KeptLog();
  readonly time: TestTime;
  readonly storage: MemoryStorage;

  constructor({ time = new TestTime(), storage = new MemoryStorage() } = {}) {
    this.time = time;
    this.storage = storage;
  }

  async axon(options: Partial<AxonOptions> = {}): Promise<Axon> {
    const { time, storage, log } = this;
    const lenient = options.lenient ?? false;
    let drawn = 0;
    return new Axon({
      ...{ signer: BOB, version: 183, clock: time, wallClock: time, log },
      nonces: await NonceBook.open({ wallClock: time, clock: time, storage, lenient }),
      randomBytes: (length) => new Uint8Array(length).fill(drawn++),
      checkSignature: (...check) => {
        this.checked += 1;
        return Promise.resolve(verifyMessage(...check));
      },
      ...options,
    });
  }

  /** A request that carries a synapse. */
  async request(synapse: Synapse, changes: RequestChanges = {}): Promise<ServedRequest> {
    const { signer = ALICE, axonHotkey = BOB.address, ageMs = 0, uuid = UUID } = changes;
    const nonce = BigInt(this.time.unixMs() - ageMs) * 1_000_000n;
    const named = { nonce, hotkey: signer.address, uuid };
    const text = requestText(named, axonHotkey, bodyHash(synapse));
    const signature = await signText(signer, text);
    const asked: Synapse = {
      ...synapse,
      dendrite: { ...UNKNOWN_TERMINAL, ...named, version: SDK_VERSION, signature },
      axon: { ...UNKNOWN_TERMINAL, ip: "127.0.0.1", port: 18091, hotkey: axonHotkey },
    };
    const body = changes.body ?? pythonJson(dumpSynapse(asked), REQUEST_STYLE);
    return served(`/${synapse.kind.name}`, { ...toHeaders(asked, 0) }, body, changes);
  }
}

/** A request as an axon gets it. */
export function served(
  target: string,
  headers: Readonly<Record<string, string>>,
  body: string | Uint8Array<ArrayBuffer>,
  changes: RequestChanges = {},
): ServedRequest {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const all = { "content-length": `${bytes.length}`, ...headers, ...changes.headers };
  const given = Object.entries(all).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value]]
  );
  const known = new Map(given.map(([name, value]) => [name.toLowerCase(), value]));
  return {
    method: changes.method ?? "POST",
    target: changes.target ?? target,
    headers: { get: (name) => known.get(name) ?? null },
    body: oneByOne([bytes]),
    remoteAddress: changes.remoteAddress ?? "127.0.0.1",
    signal: changes.signal ?? new AbortController().signal,
  };
}

/** Pieces that come one after the other. */
export async function* oneByOne<Piece>(pieces: readonly Piece[]): AsyncGenerator<Piece, void> {
  for (const piece of pieces) yield await Promise.resolve(piece);
}

/** An answer's body as text. */
export async function textOf({ body }: ServedResponse): Promise<string> {
  const pieces = body instanceof Uint8Array ? [body] : await Array.fromAsync(body);
  return pieces.map((piece) => new TextDecoder().decode(piece)).join("");
}

/** The message of an answer that is an error. */
export async function messageOf(answer: ServedResponse): Promise<string> {
  return JSON.parse(await textOf(answer)).message;
}

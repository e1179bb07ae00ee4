/**
 * Requests of a validator as they should be, signed, and what is right as an answer to each.
 *
 * @module
 */

import { toHeaders } from "../../../core/compute/synapse/headers.ts";
import { requestText, signText } from "../../../core/compute/synapse/signed_text.ts";
import {
  bodyHash,
  createSynapse,
  dumpSynapse,
  readSynapse,
  type Synapse,
} from "../../../core/compute/synapse/synapse.ts";
import { ALLOCATE, CHALLENGE, PING, SPECS } from "../../../core/compute/synapse/synapses.ts";
import { UNKNOWN_TERMINAL } from "../../../core/compute/synapse/terminal_info.ts";
import { pythonJson } from "../../../core/formats/python_json.ts";
import { hashOf } from "../../../core/hash/hash_target.ts";
import { hashMode } from "../../../core/hash/modes.ts";
import { Keypair } from "../../../core/wallet/keypair.ts";
import { processWallClock } from "../../../headless/deno_host.ts";
import { MINER_URI } from "./fuzzed_miner.ts";

const REQUEST_STYLE = { sorted: false, ascii: true, compact: false };
const SDK_VERSION = 10_002_000;
const MODE = hashMode(610);
const SALT = "5a";
/** Letters that have a meaning to hashcat, in a line or in a mask. */
const CHARS = "a:?\u00e9";
const PASSWORD = ":?a";
const VALIDATORS = 8;

/** A request in parts, so that each can be spoilt. */
export interface PlainRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array<ArrayBuffer>;
}

/** A body's data before they are written, and whether an answer's body is right. */
export interface ValidKind {
  readonly synapse: Synapse;
  isRight(answer: unknown): boolean;
}

const digest = hashOf(MODE, new TextEncoder().encode(PASSWORD), new TextEncoder().encode(SALT));

/** Every kind of question. */
export const VALID_KINDS: readonly ValidKind[] = [
  { synapse: createSynapse(PING, {}), isRight: (answer) => dig(answer, "name") === "Synapse" },
  {
    synapse: createSynapse(CHALLENGE, {
      ...{ challenge_hash: `$BLAKE2$${digest.toHex()}`, challenge_salt: SALT },
      ...{ challenge_mode: "610", challenge_chars: CHARS, challenge_mask: "?1?1?1" },
      ...{ challenge_difficulty: PASSWORD.length, output: {} },
    }),
    isRight: (answer) => dig(dig(answer, "output"), "password") === PASSWORD,
  },
  {
    synapse: createSynapse(SPECS, { specs_input: "x".repeat(100), specs_output: "" }),
    isRight: (answer) => `${dig(answer, "specs_output")}`.includes("NVIDIA L4"),
  },
  {
    synapse: createSynapse(ALLOCATE, {
      ...readSynapse(ALLOCATE, {}).fields,
      ...{ timeline: 1, checking: true },
    }),
    isRight: (answer) => typeof dig(dig(answer, "output"), "status") === "boolean",
  },
];

/** Who asks in turn. */
export const VALIDATOR_KEYS: () => readonly Keypair[] = () =>
  Array.from({ length: VALIDATORS }, (_, at) => Keypair.fromUri(`//fuzz${at}`));

/** Makes valid requests of one client: a key, and a uuid of its own. */
export class Validator {
  readonly axonHotkey = Keypair.fromUri(MINER_URI).address;
  #lastNs = 0n;

  constructor(readonly key: Keypair, readonly uuid: string) {}

  /**
   * A request of a kind; each has a later nonce than the one before.
   *
   * @param body instead of the kind's own
   */
  async request(
    { synapse }: ValidKind,
    body?: Uint8Array<ArrayBuffer>,
  ): Promise<PlainRequest> {
    const { axonHotkey } = this;
    const named = { nonce: this.#nonce(), hotkey: this.key.address, uuid: this.uuid };
    const signature = await signText(this.key, requestText(named, axonHotkey, bodyHash(synapse)));
    const asked: Synapse = {
      ...synapse,
      dendrite: { ...UNKNOWN_TERMINAL, ...named, version: SDK_VERSION, signature },
      axon: { ...UNKNOWN_TERMINAL, ip: "127.0.0.1", port: 8091, hotkey: axonHotkey },
    };
    const bytes = body ?? bodyBytes(asked);
    const headers = { ...toHeaders(asked, bytes.length), "content-type": "application/json" };
    return {
      ...{ method: "POST", path: `/${synapse.kind.name}`, body: bytes },
      headers: [["host", "127.0.0.1"], ...Object.entries(headers)],
    };
  }

  #nonce(): bigint {
    const nowNs = BigInt(Math.round(processWallClock.unixMs() * 1000)) * 1000n;
    return this.#lastNs = nowNs > this.#lastNs ? nowNs : this.#lastNs + 1n;
  }
}

/** The body of a synapse. */
export function bodyBytes(synapse: Synapse): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(pythonJson(dumpSynapse(synapse), REQUEST_STYLE));
}

function dig(data: unknown, name: string): unknown {
  if (typeof data !== "object" || data === null) return undefined;
  return Object.entries(data).find(([key]) => key === name)?.[1];
}

/**
 * The requests of a run. What is done to the request of an index depends on the seed and the index
 * alone; nonces and signatures are of the moment.
 *
 * @module
 */

import type { SynapseKind } from "../../../core/compute/synapse/synapse.ts";
import { seededRandom } from "../../reference/random.ts";
import { GARBAGE, NASTY_HEADERS, NASTY_JSON, NASTY_METHODS, NASTY_PATHS } from "./nasty_values.ts";
import {
  bodyBytes,
  type PlainRequest,
  VALID_KINDS,
  type Validator,
  type ValidKind,
} from "./valid_requests.ts";

/** One of so many requests is honest. */
const HONEST_SHARE = 0.2;
const GOLDEN = 0x9e3779b1;

/** A request to be sent. */
export interface FuzzedRequest {
  /** What was done to it; `honest` for nothing. */
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Whether the server may rightly wait for more: then it is given up after a moment. */
  readonly mayWait: boolean;
  /** Of an honest request: whether an answer's body is right. */
  readonly isRight?: (answer: unknown) => boolean;
}

/** Draws what a request becomes. */
class Dice {
  readonly next: () => number;

  constructor(seed: number, index: number) {
    this.next = seededRandom(Math.imul(seed + 1, GOLDEN) ^ Math.imul(index + 1, 0x85ebca6b));
  }

  /** A whole number below. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  of<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)];
  }
}

/** What a mutation makes of a request. */
interface Mutated {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly mayWait: boolean;
}

type Mutation = (request: PlainRequest, dice: Dice, kind: ValidKind) => Mutated;

/** The request of an index. */
export async function fuzzedRequest(
  { seed, index }: { readonly seed: number; readonly index: number },
  validator: Validator,
): Promise<FuzzedRequest> {
  const dice = new Dice(seed, index);
  const kind = dice.of(VALID_KINDS);
  const isHonest = dice.next() < HONEST_SHARE;
  if (isHonest) {
    const bytes = written(await validator.request(kind));
    return { name: "honest", bytes, mayWait: false, isRight: kind.isRight };
  }
  const name = dice.of(Object.keys(MUTATIONS));
  const request = await validator.request(kind);
  return { name, ...MUTATIONS[name](request, dice, kind) };
}

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  "bits of the head": (request, dice) => {
    const bytes = written(request);
    flip(bytes, dice, bytes.length - request.body.length);
    return { bytes, mayWait: true };
  },
  "bits of the body": (request, dice) => {
    const body = request.body.slice();
    flip(body, dice, body.length);
    return whole({ ...request, body });
  },
  "a header less": (request, dice) => {
    const gone = dice.below(request.headers.length);
    return whole({ ...request, headers: request.headers.filter((_, at) => at !== gone) });
  },
  "a header twice": (request, dice) => {
    const again = dice.of(request.headers);
    return whole({ ...request, headers: [...request.headers, again] });
  },
  "a header's value": (request, dice) => {
    const at = dice.below(request.headers.length);
    const value = dice.of(NASTY_HEADERS);
    return whole({
      ...request,
      headers: request.headers.map(([name, was], index) => [name, index === at ? value : was]),
    });
  },
  "a header more": (request, dice) => {
    const name = dice.of(["bt_header_axon_nonce", "bt_header_input_obj_a", "expect", "upgrade"]);
    return whole({ ...request, headers: [...request.headers, [name, dice.of(NASTY_HEADERS)]] });
  },
  "many headers": (request, dice) => {
    const more = Array.from({ length: dice.below(600) }, (_, at) => [`x${at}`, "1"] as const);
    return whole({ ...request, headers: [...request.headers, ...more] });
  },
  "a field's value": (request, dice, { synapse }) => {
    const name = dice.of([...Object.keys(synapse.kind.fields), "timeout", "dendrite", "axon"]);
    return whole({ ...request, body: replaced(request.body, name, dice.of(NASTY_JSON)) });
  },
  "some fields' values": (request, dice, { synapse }) => {
    let { body } = request;
    for (const name of fieldsOf(synapse.kind)) {
      if (dice.next() < 0.5) body = replaced(body, name, dice.of(NASTY_JSON));
    }
    return whole({ ...request, body });
  },
  "another body": (request, dice) => {
    const body = new TextEncoder().encode(dice.of([...NASTY_JSON, "\ufeff{}", "{", "\0", ""]));
    return whole({ ...request, body });
  },
  "another's body": (request, dice) => {
    return whole({ ...request, body: bodyBytes(dice.of(VALID_KINDS).synapse) });
  },
  "a path": (request, dice) => whole({ ...request, path: dice.of(NASTY_PATHS) }),
  "a method": (request, dice) => {
    return { ...whole({ ...request, method: dice.of(NASTY_METHODS) }), mayWait: true };
  },
  "a length": (request, dice) => {
    const length = dice.of(["-1", "abc", "0", "1073741824", "99999999999999999999", "1", "2, 2"]);
    return { bytes: written(request, length), mayWait: true };
  },
  "a cut": (request, dice) => {
    const bytes = written(request);
    return { bytes: bytes.slice(0, 1 + dice.below(bytes.length - 1)), mayWait: true };
  },
  "garbage": (_, dice) => ({ bytes: latin1(dice.of(GARBAGE)), mayWait: true }),
  "garbage behind": (request, dice) => {
    return { bytes: joined(written(request), latin1(dice.of(GARBAGE))), mayWait: false };
  },
  "itself behind": (request) => ({
    bytes: joined(written(request), written(request)),
    mayWait: false,
  }),
  "chunks": (request, dice) => {
    const size = dice.of([request.body.length.toString(16), "0", "5", "7fffffff", "-1", "g"]);
    const head = headOf({ ...request, headers: [...request.headers, CHUNKED] });
    const body = joined(latin1(`${size}\r\n`), request.body, latin1("\r\n0\r\n\r\n"));
    return { bytes: joined(latin1(head), body), mayWait: true };
  },
};

const CHUNKED = ["transfer-encoding", "chunked"] as const;

function fieldsOf(kind: SynapseKind): readonly string[] {
  return Object.keys(kind.fields);
}

function whole(request: PlainRequest): Mutated {
  return { bytes: written(request), mayWait: false };
}

function written(
  request: PlainRequest,
  length = `${request.body.length}`,
): Uint8Array<ArrayBuffer> {
  const headers = [...request.headers, ["content-length", length] as const];
  return joined(latin1(headOf({ ...request, headers })), request.body);
}

function headOf({ method, path, headers }: PlainRequest): string {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return `${method} ${path} HTTP/1.1\r\n${lines}\r\n`;
}

/** A body in which another JSON text stands for a field's value. */
function replaced(
  body: Uint8Array<ArrayBuffer>,
  name: string,
  json: string,
): Uint8Array<ArrayBuffer> {
  const text = new TextDecoder().decode(body);
  const at = text.indexOf(`"${name}": `);
  if (at < 0) return body;
  const from = at + name.length + 4;
  // Nested values end too early: then it is no JSON, which is as good.
  const to = text.slice(from).search(/, "|\}/) + from;
  return new TextEncoder().encode(text.slice(0, from) + json + text.slice(to));
}

function flip(bytes: Uint8Array<ArrayBuffer>, dice: Dice, limit: number): void {
  for (let count = 1 + dice.below(8); count > 0; count--) {
    bytes[dice.below(limit)] ^= 1 << dice.below(8);
  }
}

function latin1(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0) & 0xff);
}

function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

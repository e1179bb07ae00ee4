/**
 * A miner behind real HTTP, and a validator who sends it, over bare connections, what no client would.
 *
 * @module
 */

import { assert } from "chai";
import type { PythonData } from "../../../core/formats/python_json.ts";
import { createSynapse, type FieldsOf } from "../../../core/compute/synapse/synapse.ts";
import { ALLOCATE, CHALLENGE, PING } from "../../../core/compute/synapse/synapses.ts";
import { Keypair } from "../../../core/wallet/keypair.ts";
import { readyKeys } from "../../../core/wallet/ready.ts";
import { listenHttp, type ListenOptions } from "../../../headless/http_server.ts";
import { openFuzzedMiner } from "../../bench/fuzz/fuzzed_miner.ts";
import {
  type PlainRequest,
  VALID_KINDS,
  Validator,
  type ValidKind,
} from "../../bench/fuzz/valid_requests.ts";
import { KeptLog } from "../../harness/kept_log.ts";
import { MemoryStorage } from "../../harness/memory_host.ts";
import { bareConnection, readAll } from "../../headless/http_setup.ts";

await readyKeys();
/** Two who may ask, and one who may not. */
export const VAL = Keypair.fromUri("//val");
export const OTHER = Keypair.fromUri("//other");
export const STRANGER = Keypair.fromUri("//stranger");
const [, HONEST] = VALID_KINDS;
/** A ping as a kind of request. */
export const PINGED: ValidKind = { synapse: createSynapse(PING, {}), isRight: () => true };

/** An answer as it came. */
export interface RawAnswer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** See the module. */
export interface BadInputSetup {
  readonly port: number;
  readonly log: KeptLog;
  /** A client of a key, with a uuid of its own. */
  validator(key?: Keypair): Validator;
  /** Sends a request over a connection of its own, and reads all until that is closed. */
  send(request: PlainRequest): Promise<RawAnswer>;
  /** The same of text. */
  sendText(text: string): Promise<RawAnswer>;
}

/** Runs a body against a miner, which must answer an honest request right when the body has ended. */
export async function withMiner(
  body: (setup: BadInputSetup) => Promise<void>,
  options: Partial<ListenOptions> = {},
): Promise<void> {
  const log = new KeptLog();
  const hotkeys = [VAL.address, OTHER.address];
  const axon = await openFuzzedMiner(hotkeys, { log, storage: new MemoryStorage() });
  const listener = await listenHttp(axon.handler, {
    ...{ hostname: "127.0.0.1", port: 0, log, ...options },
  });
  const { port } = listener;
  let clients = 0;
  const setup: BadInputSetup = {
    ...{ port, log },
    validator: (key = VAL) => new Validator(key, `client-${clients++}`),
    send: (request) => setup.sendText(textOf(request)),
    sendText: async (text) => answerOf(await readAll(bareConnection(port, text))),
  };
  try {
    await body(setup);
    const honest = await setup.send(await setup.validator().request(HONEST));
    assert.equal(honest.status, 200, "the next honest request is served");
    assert.isTrue(HONEST.isRight(JSON.parse(honest.body)), honest.body);
    assert.deepEqual(log.lines.filter((line) => line.startsWith("error:")), []);
  } finally {
    await listener.close();
  }
}

/** A challenge with other fields. */
export function challenge(fields: Partial<FieldsOf<typeof CHALLENGE>>): ValidKind {
  const known = {
    ...{ challenge_hash: "", challenge_salt: "00", challenge_mode: "610", challenge_chars: "ab" },
    ...{ challenge_mask: "?1?1", challenge_difficulty: 2, output: {} },
  };
  return { synapse: createSynapse(CHALLENGE, { ...known, ...fields }), isRight: () => true };
}

/** A reservation, or what is asked of one. */
export function allocate(fields: Readonly<Record<string, PythonData>>): ValidKind {
  const known = {
    ...{ timeline: 1, device_requirement: {}, checking: false, output: {}, public_key: "" },
    ...{ docker_requirement: {}, docker_change: false, docker_action: {} },
  };
  return { synapse: createSynapse(ALLOCATE, { ...known, ...fields }), isRight: () => true };
}

/** Some headers in the place of others; undefined leaves one out. */
export function withHeaders(
  request: PlainRequest,
  changes: Readonly<Record<string, string | undefined>>,
): PlainRequest {
  const kept = request.headers.filter(([name]) => !(name in changes));
  const added = Object.entries(changes).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const]
  );
  return { ...request, headers: [...kept, ...added] };
}

/** The request as it is sent; the connection is closed behind it. */
export function textOf({ method, path, headers, body }: PlainRequest): string {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const length = headers.some(([name]) => /^(content-length|transfer-encoding)$/.test(name))
    ? ""
    : `content-length: ${body.length}\r\n`;
  const head = `${method} ${path} HTTP/1.1\r\n${lines}${length}connection: close\r\n\r\n`;
  return head + new TextDecoder().decode(body);
}

function answerOf(text: string): RawAnswer {
  const end = text.indexOf("\r\n\r\n");
  const head = end < 0 ? text : text.slice(0, end);
  return { status: Number(head.split(" ", 2)[1] ?? 0), head, body: text.slice(end + 4) };
}

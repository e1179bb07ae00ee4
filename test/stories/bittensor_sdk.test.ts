/**
 * The real dendrite and axon of Bittensor v10.2 and ours, in both directions over loopback.
 *
 * `BITTENSOR_SDK` is a Python with fastapi, uvicorn, aiohttp and pydantic, and the checkout, with a
 * space between.
 *
 * @module
 */

import { testWhere } from "#test";
import { assert } from "chai";
import * as v from "valibot";
import { Axon } from "../../core/compute/axon/axon.ts";
import { NonceBook } from "../../core/compute/axon/nonce_book.ts";
import { type AxonTarget, Dendrite, isSuccess } from "../../core/compute/dendrite.ts";
import { pythonInt, pythonList } from "../../core/compute/synapse/python_fields.ts";
import {
  createSynapse,
  readSynapse,
  type SynapseKind,
} from "../../core/compute/synapse/synapse.ts";
import { CHALLENGE, PING } from "../../core/compute/synapse/synapses.ts";
import { PythonFloat } from "../../core/formats/python_json.ts";
import { verifyMessage } from "../../core/wallet/verify.ts";
import { processClock, processRandomBytes, processWallClock } from "../../headless/deno_host.ts";
import { listenHttp } from "../../headless/http_server.ts";
import { nodeHttp } from "../../headless/node_http.ts";
import { KeptLog } from "../harness/kept_log.ts";
import { ALICE, BOB } from "../iota/api/api_setup.ts";

const setting = Deno.env.get("BITTENSOR_SDK");
const why = setting === undefined ? "BITTENSOR_SDK is not set" : undefined;
const SDK = new URL("bittensor/sdk.py", import.meta.url).pathname;
const KEYS = `deno run --allow-env ${new URL("bittensor/keys.ts", import.meta.url).pathname}`;

const HASHED = {
  name: "Hashed",
  fields: { a: pythonInt, b: pythonList, c: v.optional(v.string(), "x") },
  hashFields: ["a", "b", "c"],
} as const satisfies SynapseKind;

const TASK = {
  ...{ challenge_hash: "$BLAKE2$ab", challenge_salt: "00ff", challenge_mode: "610" },
  ...{ challenge_chars: "a\"'é", challenge_mask: "?1?1", challenge_difficulty: 7 },
};

function startSdk(...args: readonly string[]): Deno.ChildProcess {
  const [python, checkout] = (setting ?? "").split(" ");
  return new Deno.Command(python, {
    args: [SDK, checkout, KEYS, ...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
}

/** A port that nobody listens on. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

const Answered = v.object({
  status: v.number(),
  message: v.string(),
  fields: v.record(v.string(), v.unknown()),
});

/** What the real dendrite makes of our axon's answers to some requests. */
async function askAsSdk(
  port: number,
  requests: readonly unknown[],
): Promise<v.InferOutput<typeof Answered>[]> {
  const sdk = startSdk("ask", `${port}`, BOB.address);
  const writer = sdk.stdin.getWriter();
  const lines = requests.map((request) => `${JSON.stringify(request)}\n`).join("");
  await writer.write(new TextEncoder().encode(lines));
  await writer.close();
  const { stdout } = await sdk.output();
  const text = new TextDecoder().decode(stdout).trim();
  return text.split("\n").map((line) => v.parse(Answered, JSON.parse(line)));
}

testWhere(why, "the real dendrite understands our axon's answers and refusals", async () => {
  const [log, clock, wallClock] = [new KeptLog(), processClock, processWallClock];
  const nonces = await NonceBook.open({ clock, wallClock, lenient: false });
  const axon = new Axon({
    ...{
      signer: BOB,
      version: 183,
      clock,
      wallClock,
      nonces,
      log,
      randomBytes: processRandomBytes,
    },
    checkSignature: (...check) => Promise.resolve(verifyMessage(...check)),
  });
  axon.attach({
    kind: CHALLENGE,
    blacklist: (hotkey) => hotkey === BOB.address ? "never" : undefined,
    forward: ({ synapse }) => {
      const local_execution_time = new PythonFloat(2);
      const output = { password: 'é"', local_execution_time, error: null };
      return Promise.resolve({ ...synapse.fields, output });
    },
  });
  axon.attach({ kind: HASHED, forward: ({ synapse }) => Promise.resolve(synapse.fields) });
  const listener = await listenHttp(axon.handler, { hostname: "127.0.0.1", port: 0, log });
  const hashed = { a: 5, b: [1, "z'", null, true, 2.5, "é\u200b"], c: "é" };
  const [challenge, ping, third] = await askAsSdk(listener.port, [
    { kind: "Challenge", fields: TASK, timeout: 30 },
    { kind: "Synapse", fields: {} },
    { kind: "Hashed", fields: hashed },
  ]);
  await listener.close();
  const output = { password: 'é"', local_execution_time: 2, error: null };
  assert.deepEqual(challenge, { status: 200, message: "Success", fields: { ...TASK, output } });
  assert.deepEqual(ping, { status: 200, message: "Success", fields: { output: null } });
  assert.deepEqual(third, { status: 200, message: "Success", fields: { ...hashed, output: null } });
});

testWhere(why, "our dendrite understands the real axon's answers and refusals", async () => {
  const port = freePort();
  const sdk = startSdk("serve", `${port}`);
  const writer = sdk.stdin.getWriter();
  try {
    for await (const text of sdk.stdout.pipeThrough(new TextDecoderStream())) {
      if (text.includes("serving")) break;
    }
    const log = new KeptLog();
    const http = nodeHttp();
    const dendrite = new Dendrite({
      ...{ signer: ALICE, http, log, randomBytes: processRandomBytes },
      ...{ clock: processClock, wallClock: processWallClock },
    });
    const target: AxonTarget = { ip: "127.0.0.1", port, hotkey: BOB.address };
    const task = createSynapse(CHALLENGE, { ...TASK, output: {} });
    // The server listens a moment after it says so.
    let answered = await dendrite.call(target, task, { timeoutS: 30 });
    while (answered.dendrite.statusCode === 503) {
      answered = await dendrite.call(target, task, { timeoutS: 30 });
    }
    assert.isTrue(isSuccess(answered), answered.dendrite.statusMessage ?? "");
    assert.deepInclude(answered.fields, {
      ...TASK,
      output: { password: "abc", local_execution_time: new PythonFloat(1.5), error: null },
    });
    const b = [1, "z'", null, true, new PythonFloat(2.5), "é\u200b"];
    const hashed = await dendrite.call(target, createSynapse(HASHED, { a: 5, b, c: "é" }));
    assert.isTrue(isSuccess(hashed), hashed.dendrite.statusMessage ?? "");
    assert.deepEqual(hashed.fields, { a: 5, b, c: "é" });
    const forbidden = await dendrite.call(target, task, { timeoutS: 99 });
    assert.equal(forbidden.dendrite.statusCode, 403);
    assert.equal(
      forbidden.dendrite.statusMessage,
      "Forbidden. Key is blacklisted: Unrecognized hotkey.",
    );
    const other = await dendrite.call({ ...target, hotkey: ALICE.address }, readSynapse(PING, {}));
    assert.equal(other.dendrite.statusCode, 401);
    assert.match(
      other.dendrite.statusMessage ?? "",
      /^Not Verified with error: Signature mismatch/,
    );
    http.close();
  } finally {
    await writer.close();
    sdk.kill("SIGKILL");
    await sdk.status;
    await sdk.stdout.cancel().catch(() => {});
  }
});

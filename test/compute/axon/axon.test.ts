/**
 * What an axon takes and what it refuses: every row of the reference's table of statuses, and what
 * it is safer in.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import * as v from "valibot";
import type { Axon, AxonOptions } from "../../../core/compute/axon/axon.ts";
import { pythonInt, pythonList } from "../../../core/compute/synapse/python_fields.ts";
import {
  createSynapse,
  type Synapse,
  type SynapseKind,
} from "../../../core/compute/synapse/synapse.ts";
import { CHALLENGE, PING } from "../../../core/compute/synapse/synapses.ts";
import { PythonFloat } from "../../../core/formats/python_json.ts";
import type { ByteStream } from "../../../core/host.ts";
import { Keypair } from "../../../core/wallet/keypair.ts";
import { verifyMessage } from "../../../core/wallet/verify.ts";
import { ALICE, BOB } from "../../iota/api/api_setup.ts";
import { AxonSetup, messageOf, type RequestChanges, textOf } from "./axon_setup.ts";

const CHARLIE = Keypair.fromUri("//Charlie");

/** Two fields without a default, and a hash of all. */
const HASHED = {
  name: "Hashed",
  fields: { a: pythonInt, b: pythonList, c: v.optional(v.string(), "x") },
  hashFields: ["a", "b", "c"],
} as const satisfies SynapseKind;

const ASKED = createSynapse(PING, {});
const TASK = createSynapse(CHALLENGE, {
  ...{ challenge_hash: "$BLAKE2$00", challenge_salt: "00", challenge_mode: "610" },
  ...{ challenge_chars: "abc", challenge_mask: "?1", challenge_difficulty: 1, output: {} },
});

/** What the handler got. */
interface Seen {
  readonly hotkeys: string[];
  readonly synapses: Synapse[];
}

/** An axon with a blacklist, and what reached its handler. */
interface Opened {
  readonly setup: AxonSetup;
  readonly axon: Axon;
  readonly seen: Seen;
}

async function open(
  options: Partial<AxonOptions> = {},
  setup = new AxonSetup(),
): Promise<Opened> {
  const seen: Seen = { hotkeys: [], synapses: [] };
  const axon = await setup.axon(options);
  axon.attach({
    kind: CHALLENGE,
    blacklist: (hotkey) => hotkey === CHARLIE.address ? "Unrecognized hotkey" : undefined,
    priority: () => 3,
    forward: ({ hotkey, synapse }) => {
      seen.hotkeys.push(hotkey);
      seen.synapses.push(synapse);
      return Promise.resolve({ ...synapse.fields, output: { password: "p" } });
    },
  });
  axon.attach({
    kind: HASHED,
    forward: ({ synapse }) => {
      if (synapse.fields.a === 13) throw new Error("a secret reason");
      return Promise.resolve(synapse.fields);
    },
  });
  return { setup, axon, seen };
}

/** Status and message of the answer to one request. */
async function ask(
  synapse: Synapse,
  changes: RequestChanges = {},
  options: Partial<AxonOptions> = {},
): Promise<readonly [number, string]> {
  const { setup, axon } = await open(options);
  return await outcome(setup, axon, synapse, changes);
}

async function outcome(
  setup: AxonSetup,
  axon: Axon,
  synapse: Synapse,
  changes: RequestChanges = {},
): Promise<readonly [number, string]> {
  const answer = await axon.handler(await setup.request(synapse, changes));
  const read = JSON.parse(await textOf(answer));
  return [answer.status, read.message ?? read.axon.status_message];
}

const INTERNAL = /^Internal Server Error #[0-9a-f-]{36}$/;
const AVAILABLE = "Available synapses ['Synapse', 'Challenge', 'Hashed']";

test("a signed ping is answered with what it said", async () => {
  assert.deepEqual(await ask(ASKED), [200, "Success"]);
});

test("the answer to a ping with GET is the same", async () => {
  assert.deepEqual(await ask(ASKED, { method: "GET" }), [200, "Success"]);
});

for (const target of ["/", "/Nope", "/challenge", "/Challenge%20"]) {
  test(`${target} is no synapse that is known`, async () => {
    const [status, message] = await ask(ASKED, { target });
    assert.equal(status, 404);
    assert.include(message, AVAILABLE);
  });
}

test("a method that no dendrite uses is refused", async () => {
  assert.deepEqual(await ask(ASKED, { method: "OPTIONS" }), [405, "Method Not Allowed"]);
});

const BROKEN_HEADERS: readonly (readonly [string, string])[] = [
  ["bt_header_axon_port", "x"],
  ["timeout", "soon"],
  ["bt_header_dendrite_nonce", "1.5"],
  ["bt_header_dendrite_nonce", "9".repeat(10_000)],
  ["bt_header_dendrite_version", ""],
  ["total_size", "0x10"],
];
for (const [name, value] of BROKEN_HEADERS) {
  test(`a header ${name} of "${value.slice(0, 8)}" cannot be read`, async () => {
    const [status, message] = await ask(ASKED, { headers: { [name]: value } });
    assert.equal(status, 500);
    assert.match(message, INTERNAL);
  });
}

test("a class with required fields wants their empty values in headers", async () => {
  const synapse = createSynapse(HASHED, { a: 5, b: [1], c: "q" });
  const [status] = await ask(synapse, { headers: { bt_header_input_obj_a: undefined } });
  assert.equal(status, 500);
});

test("who is blacklisted is refused before the signature is looked at", async () => {
  const { setup, axon } = await open();
  const found = await outcome(setup, axon, TASK, { signer: CHARLIE });
  assert.deepEqual(found, [403, "Forbidden. Key is blacklisted: Unrecognized hotkey."]);
  assert.equal(setup.checked, 0);
});

const UNVERIFIED: readonly (readonly [string, RequestChanges, string])[] = [
  ["without a nonce", { headers: { bt_header_dendrite_nonce: undefined } }, "Missing Nonce"],
  [
    "without a hotkey",
    { headers: { bt_header_dendrite_hotkey: undefined } },
    "No SS58 formatted address or public key provided.",
  ],
  [
    "of a hotkey that is none",
    { headers: { bt_header_dendrite_hotkey: "5Grw" } },
    "Invalid SS58 formatted address.",
  ],
  [
    "without a signature",
    { headers: { bt_header_dendrite_signature: undefined } },
    "Missing Signature",
  ],
  [
    "with an empty signature",
    { headers: { bt_header_dendrite_signature: "" } },
    "Missing Signature",
  ],
];
for (const [what, changes, reason] of UNVERIFIED) {
  test(`a request ${what} is not verified`, async () => {
    assert.deepEqual(await ask(ASKED, changes), [401, `Not Verified with error: ${reason}`]);
  });
}

test("a request of a minute ago is refused with its age", async () => {
  assert.deepEqual(await ask(ASKED, { ageMs: 60_000 }), [
    401,
    "Not Verified with error: Nonce is too old: acceptable delta is 16.00 seconds but request " +
    "was 60.00 seconds old",
  ]);
});

test("a timeout that nobody signed does not make an old request new", async () => {
  const [status] = await ask(ASKED, { ageMs: 3_600_000, headers: { timeout: "1e9" } });
  assert.equal(status, 401);
});

test("a request of a clock that is two minutes ahead is refused", async () => {
  const [status, message] = await ask(ASKED, { ageMs: -120_000 });
  assert.equal(status, 401);
  assert.match(message, /Nonce is too new: 120\.00 seconds ahead/);
});

test("a request of a clock that is half a minute ahead is taken", async () => {
  assert.deepEqual(await ask(ASKED, { ageMs: -30_000 }), [200, "Success"]);
});

const FORGED: readonly (readonly [string, RequestChanges])[] = [
  ["of another's hotkey", { headers: { bt_header_dendrite_hotkey: CHARLIE.address } }],
  ["that was addressed to another axon", { axonHotkey: CHARLIE.address }],
  ["with another body hash", { headers: { computed_body_hash: "00" } }],
  ["with another uuid", { headers: { bt_header_dendrite_uuid: "other" } }],
  ["with a signature of zeros", {
    headers: { bt_header_dendrite_signature: `0x${"0".repeat(128)}` },
  }],
  ["with a signature that is no hex", { headers: { bt_header_dendrite_signature: "0xzz" } }],
  ["with half a signature", { headers: { bt_header_dendrite_signature: `0x${"1".repeat(64)}` } }],
];
for (const [what, changes] of FORGED) {
  test(`a request ${what} has no right signature`, async () => {
    const [status, message] = await ask(ASKED, changes);
    assert.equal(status, 401);
    assert.match(message, /^Not Verified with error: Signature mismatch with \d+\.5/);
  });
}

test("a forged request does not use up the nonces of whom it names", async () => {
  const { setup, axon } = await open();
  const signature = { bt_header_dendrite_signature: `0x${"1".repeat(128)}` };
  await outcome(setup, axon, ASKED, { ageMs: -30_000, headers: signature });
  assert.deepEqual(await outcome(setup, axon, ASKED), [200, "Success"]);
});

test("two of the same request at once are one", async () => {
  const { setup, axon } = await open();
  const requests = [await setup.request(ASKED), await setup.request(ASKED)];
  const answers = await Promise.all(requests.map((request) => axon.handler(request)));
  assert.sameMembers(answers.map(({ status }) => status), [200, 401]);
});

test("a replayed request is refused by the axon that comes after a restart", async () => {
  const first = await open();
  assert.deepEqual(await outcome(first.setup, first.axon, ASKED), [200, "Success"]);
  await first.axon.options.nonces.flush();
  const { storage, time } = first.setup;
  const second = await open({}, new AxonSetup({ storage, time }));
  const [status] = await outcome(second.setup, second.axon, ASKED);
  assert.equal(status, 401);
});

test("a handler gets the body, and the hotkey that was verified rather than the body's", async () => {
  const { setup, axon, seen } = await open();
  const request = await setup.request(TASK);
  const text = (await Array.fromAsync(request.body)).map((piece) =>
    new TextDecoder().decode(piece)
  );
  const body = text.join("").replaceAll(ALICE.address, CHARLIE.address);
  const forged = await setup.request(TASK, { body });
  const answer = await axon.handler(forged);
  assert.equal(answer.status, 200);
  assert.deepEqual(seen.hotkeys, [ALICE.address]);
  assert.equal(seen.synapses[0].fields.challenge_hash, "$BLAKE2$00");
});

test("a body whose hashed fields are others than those signed is refused", async () => {
  const synapse = createSynapse(HASHED, {
    a: 5,
    b: [1, "z", null, true, new PythonFloat(2)],
    c: "é",
  });
  const [status, message] = await ask(synapse, { body: '{"a": 5, "b": [2], "c": "é"}' });
  assert.equal(status, 500);
  assert.match(message, INTERNAL);
});

test("a body whose hashed fields are those signed is taken", async () => {
  const synapse = createSynapse(HASHED, {
    a: 5,
    b: [1, "z", null, true, new PythonFloat(2)],
    c: "é",
  });
  assert.deepEqual(await ask(synapse), [200, "Success"]);
});

const BAD_BODIES: readonly (readonly [string, string | Uint8Array<ArrayBuffer>])[] = [
  ["that is no JSON", "{"],
  ["that is empty", ""],
  ["that is a list", "[]"],
  ["of a number that should be a text", '{"challenge_hash": 5}'],
  ["of a text that should be a number", '{"challenge_difficulty": "zz"}'],
  ["of a fraction that should be whole", '{"challenge_difficulty": 7.5}'],
  ["of a text that should be a dict", '{"output": "{}"}'],
  ["nested a hundred thousand deep", `{"output": ${'{"a":'.repeat(1e5)}1${"}".repeat(1e5)}}`],
  ["that is not UTF-8", new Uint8Array([0x7b, 0xff, 0x7d])],
];
for (const [what, body] of BAD_BODIES) {
  test(`a body ${what} is an error of one line, and none of the next request`, async () => {
    const { setup, axon } = await open();
    const [status, message] = await outcome(setup, axon, TASK, { body });
    assert.equal(status, 500);
    assert.match(message, INTERNAL);
    assert.lengthOf(setup.log.lines, 1);
    setup.time.advance(1);
    assert.deepEqual(await outcome(setup, axon, TASK), [200, "Success"]);
  });
}

test("a number past 2^53 comes back as it came", async () => {
  const { setup, axon } = await open();
  const body = '{"output": {"big": 12345678901234567890, "float": 2.0}}';
  const request = await setup.request(createSynapse(PING, {}), { body });
  assert.equal((await axon.handler(request)).status, 200);
  const hashed = createSynapse(HASHED, { a: 2n ** 70n, b: [], c: "" });
  setup.time.advance(1);
  const answer = await axon.handler(await setup.request(hashed));
  assert.include(await textOf(answer), `"a":${2n ** 70n}`);
});

test("a body larger than the bound is refused without being read", async () => {
  const headers = { "content-length": `${1024 ** 3}` };
  assert.deepEqual(await ask(TASK, { headers }), [413, "The body has more than 1048576 bytes"]);
});

test("a body that grows past the bound is refused, whatever its header said", async () => {
  const body = new Uint8Array(1024 ** 2 + 1);
  const [status] = await ask(TASK, { body, headers: { "content-length": "10" } });
  assert.equal(status, 413);
});

test("what a handler throws stays in the log", async () => {
  const { setup, axon } = await open();
  const [status, message] = await outcome(
    setup,
    axon,
    createSynapse(HASHED, { a: 13, b: [], c: "" }),
  );
  assert.equal(status, 500);
  assert.match(message, INTERNAL);
  assert.lengthOf(setup.log.lines.filter((line) => /a secret reason/.test(line)), 1);
});

test("without the safety a request needs no signature, as with the reference", async () => {
  const headers = { bt_header_dendrite_signature: undefined };
  assert.deepEqual(await ask(ASKED, { headers }, { lenient: true }), [200, "Success"]);
});

test("without the safety a wrong signature is still wrong", async () => {
  const headers = { bt_header_dendrite_signature: `0x${"1".repeat(128)}` };
  assert.equal((await ask(ASKED, { headers }, { lenient: true }))[0], 401);
});

test("an address of which nothing good comes is answered without work, others as before", async () => {
  const { setup, axon } = await open();
  const bad = { headers: { bt_header_dendrite_signature: `0x${"1".repeat(128)}` } };
  const statuses = new Set<number>();
  for (let at = 0; at < 600; at++) {
    statuses.add((await outcome(setup, axon, ASKED, { ...bad, remoteAddress: "192.0.2.1" }))[0]);
  }
  assert.deepEqual([...statuses], [401, 429]);
  assert.equal(setup.checked, 300);
  assert.deepEqual(await outcome(setup, axon, ASKED), [200, "Success"]);
});

test("of a thousand forged requests at once only a few hundred are looked at", async () => {
  const { setup, axon } = await open();
  const headers = { bt_header_dendrite_signature: `0x${"1".repeat(128)}` };
  const request = await setup.request(ASKED, { headers });
  await Promise.all(Array.from({ length: 1000 }, () => axon.handler(request)));
  assert.equal(setup.checked, 300);
});

test("forged requests of a thousand addresses share one budget, in which a known one has no part", async () => {
  const { setup, axon } = await open();
  assert.deepEqual(await outcome(setup, axon, ASKED), [200, "Success"]);
  const headers = { bt_header_dendrite_signature: `0x${"1".repeat(128)}` };
  const statuses = new Map<number, number>();
  for (let at = 0; at < 1000; at++) {
    const remoteAddress = `198.51.${at >> 8}.${at & 255}`;
    const [status] = await outcome(setup, axon, ASKED, { headers, remoteAddress });
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }
  assert.deepEqual([...statuses], [[401, 600], [429, 400]]);
  setup.time.advance(1);
  assert.deepEqual(await outcome(setup, axon, ASKED), [200, "Success"]);
});

test("an address is not known for a hotkey that is let in nowhere", async () => {
  const { setup, axon } = await open();
  const headers = { bt_header_dendrite_signature: `0x${"1".repeat(128)}` };
  assert.deepEqual(await outcome(setup, axon, ASKED, { signer: CHARLIE }), [200, "Success"]);
  for (let at = 0; at < 800; at++) {
    await outcome(setup, axon, ASKED, { headers, remoteAddress: `198.51.100.${at & 7}` });
  }
  assert.equal((await outcome(setup, axon, ASKED))[0], 429);
});

test("a flood's strangers are heard again as their budget fills", async () => {
  const { setup, axon } = await open();
  const headers = { bt_header_dendrite_signature: `0x${"1".repeat(128)}` };
  for (let at = 0; at < 800; at++) {
    await outcome(setup, axon, ASKED, { headers, remoteAddress: `198.51.100.${at & 7}` });
  }
  assert.equal((await outcome(setup, axon, ASKED))[0], 429);
  setup.time.advance(5);
  assert.deepEqual(await outcome(setup, axon, ASKED), [200, "Success"]);
});

test("who floods is answered a second later and on a connection that ends", async () => {
  const { setup, axon } = await open();
  const headers = { bt_header_dendrite_signature: `0x${"1".repeat(128)}` };
  const request = await setup.request(ASKED, { headers });
  for (let at = 0; at < 300; at++) assert.isUndefined((await axon.handler(request)).restMs);
  assert.equal((await axon.handler(request)).restMs, 1000);
});

test("verified requests cost an address nothing of what failures do", async () => {
  const { setup, axon } = await open();
  for (let at = 0; at < 301; at++) {
    assert.deepEqual(await outcome(setup, axon, ASKED), [200, "Success"]);
    setup.time.advance(1);
  }
});

test("an address that was refused is heard again after a while", async () => {
  const { setup, axon } = await open();
  const bad = { headers: { bt_header_dendrite_signature: `0x${"1".repeat(128)}` } };
  for (let at = 0; at < 301; at++) await outcome(setup, axon, ASKED, bad);
  assert.equal((await outcome(setup, axon, ASKED))[0], 429);
  setup.time.advance(1000);
  assert.deepEqual(await outcome(setup, axon, ASKED), [200, "Success"]);
});

test("an error is signed by the axon over the texts that came", async () => {
  const { setup, axon } = await open();
  const answer = await axon.handler(await setup.request(TASK, { signer: CHARLIE }));
  const { headers } = answer;
  assert.equal(await messageOf(answer), headers.bt_header_axon_status_message);
  const text = [
    headers.bt_header_axon_nonce,
    CHARLIE.address,
    BOB.address,
    headers.bt_header_axon_uuid,
  ].join(".");
  const signature = Uint8Array.fromHex(headers.bt_header_axon_signature.slice(2));
  assert.isTrue(verifyMessage(new TextEncoder().encode(text), signature, BOB.address));
});

test("the nonces of strangers, whose pings are answered, are kept apart from the admitted's", async () => {
  const { setup, axon } = await open();
  assert.deepEqual(await outcome(setup, axon, ASKED), [200, "Success"]);
  // HASHED refuses nobody, and so says nothing of who is admitted.
  assert.deepEqual(await outcome(setup, axon, ASKED, { signer: CHARLIE }), [200, "Success"]);
  await axon.options.nonces.flush();
  const written = setup.storage.logs.get("axon_nonces")?.join() ?? "";
  assert.include(written, ALICE.address);
  assert.notInclude(written, CHARLIE.address);
});

test("a body that does not end is given up after a minute", async () => {
  const { setup, axon } = await open();
  const request = await setup.request(TASK);
  const body: ByteStream = {
    [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }),
  };
  const answer = await setup.time.until(axon.handler({ ...request, body }));
  assert.equal(answer.status, 408);
  assert.equal(await messageOf(answer), "Response timeout after: 60s");
  assert.deepEqual(await outcome(setup, axon, TASK), [200, "Success"]);
});

test("a hotkey's unended bodies do not fill the memory, and others' are read", async () => {
  const { setup, axon } = await open();
  axon.attach({
    kind: HASHED,
    maxBodyBytes: 1024 ** 3,
    forward: ({ synapse }) => Promise.resolve(synapse.fields),
  });
  const request = await setup.request(createSynapse(HASHED, { a: 1, b: [], c: "" }));
  const piece = new Uint8Array(1024 ** 2);
  let pieces = 0;
  async function* endless(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    for (;; pieces++) yield await Promise.resolve(piece);
  }
  assert.equal((await axon.handler({ ...request, body: endless() })).status, 429);
  assert.equal(pieces, 128);
  setup.time.advance(1);
  assert.deepEqual(await outcome(setup, axon, TASK), [200, "Success"]);
});

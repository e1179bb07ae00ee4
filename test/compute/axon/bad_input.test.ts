/**
 * What comes over HTTP from those who mean ill or know no better: an answer within bounds, and the
 * next honest request is served, which `withMiner` sees to.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import type { FieldsOf } from "../../../core/compute/synapse/synapse.ts";
import type { CHALLENGE } from "../../../core/compute/synapse/synapses.ts";
import { hashOf } from "../../../core/hash/hash_target.ts";
import { hashMode } from "../../../core/hash/modes.ts";
import type { PlainRequest } from "../../bench/fuzz/valid_requests.ts";
import { ALICE_KEY, BOB_KEY } from "../allocation/allocation_setup.ts";
import {
  allocate,
  challenge,
  OTHER,
  PINGED,
  STRANGER,
  VAL,
  withHeaders,
  withMiner,
} from "./bad_input_setup.ts";

const INTERNAL = /^\{"message":"Internal Server Error #[0-9a-f-]{36}"\}$/;
const UTF8 = new TextEncoder();
/** Of head and body: the echo of a request's own headers, and not much more. */
const MAX_ANSWER_LETTERS = 20_000;

const TABLE: readonly (readonly [
  string,
  (ping: PlainRequest) => PlainRequest,
  number,
  RegExp,
])[] = [
  ["a right one", (ping) => ping, 200, /"status_message":"Success"/],
  ["an unknown route", (ping) => ({ ...ping, path: "/Nope" }), 404, /name 'Nope' not found\. Av/],
  ["no route", (ping) => ({ ...ping, path: "/" }), 404, /Synapse name '' not found/],
  ["a broken header", (ping) => withHeaders(ping, { timeout: "soon" }), 500, INTERNAL],
  [
    "no nonce",
    (ping) => withHeaders(ping, { bt_header_dendrite_nonce: undefined }),
    401,
    /Not Verified with error: Missing Nonce/,
  ],
  [
    "an old nonce",
    (ping) => withHeaders(ping, { bt_header_dendrite_nonce: "1750000000000000000" }),
    401,
    /acceptable delta is 16\.00 seconds but request was \d+\.\d\d seconds old/,
  ],
  [
    "another's signature",
    (ping) => withHeaders(ping, { bt_header_dendrite_signature: `0x${"1".repeat(128)}` }),
    401,
    /Signature mismatch with \d+\.5/,
  ],
  ["a body that is no JSON", (ping) => ({ ...ping, body: UTF8.encode("{") }), 500, INTERNAL],
  [
    "a field of a wrong kind",
    (ping) => ({ ...ping, body: UTF8.encode('{"timeout": []}') }),
    500,
    INTERNAL,
  ],
  ["a method of nobody's", (ping) => ({ ...ping, method: "PUT" }), 405, /Method Not Allowed/],
];
for (const [what, change, status, said] of TABLE) {
  test(`${what} is answered with ${status} over HTTP`, () =>
    withMiner(async ({ send, validator }) => {
      const answer = await send(change(await validator().request(PINGED)));
      assert.equal(answer.status, status);
      assert.match(answer.body, said);
      assert.match(answer.head, new RegExp(`bt_header_axon_status_code: ${status}`, "i"));
    }));
}

test("who is not admitted is answered with 403 over HTTP", () =>
  withMiner(async ({ send, validator }) => {
    const answer = await send(await validator(STRANGER).request(challenge({})));
    assert.equal(answer.status, 403);
    assert.equal(
      answer.body,
      '{"message":"Forbidden. Key is blacklisted: Unrecognized hotkey.."}'
        .replace("..", "."),
    );
  }));

test("the same request again is answered with 401 over HTTP", () =>
  withMiner(async ({ send, validator }) => {
    const request = await validator().request(PINGED);
    assert.equal((await send(request)).status, 200);
    const again = await send(request);
    assert.equal(again.status, 401);
    assert.include(again.body, "Nonce is too old, a newer one was last processed");
  }));

const FLOODS: readonly (readonly [string, readonly string[]])[] = [
  ["a header of 20 KB", [`x: ${"a".repeat(20_000)}`]],
  ["three hundred headers", Array.from({ length: 300 }, (_, at) => `x${at}: 1`)],
  ["ten thousand headers", Array.from({ length: 10_000 }, (_, at) => `x${at}: 1`)],
];
for (const [what, lines] of FLOODS) {
  test(`${what} is answered with 431`, () =>
    withMiner(async ({ sendText }) => {
      const head = `POST /Synapse HTTP/1.1\r\nhost: a\r\n${lines.join("\r\n")}\r\n`;
      const { status } = await sendText(`${head}content-length: 0\r\n\r\n`);
      assert.equal(status, 431);
    }));
}

test("two hundred headers more do not keep a signed request from its answer", () =>
  withMiner(async ({ send, validator }) => {
    const more = Object.fromEntries(Array.from({ length: 200 }, (_, at) => [`x${at}`, "1"]));
    assert.equal((await send(withHeaders(await validator().request(PINGED), more))).status, 200);
  }));

test("a body of 1 GiB is refused before it comes", () =>
  withMiner(async ({ send, validator }) => {
    const request = await validator().request(PINGED);
    const answer = await send(withHeaders(request, { "content-length": `${1024 ** 3}` }));
    assert.equal(answer.status, 413);
    assert.match(answer.head, /connection: close/i);
  }));

test("a body in chunks without end is refused when it is too much", () =>
  withMiner(async ({ send, validator }) => {
    const request = await validator().request(PINGED);
    const chunk = `40000\r\n${"a".repeat(0x40000)}\r\n`;
    const chunked = withHeaders(request, { "transfer-encoding": "chunked" });
    const answer = await send({ ...chunked, body: UTF8.encode(chunk.repeat(5)) });
    assert.equal(answer.status, 413);
  }));

test("a body that does not come is answered with 408, and its connection closed", () =>
  withMiner(async ({ send, validator }) => {
    const request = await validator().request(PINGED);
    const body = UTF8.encode("{");
    const answer = await send({ ...withHeaders(request, { "content-length": "9" }), body });
    assert.equal(answer.status, 408);
  }, { slowness: { graceMs: 50, msPerKib: 1 } }));

for (const [what, open, close] of [["objects", '{"a":', "}"], ["lists", "[", "]"]]) {
  test(`a hundred thousand ${what} in one another do not end the process`, () =>
    withMiner(async ({ send, validator }) => {
      const deep = `${open.repeat(1e5)}1${close.repeat(1e5)}`;
      const body = UTF8.encode(`{"output": ${deep}}`);
      const answer = await send(await validator().request(challenge({}), body));
      assert.equal(answer.status, 500);
      assert.match(answer.body, INTERNAL);
    }));
}

test("numbers past 2^53 come back as they came", () =>
  withMiner(async ({ send, validator }) => {
    const numbers =
      '"challenge_difficulty": -9007199254740993, "output": {"a": 18446744073709551617}';
    const answer = await send(
      await validator().request(challenge({}), UTF8.encode(`{${numbers}}`)),
    );
    assert.equal(answer.status, 200);
    assert.include(answer.body, '"challenge_difficulty":-9007199254740993');
    assert.include(answer.body, '"output":{"a":18446744073709551617}');
  }));

const SEARCHES: readonly (readonly [string, string, string, string])[] = [
  ["a mask with literals", "ab", "x?1-?1y", "xa-by"],
  ["a mask of nothing but literals", "ab", "hello", "hello"],
  ["a mask with a question mark", "ab", "???1", "?b"],
  ["characters with a colon", "a:", "?1?1?1", ":a:"],
  ["characters with a question mark", "?d", "?1?1", "?d"],
  ["characters beyond ASCII", "\u00e9", "?1?1", "\u00e9"],
  ["characters beyond the first plane", "\u{1f600}", "?1?1?1?1", "\u{1f600}"],
];
for (const [what, challenge_chars, challenge_mask, password] of SEARCHES) {
  test(`${what}: the password is found`, () =>
    withMiner(async ({ send, validator }) => {
      const mode = hashMode(610);
      const digest = hashOf(mode, UTF8.encode(password), UTF8.encode("00")).toHex();
      const asked = challenge({
        challenge_hash: `$BLAKE2$${digest}`,
        challenge_chars,
        challenge_mask,
      });
      const answer = await send(await validator().request(asked));
      const { output } = JSON.parse(answer.body);
      assert.equal(output.password, password, output.error);
    }));
}

const DIGITS = "0".repeat(128);
const WRONG: readonly (readonly [string, Partial<FieldsOf<typeof CHALLENGE>>])[] = [
  ["a hash that is too short", { challenge_hash: `$BLAKE2$${DIGITS.slice(1)}` }],
  ["a hash that is too long", { challenge_hash: `$BLAKE2$${DIGITS}0` }],
  ["a hash of megabytes", { challenge_hash: "0".repeat(500_000) }],
  ["a hash with a colon, and a part of the salt", { challenge_hash: `$BLAKE2$${DIGITS}:0` }],
  ["a salt that ends a line", { challenge_hash: DIGITS, challenge_salt: "00\n" }],
  ["characters without end", { challenge_hash: DIGITS, challenge_chars: "a".repeat(500_000) }],
];
for (const [what, fields] of WRONG) {
  test(`${what} is answered as wrong use of hashcat`, () =>
    withMiner(async ({ send, validator }) => {
      const answer = await send(await validator().request(challenge(fields)));
      assert.equal(answer.status, 200);
      const { output } = JSON.parse(answer.body);
      assert.isNull(output.password);
      assert.include(output.error, "Hashcat execution failed with code 255");
    }));
}

test("difficulty 0 comes back as it came", () =>
  withMiner(async ({ send, validator }) => {
    const answer = await send(await validator().request(challenge({ challenge_difficulty: 0 })));
    assert.equal(answer.status, 200);
    assert.deepEqual(JSON.parse(answer.body).output, {});
  }));

test("difficulty 10^9 is only a number: the mask says what to search", () =>
  withMiner(async ({ send, validator }) => {
    const fields = { challenge_difficulty: 1e9, challenge_hash: DIGITS };
    const answer = await send(await validator().request(challenge(fields)));
    assert.equal(answer.status, 200);
    assert.include(JSON.parse(answer.body).output.error, `${VAL.address.slice(0, 8)}/1000000000/`);
  }));

test("an allocation is neither freed nor changed with a foreign key, nor by a foreign hotkey", () =>
  withMiner(async ({ send, validator }) => {
    const statusOf = async (
      fields: Parameters<typeof allocate>[0],
      key = VAL,
    ): Promise<unknown> => {
      const answer = await send(await validator(key).request(allocate(fields)));
      assert.equal(answer.status, 200);
      return JSON.parse(answer.body).output.status;
    };
    const [own, foreign] = [ALICE_KEY.pem, BOB_KEY.pem];
    const restart = { docker_change: true, docker_action: { action: "restart" } };
    assert.isTrue(await statusOf({ public_key: own }));
    assert.isFalse(await statusOf({ timeline: 0, public_key: foreign }), "freed with another key");
    assert.isFalse(await statusOf({ timeline: 0, public_key: own }, OTHER), "freed by another");
    assert.isFalse(await statusOf({ ...restart, public_key: foreign }), "changed");
    assert.isFalse(await statusOf({ public_key: foreign }, OTHER), "taken over");
    assert.isFalse(await statusOf({ public_key: "no key" }), "with none");
    assert.isTrue(await statusOf({ checking: true, timeline: 0, public_key: own }), "still held");
  }));

const LONG: readonly (readonly [string, (ping: PlainRequest) => PlainRequest, number])[] = [
  ["path", (ping) => ({ ...ping, path: `/${"a".repeat(10_000)}` }), 404],
  ["path beyond Latin-1", (ping) => ({ ...ping, path: `/${"%E2%98%83".repeat(1_000)}` }), 404],
  [
    "signature",
    (ping) => withHeaders(ping, { bt_header_dendrite_signature: "z".repeat(9_000) }),
    401,
  ],
  ["uuid", (ping) => withHeaders(ping, { bt_header_dendrite_uuid: "u".repeat(9_000) }), 401],
];
for (const [what, change, status] of LONG) {
  test(`a ${what} of thousands of letters is not told back in full`, () =>
    withMiner(async ({ send, validator }) => {
      const answer = await send(change(await validator().request(PINGED)));
      assert.equal(answer.status, status);
      assert.isBelow(JSON.parse(answer.body).message.length, 1_025);
      const told = /bt_header_axon_status_message: (.*)/i.exec(answer.head)?.[1] ?? "";
      assert.isBelow(told.length, 1_025);
      assert.isBelow(answer.head.length, MAX_ANSWER_LETTERS);
    }));
}

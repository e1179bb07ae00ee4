import { hexToBytes } from "@noble/hashes/utils.js";
import { test } from "#test";
import { assert } from "chai";
import {
  EpistulaVerifier,
  MAX_AGE_MS,
  MAX_AHEAD_MS,
  signedMessage,
  signRequest,
} from "../../core/iota/epistula.ts";
import type { PythonData } from "../../core/formats/python_json.ts";
import { Keypair } from "../../core/wallet/keypair.ts";
import { readyKeys } from "../../core/wallet/ready.ts";
import { verifySignature } from "../../core/wallet/verify.ts";

await readyKeys();
const ALICE = Keypair.fromUri("//Alice");
const BOB = Keypair.fromUri("//Bob");
const UUID = "12345678-1234-4234-8234-123456789abc";
const SENT_MS = 1751650000123;
const STATUS = {
  activation_path: "activations/abc/1/forward/x.pt",
  activation_uid: "11111111-2222-4333-8444-555555555555",
  status: "forward",
};

/** Signatures that the published code made, from its documentation. */
const PUBLISHED = {
  status: "0x5c87de0645004e626f12b77950984d36ff37e41451633ccb3377b2a577fded2f" +
    "c51097f51e435dc7a52be118644f55d3e310e941e27e216fe38bcdf7fc92a88b",
  empty: "0x1cba44b6c6c89a342fd11405b12685701ca36df1ed8030d7620aa19142b5b543" +
    "75fe8b884e36e1215c27f6b28be20dfbf0a179b68d5de5511debe996e0577585",
  forBob: "0xa6218a399ee524535dfc28bf5ece53e1918667261a97516ad4d5bb6acad9d865" +
    "8fd24f146c85bd5a24dbfb331b528ec1440a0a7f1ea1a22b2d2bf99af69aa98b",
  wrapped: "0xa0ac43b08cd7828a67141408eb9307cd8c87157e29f55544a483a2c52788f662" +
    "d9d109af056b7576e9837b96ba2712a08a29cce11edee8a21f1fc9801ce2508a",
};

function headers(changes: Record<string, string | undefined> = {}): Headers {
  const all = {
    "Epistula-Version": "2",
    "Epistula-Timestamp": `${SENT_MS}`,
    "Epistula-Uuid": UUID,
    "Epistula-Signed-By": ALICE.address,
    "Epistula-Request-Signature": PUBLISHED.empty,
    ...changes,
  };
  const sent = new Headers();
  for (const [name, value] of Object.entries(all)) if (value !== undefined) sent.set(name, value);
  return sent;
}

/** A verifier whose clock shows that time. */
function verifierAt(unixMs: number): EpistulaVerifier {
  return new EpistulaVerifier({ unixMs: () => unixMs });
}

function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return error instanceof Error ? error.message : `${error}`;
  }
  return "accepted";
}

let counter = 0;
const source = (unixMs: number) => ({
  wallClock: { unixMs: () => unixMs },
  randomBytes: (length: number) => new Uint8Array(length).fill(++counter),
});

test("verify() takes the published signature of a body", () => {
  const signed = headers({ "Epistula-Request-Signature": PUBLISHED.status });
  assert.equal(verifierAt(SENT_MS).verify(signed, STATUS), ALICE.address);
});

test("verify() takes the published signature of a request without a body", () => {
  assert.equal(verifierAt(SENT_MS).verify(headers(), {}), ALICE.address);
});

test("verify() takes what a wallet extension signs, wrapped in <Bytes>", () => {
  const signed = headers({ "Epistula-Request-Signature": PUBLISHED.wrapped });
  assert.equal(verifierAt(SENT_MS).verify(signed, {}), ALICE.address);
});

test("signedMessage() with a receiver is what the published signature for Bob signs", () => {
  const message = signedMessage({}, {
    uuid: UUID,
    timestamp: `${SENT_MS}`,
    signedFor: BOB.address,
  });
  assert.isTrue(verifySignature(message, hexToBytes(PUBLISHED.forBob.slice(2)), ALICE.address));
});

test("a signature for a receiver is none for everyone", () => {
  const signed = headers({ "Epistula-Request-Signature": PUBLISHED.forBob });
  assert.equal(refusal(() => verifierAt(SENT_MS).verify(signed, {})), "Signature Mismatch");
});

test("signRequest() makes headers that verify() takes", async () => {
  const made = await signRequest(BOB, STATUS, source(SENT_MS));
  assert.equal(verifierAt(SENT_MS).verify(new Headers(made), STATUS), BOB.address);
});

test("signRequest() sends version, milliseconds and a UUID of version 4", async () => {
  const made = await signRequest(BOB, {}, source(SENT_MS + 0.4));
  assert.equal(made["Epistula-Version"], "2");
  assert.equal(made["Epistula-Timestamp"], `${SENT_MS}`);
  assert.match(
    made["Epistula-Uuid"],
    /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
});

test("two requests never have the same uuid", async () => {
  const [first, second] = [
    await signRequest(BOB, {}, source(SENT_MS)),
    await signRequest(BOB, {}, source(SENT_MS)),
  ];
  assert.notEqual(first["Epistula-Uuid"], second["Epistula-Uuid"]);
});

const OTHER_BODIES: Readonly<Record<string, PythonData>> = {
  "another value": { ...STATUS, status: "backward" },
  "a field more": { ...STATUS, extra: null },
  "no body": {},
};

for (const [what, body] of Object.entries(OTHER_BODIES)) {
  test(`verify() refuses a body that is not the signed one: ${what}`, () => {
    const signed = headers({ "Epistula-Request-Signature": PUBLISHED.status });
    assert.equal(refusal(() => verifierAt(SENT_MS).verify(signed, body)), "Signature Mismatch");
  });
}

const CHANGED: readonly (readonly [string, string | undefined, string])[] = [
  ["Epistula-Timestamp", `${SENT_MS + 1}`, "Signature Mismatch"],
  ["Epistula-Timestamp", "soon", "Invalid Timestamp"],
  ["Epistula-Timestamp", "-1", "Invalid Timestamp"],
  ["Epistula-Timestamp", "1e400", "Invalid Timestamp"],
  ["Epistula-Timestamp", "9".repeat(40), "Invalid Timestamp"],
  ["Epistula-Timestamp", undefined, "Invalid Timestamp"],
  ["Epistula-Uuid", UUID.replace("1", "2"), "Signature Mismatch"],
  ["Epistula-Uuid", "1", "Invalid uuid"],
  ["Epistula-Uuid", undefined, "Invalid uuid"],
  ["Epistula-Signed-By", BOB.address, "Signature Mismatch"],
  ["Epistula-Signed-By", ALICE.address.slice(1), "Invalid Sender key"],
  ["Epistula-Signed-By", undefined, "Invalid Sender key"],
  ["Epistula-Request-Signature", PUBLISHED.empty.slice(0, -2), "Invalid Signature"],
  ["Epistula-Request-Signature", `0x${"00".repeat(64)}`, "Signature Mismatch"],
  ["Epistula-Request-Signature", `0x${"ff".repeat(64)}`, "Signature Mismatch"],
  ["Epistula-Request-Signature", undefined, "Invalid Signature"],
];

for (const [name, value, reason] of CHANGED) {
  test(`verify() refuses ${name} ${value?.slice(0, 16) ?? "left out"}: ${reason}`, () => {
    const changed = headers({ [name]: value });
    assert.equal(refusal(() => verifierAt(SENT_MS).verify(changed, {})), reason);
  });
}

test("verify() refuses a request that is older than ten seconds, and not one of just ten", () => {
  assert.equal(verifierAt(SENT_MS + MAX_AGE_MS).verify(headers(), {}), ALICE.address);
  const late = verifierAt(SENT_MS + MAX_AGE_MS + 1);
  assert.equal(refusal(() => late.verify(headers(), {})), "Request is too stale");
});

test("verify() refuses a request from further ahead than ten seconds", () => {
  assert.equal(verifierAt(SENT_MS - MAX_AHEAD_MS).verify(headers(), {}), ALICE.address);
  const early = verifierAt(SENT_MS - MAX_AHEAD_MS - 1);
  assert.equal(refusal(() => early.verify(headers(), {})), "Request is from the future");
});

test("verify() takes a request once", () => {
  const verifier = verifierAt(SENT_MS);
  verifier.verify(headers(), {});
  assert.equal(refusal(() => verifier.verify(headers(), {})), "Request was sent before");
});

test("a request in other letters is still the same request", () => {
  const verifier = verifierAt(SENT_MS);
  verifier.verify(headers(), {});
  const shouted = headers({
    "Epistula-Request-Signature": PUBLISHED.empty.toUpperCase().replace("X", "x"),
  });
  assert.equal(refusal(() => verifier.verify(shouted, {})), "Request was sent before");
});

test("a request from ahead is remembered until it is stale", () => {
  let nowMs = SENT_MS - MAX_AHEAD_MS;
  const verifier = new EpistulaVerifier({ unixMs: () => nowMs });
  verifier.verify(headers(), {});
  nowMs = SENT_MS + MAX_AGE_MS;
  assert.equal(refusal(() => verifier.verify(headers(), {})), "Request was sent before");
});

test("a forged request does not use up the uuid of the real one", () => {
  const verifier = verifierAt(SENT_MS);
  refusal(() => verifier.verify(headers(), STATUS));
  assert.equal(verifier.verify(headers(), {}), ALICE.address);
});

test("the same uuid from another sender is another request", async () => {
  const verifier = verifierAt(SENT_MS);
  verifier.verify(headers(), {});
  const randomBytes = (): Uint8Array<ArrayBuffer> =>
    Uint8Array.from(hexToBytes(UUID.replaceAll("-", "")));
  const made = await signRequest(BOB, {}, { wallClock: { unixMs: () => SENT_MS }, randomBytes });
  assert.equal(made["Epistula-Uuid"], UUID);
  assert.equal(verifier.verify(new Headers(made), {}), BOB.address);
});

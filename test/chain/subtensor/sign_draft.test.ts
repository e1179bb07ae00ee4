/**
 * Signatures of keys and of wallet extensions.
 *
 * @module
 */

import { bytesToHex } from "@noble/hashes/utils.js";
import { test } from "#test";
import { assert } from "chai";
import { signDraft } from "../../../core/chain/subtensor/sign_draft.ts";
import type { Draft } from "../../../core/chain/subtensor/submission.ts";
import { WeftError } from "../../../core/errors.ts";
import { Keypair } from "../../../core/wallet/keypair.ts";
import { readyKeys } from "../../../core/wallet/ready.ts";
import type { Signer } from "../../../core/wallet/signer.ts";
import { verifySignature } from "../../../core/wallet/verify.ts";

const PAYLOAD = new TextEncoder().encode("what is to be signed");

const DRAFT: Draft = {
  signingBytes: PAYLOAD,
  payloadJson: { method: "0x0503" },
  complete: (signature) => ({
    bytes: bytesToHex(signature),
    hash: "",
    address: "",
    nonce: 0,
    birthBlock: 0,
    deathBlock: 0,
  }),
};

async function alice(): Promise<Keypair> {
  await readyKeys();
  return Keypair.fromUri("//Alice");
}

/** An extension that answers with a text. */
async function extension(signature: string): Promise<Signer> {
  const { address, publicKey } = await alice();
  const sign = (): Promise<Uint8Array> => Promise.reject(new Error("no bare bytes"));
  return { address, publicKey, sign, signPayload: () => Promise.resolve({ signature }) };
}

async function refused(signature: string, message: RegExp): Promise<void> {
  const signer = await extension(signature);
  const error = await signDraft(DRAFT, signer).then(() => undefined, (error) => error);
  assert.instanceOf(error, WeftError);
  assert.match(error.message, message);
}

test("a key signs the bytes, and its kind is written before the signature", async () => {
  const key = await alice();
  const { bytes } = await signDraft(DRAFT, key);
  assert.equal(bytes.slice(0, 2), "01");
  const signature = Uint8Array.from(bytes.match(/../g) ?? [], (digits) => parseInt(digits, 16));
  assert.isTrue(verifySignature(PAYLOAD, signature.subarray(1), key.address));
});

test("an extension is given the payload and its signature is taken", async () => {
  const signature = `01${bytesToHex((await alice()).signSync(PAYLOAD))}`;
  const signer = await extension("");
  let asked: unknown;
  const { bytes } = await signDraft(DRAFT, {
    ...signer,
    signPayload: (payload) => {
      asked = payload;
      return Promise.resolve({ signature: `0x${signature}` });
    },
  });
  assert.deepEqual(asked, { method: "0x0503" });
  assert.equal(bytes, signature);
});

test("an extension may leave the signature's kind out", async () => {
  const signature = bytesToHex((await alice()).signSync(PAYLOAD));
  const { bytes } = await signDraft(DRAFT, await extension(`0x${signature}`));
  assert.equal(bytes, `01${signature}`);
});

test("an extension that signed something else is found out before anything is sent", async () => {
  const other = bytesToHex((await alice()).signSync(new TextEncoder().encode("no tip")));
  await refused(`0x01${other}`, /does not fit this call: .* Update them in the wallet/);
});

test("an extension that signed with another key is found out", async () => {
  await readyKeys();
  const bob = bytesToHex(Keypair.fromUri("//Bob").signSync(PAYLOAD));
  await refused(`0x01${bob}`, /does not fit this call/);
});

test("an extension's signature of another kind is refused", async () => {
  await refused(`0x00${"ab".repeat(64)}`, /not sr25519/);
  await refused(`0x02${"ab".repeat(65)}`, /not sr25519/);
});

test("an extension's answer that is no signature is refused", async () => {
  await refused("", /no hex/);
  await refused("0x", /no hex/);
  await refused("0x01abc", /no hex/);
  await refused("cancelled", /no hex/);
  await refused("0x0102", /not sr25519/);
});

test("an extension whose user says no ends the call with its words", async () => {
  const signer = {
    ...await extension(""),
    signPayload: () => Promise.reject(new Error("Cancelled")),
  };
  const error = await signDraft(DRAFT, signer).then(() => undefined, (error) => error);
  assert.equal(error.message, "Cancelled");
});

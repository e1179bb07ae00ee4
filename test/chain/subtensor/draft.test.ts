/**
 * Payloads and signed extrinsics against bytes worked out by hand.
 *
 * @module
 */

import { testWhere } from "#test";
import { assert } from "chai";
import type { ApiPromise } from "@polkadot/api";
import { blake2b } from "@noble/hashes/blake2.js";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { draftCall } from "../../../core/chain/subtensor/draft.ts";
import * as extrinsics from "../../../core/chain/subtensor/extrinsics.ts";
import { signDraft } from "../../../core/chain/subtensor/sign_draft.ts";
import { Keypair } from "../../../core/wallet/keypair.ts";
import { readyKeys } from "../../../core/wallet/ready.ts";
import { verifySignature } from "../../../core/wallet/verify.ts";
import { GENESIS, noMetadata, openMetadata } from "./metadata_api.ts";

const ALICE = "d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d";
const BOB = "8eaf04151687736326c9fea17e25fc5287613693c912909cb226aa4794f26a48";
const ALICE_ADDRESS = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
const BOB_ADDRESS = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty";
const BIRTH = { number: 1000, hash: `0x${"b1".repeat(32)}` };

/** Signs a transfer of one rao; gives the extrinsic in hex, the draft and the signature. */
async function signed(api: ApiPromise, nonce = 5): Promise<{ bytes: string; signature: string }> {
  await readyKeys();
  const call = extrinsics.transfer(api, BOB_ADDRESS, 1n);
  const draft = draftCall(api, call, ALICE_ADDRESS, nonce, BIRTH);
  let signature = new Uint8Array();
  const alice = Keypair.fromUri("//Alice");
  const signer = {
    address: alice.address,
    publicKey: alice.publicKey,
    sign: async (message: Uint8Array) => signature = new Uint8Array(await alice.sign(message)),
  };
  const { bytes } = await signDraft(draft, signer);
  return { bytes: bytes.slice(2), signature: bytesToHex(signature) };
}

/** A signed transfer of one rao: length, version, signer, signature, era, nonce, tip, mode, call. */
function expectedTransfer(signature: string, extensions: string): string {
  // Era: period 128 is 6 in the low four bits, phase 1000 % 128 = 104 above them.
  const body = `84 00${ALICE} 01${signature} ${extensions} 0503 00${BOB} 04`.replaceAll(" ", "");
  const length = body.length / 2 << 2 | 1;
  return (length & 0xff).toString(16).padStart(2, "0") +
    (length >> 8).toString(16).padStart(2, "0") +
    body;
}

testWhere(
  noMetadata,
  "a signed extrinsic: era, nonce, tip and metadata mode in order",
  async () => {
    const api = await openMetadata();
    const { bytes, signature } = await signed(api);
    assert.equal(bytes, expectedTransfer(signature, "8606 14 00 00"));
    await api.disconnect();
  },
);

testWhere(noMetadata, "a renamed payment extension keeps its tip", async () => {
  const api = await openMetadata({ hasWrappedPayment: true });
  const { bytes, signature } = await signed(api);
  assert.equal(bytes, expectedTransfer(signature, "8606 14 00 00"));
  await api.disconnect();
});

testWhere(noMetadata, "the library untold of that extension loses the tip's byte", async () => {
  const api = await openMetadata({ hasWrappedPayment: true, isUntold: true });
  const { bytes, signature } = await signed(api);
  assert.equal(bytes, expectedTransfer(signature, "8606 14 00"));
  await api.disconnect();
});

testWhere(noMetadata, "the signed payload: call, extensions, versions, both blocks", async () => {
  const api = await openMetadata();
  const call = extrinsics.transfer(api, BOB_ADDRESS, 1n);
  const { signingBytes } = draftCall(api, call, ALICE_ADDRESS, 5, BIRTH);
  // Spec 218, transaction version 1, genesis, the birth block, no hash of the metadata.
  assert.equal(
    bytesToHex(signingBytes),
    (`0503 00${BOB} 04 8606 14 00 00 da000000 01000000 ${GENESIS.slice(2)} ` +
      `${BIRTH.hash.slice(2)} 00`).replaceAll(" ", ""),
  );
  await api.disconnect();
});

testWhere(
  noMetadata,
  "a payload of more than 256 bytes is hashed before it is signed",
  async () => {
    const api = await openMetadata();
    await readyKeys();
    const many = Array.from({ length: 256 }, (_, uid) => uid);
    const weights = { netuid: 27, uids: many, values: many, versionKey: 0n };
    const call = extrinsics.setWeights(api, weights);
    const draft = draftCall(api, call, ALICE_ADDRESS, 5, BIRTH);
    const payload = call.method.toHex().slice(2) +
      ("8606 14 00 00 da000000 01000000" + GENESIS.slice(2) + BIRTH.hash.slice(2) + "00")
        .replaceAll(" ", "");
    const hash = blake2b(hexToBytes(payload), { dkLen: 32 });
    assert.equal(bytesToHex(draft.signingBytes), bytesToHex(hash));
    await api.disconnect();
  },
);

// 41 uids make just 256 bytes.
for (const count of [40, 41, 42]) {
  testWhere(noMetadata, `weights of ${count} uids: the library signs the same bytes`, async () => {
    const api = await openMetadata();
    await readyKeys();
    const alice = Keypair.fromUri("//Alice");
    const list = new Array<number>(count).fill(7);
    const call = extrinsics.setWeights(api, {
      netuid: 1,
      uids: list,
      values: list,
      versionKey: 0n,
    });
    const draft = draftCall(api, call, ALICE_ADDRESS, 0, BIRTH);
    // The library's own way from the payload to the signed message, asked through its signer.
    let message = new Uint8Array();
    const pair = {
      address: ALICE_ADDRESS,
      addressRaw: alice.publicKey,
      publicKey: alice.publicKey,
      sign: (bytes: Uint8Array) => {
        message = new Uint8Array(bytes);
        return Uint8Array.of(1, ...alice.signSync(bytes));
      },
    };
    const { blockHash, era, genesisHash, nonce } = draft.payloadJson;
    const options = { blockHash, era, genesisHash, nonce, runtimeVersion: api.runtimeVersion };
    Reflect.apply(call.sign, call, [pair, options]);
    assert.equal(bytesToHex(draft.signingBytes), bytesToHex(message));
    await api.disconnect();
  });
}

testWhere(noMetadata, "the signature in the extrinsic is that of the signing bytes", async () => {
  const api = await openMetadata();
  const { signature } = await signed(api);
  const call = extrinsics.transfer(api, BOB_ADDRESS, 1n);
  const { signingBytes } = draftCall(api, call, ALICE_ADDRESS, 5, BIRTH);
  assert.isTrue(verifySignature(signingBytes, hexToBytes(signature), ALICE_ADDRESS));
  await api.disconnect();
});

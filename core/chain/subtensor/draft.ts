/**
 * A call's payload: everything that its signature covers.
 *
 * @module
 */

import type { ApiPromise } from "@polkadot/api";
import { blake2b } from "@noble/hashes/blake2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { Extrinsic } from "./extrinsics.ts";
import type { BlockRef, Draft } from "./submission.ts";

/** Blocks for which a call is valid: the Python SDK's. A power of two, as the encoding wants. */
const PERIOD_BLOCKS = 128;
/** Payloads longer than this are hashed before they are signed (Substrate's `SignedPayload`). */
const LONGEST_PLAIN_BYTES = 256;

/**
 * Puts a call, its nonce and its mortality together.
 *
 * @param birth the block from which on it is valid; its hash is signed
 */
export function draftCall(
  api: ApiPromise,
  call: Extrinsic,
  address: string,
  nonce: number,
  birth: BlockRef,
): Draft {
  const { registry, genesisHash, runtimeVersion } = api;
  const era = { current: birth.number, period: PERIOD_BLOCKS };
  const payload = registry.createType("SignerPayload", {
    address,
    blockHash: birth.hash,
    blockNumber: birth.number,
    era: registry.createType("ExtrinsicEra", era),
    genesisHash,
    method: call.method,
    nonce,
    runtimeVersion,
    signedExtensions: registry.signedExtensions,
    tip: 0,
    version: call.type,
  });
  const json = payload.toPayload();
  const bytes = registry.createType("ExtrinsicPayload", json, { version: json.version })
    .toU8a({ method: true });
  return {
    signingBytes: bytes.length > LONGEST_PLAIN_BYTES ? blake2b(bytes, { dkLen: 32 }) : bytes,
    payloadJson: { ...json },
    complete: (signature) => {
      const signed = call.addSignature(address, `0x${bytesToHex(signature)}`, json);
      return {
        bytes: signed.toHex(),
        hash: signed.hash.toHex(),
        address,
        nonce,
        birthBlock: birth.number,
        deathBlock: birth.number + PERIOD_BLOCKS,
      };
    },
  };
}

/**
 * Has a draft signed: by a key that signs bytes, or by a wallet extension.
 *
 * @module
 */

import { hexToBytes } from "@noble/hashes/utils.js";
import { WeftError } from "../../errors.ts";
import type { Signer } from "../../wallet/signer.ts";
import { verifySignature } from "../../wallet/verify.ts";
import type { Draft, SignedCall } from "./submission.ts";

/** sr25519 among the kinds of signatures (`MultiSignature`). */
const SR25519 = 1;
const SR25519_BYTES = 64;

/**
 * Asks for one signature.
 *
 * @throws {WeftError} if an extension signed something else than this call; what the signer throws
 *   otherwise, as when its user says no
 */
export async function signDraft(draft: Draft, signer: Signer): Promise<SignedCall> {
  if (signer.signPayload === undefined) {
    const signature = await signer.sign(draft.signingBytes);
    return draft.complete(Uint8Array.of(SR25519, ...signature));
  }
  const { signature } = await signer.signPayload(draft.payloadJson);
  const bytes = typedSignature(signature);
  if (!verifySignature(draft.signingBytes, bytes.subarray(1), signer.address)) {
    throw new WeftError(
      "the wallet's signature does not fit this call: its metadata of this chain are missing or " +
        "old. Update them in the wallet, or sign with a key file",
    );
  }
  return draft.complete(bytes);
}

/** A signature in hex, with its kind before it where the wallet left that out. */
function typedSignature(hex: string): Uint8Array {
  const digits = hex.replace(/^0x/, "");
  if (!/^([0-9a-f]{2})+$/i.test(digits)) throw new WeftError("the wallet's signature is no hex");
  const bytes = hexToBytes(digits);
  if (bytes.length === SR25519_BYTES) return Uint8Array.of(SR25519, ...bytes);
  if (bytes.length === SR25519_BYTES + 1 && bytes[0] === SR25519) return bytes;
  throw new WeftError("the wallet gave a signature that is not sr25519: Bittensor's keys are");
}

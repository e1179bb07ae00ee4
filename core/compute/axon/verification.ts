/**
 * Whether a request is of the hotkey that it names, addressed to us, and new.
 *
 * Source: opentensor/bittensor v10.2, `default_verify` of `bittensor/core/axon.py`.
 *
 * @module
 */

import { hexToBytes } from "@noble/hashes/utils.js";
import { isAddress } from "../../wallet/address.ts";
import { messageBytes, type SignatureCheck } from "../../wallet/verify.ts";
import { requestText } from "../synapse/signed_text.ts";
import type { Synapse } from "../synapse/synapse.ts";
import type { NonceBook } from "./nonce_book.ts";
import { notVerified } from "./refusal.ts";

/** The SDK's have 36. They are kept for a while. */
const MAX_UUID_LETTERS = 128;
const SIGNATURE = /^(?:0x)?([0-9a-f]{128})$/i;

/** What verification goes by. */
export interface VerifierOptions {
  /** Of the axon. */
  readonly hotkey: string;
  readonly nonces: NonceBook;
  readonly checkSignature: SignatureCheck;
  /** As the reference: a request without a signature is as good as one with it. */
  readonly lenient: boolean;
  /** Whether a hotkey is let in nowhere. @default nobody is one */
  isStranger?(hotkey: string): boolean;
}

/**
 * Lets a request pass once. The nonce is looked at before the signature, which costs a hundred times
 * as much, and again after it, for another may have been faster.
 *
 * @returns the hotkey
 * @throws {AxonRefusal} 401
 */
export async function verify(
  { dendrite, timeout, computedBodyHash }: Synapse,
  { hotkey: axonHotkey, nonces, checkSignature, lenient, isStranger }: VerifierOptions,
): Promise<string> {
  const { hotkey, nonce, uuid, version, signature } = dendrite;
  if (hotkey === null) throw notVerified("No SS58 formatted address or public key provided.");
  if (!isAddress(hotkey)) throw notVerified("Invalid SS58 formatted address.");
  if (nonce === null) throw notVerified("Missing Nonce");
  if (uuid !== null && uuid.length > MAX_UUID_LETTERS) throw notVerified("The uuid is too long");
  const key = `${hotkey}:${uuid}`;
  const check = (): void => {
    const fault = nonces.faultOf({ key, nonce, version, timeout });
    if (fault !== undefined) throw notVerified(fault);
  };
  check();
  const text = requestText(dendrite, axonHotkey, computedBodyHash);
  if (signature !== null && signature !== "") {
    const digits = SIGNATURE.exec(signature)?.[1];
    const isSigned = digits !== undefined &&
      await checkSignature(messageBytes(text), hexToBytes(digits), hotkey);
    if (!isSigned) throw notVerified(`Signature mismatch with ${text} and ${signature}`);
  } else if (!lenient) throw notVerified("Missing Signature");
  check();
  await nonces.accept(key, nonce, isStranger?.(hotkey));
  return hotkey;
}

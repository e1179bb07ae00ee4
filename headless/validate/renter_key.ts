/**
 * A renter's key: what a miner has sealed for it, it alone opens.
 *
 * @module
 */

import type { RenterKey } from "../../core/compute/renter/renter.ts";

const ALGORITHM = {
  ...{ name: "RSA-OAEP", hash: "SHA-256", modulusLength: 2048 },
  publicExponent: new Uint8Array([1, 0, 1]),
};
const LINE_LETTERS = 64;
/** Of a 2048-bit key, in base64, with some room. */
const MAX_SEALED_LETTERS = 1024;

/** A new RSA key of 2048 bits, as the published checker makes one for each miner. */
export async function newRenterKey(): Promise<RenterKey> {
  const { publicKey, privateKey } = await crypto.subtle.generateKey(ALGORITHM, true, [
    "encrypt",
    "decrypt",
  ]);
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", publicKey));
  const lines = spki.toBase64().match(new RegExp(`.{1,${LINE_LETTERS}}`, "g")) ?? [];
  return {
    pem: ["-----BEGIN PUBLIC KEY-----", ...lines, "-----END PUBLIC KEY-----"].join("\n"),
    open: async (sealed) => {
      const bytes = Uint8Array.fromBase64(sealed.slice(0, MAX_SEALED_LETTERS));
      const plain = await crypto.subtle.decrypt({ name: "RSA-OAEP" }, privateKey, bytes);
      return new TextDecoder().decode(plain);
    },
  };
}

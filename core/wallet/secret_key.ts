/**
 * The two forms of an sr25519 secret key, each 64 bytes: a scalar, little endian, then a nonce.
 * schnorrkel and btwallet's keyfiles write the scalar as it is (the raw form); polkadot-js writes it
 * times the cofactor 8 (the ed25519 form). The nonce is the same.
 *
 * @module
 */

import { hexToBytes } from "@noble/hashes/utils.js";
import { sr25519Agreement } from "@polkadot/util-crypto/sr25519";
import { UsageError } from "../errors.ts";

/** Bytes of a secret key in both forms. */
export const SECRET_KEY_BYTES = 64;

const SCALAR_BYTES = 32;
const COFACTOR_BITS = 3;
/** Order of the group of ed25519 and Ristretto (RFC 8032, section 5.1). */
const GROUP_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

/** Ristretto's generator (RFC 9496, section 4). */
const GENERATOR = hexToBytes("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76");

/**
 * The ed25519 form of a raw secret key.
 *
 * @throws {RangeError} if it has not 64 bytes
 * @throws {UsageError} if its scalar is zero or not below the group's order: no key has such a one
 */
export function toPolkadotSecret(raw: Uint8Array): Uint8Array<ArrayBuffer> {
  const scalar = readScalar(raw);
  if (scalar === 0n || scalar >= GROUP_ORDER) {
    throw new UsageError(
      "This private key is no sr25519 key: its scalar is out of range. Expected is the raw form " +
        "that btwallet writes, not polkadot-js's.",
    );
  }
  return writeScalar(raw, scalar << BigInt(COFACTOR_BITS));
}

/**
 * The raw form of an ed25519-form secret key.
 *
 * @throws {RangeError} if it has not 64 bytes
 * @throws {UsageError} if its scalar is no multiple of 8, or beyond the group's order
 */
export function toRawSecret(polkadot: Uint8Array): Uint8Array<ArrayBuffer> {
  const scalar = readScalar(polkadot);
  const raw = scalar >> BigInt(COFACTOR_BITS);
  if (raw << BigInt(COFACTOR_BITS) !== scalar || raw === 0n || raw >= GROUP_ORDER) {
    throw new UsageError(
      "This secret key is no sr25519 key in polkadot-js's form: its scalar is not 8 times a key's.",
    );
  }
  return writeScalar(polkadot, raw);
}

/**
 * The public key of an ed25519-form secret key, 32 bytes: the library names no function for it, but
 * to agree on a secret with the generator's owner is to multiply the generator.
 */
export function publicKeyOfSecret(polkadot: Uint8Array): Uint8Array {
  return sr25519Agreement(polkadot, GENERATOR);
}

function readScalar(secretKey: Uint8Array): bigint {
  if (secretKey.length !== SECRET_KEY_BYTES) {
    throw new RangeError(`a secret key has ${SECRET_KEY_BYTES} bytes, not ${secretKey.length}`);
  }
  let scalar = 0n;
  for (let i = SCALAR_BYTES - 1; i >= 0; i--) scalar = scalar << 8n | BigInt(secretKey[i]);
  return scalar;
}

/** A copy of a secret key with another scalar, below 2^256. */
function writeScalar(secretKey: Uint8Array, scalar: bigint): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(secretKey);
  for (let i = 0; i < SCALAR_BYTES; i++) out[i] = Number(scalar >> BigInt(8 * i) & 0xffn);
  return out;
}

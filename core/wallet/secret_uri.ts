/**
 * Secret URIs: `PHRASE//hard/soft///password`, where a seed in hex may stand for the phrase, and the
 * development phrase stands where there is none, so `//Alice` is the known key of every test chain.
 *
 * Source: `Pair::from_string` and `DeriveJunction` of Substrate's sp-core, which btwallet calls.
 * polkadot-js reads numbers beyond 64 bits and `//0x…` differently.
 *
 * @module
 */

import { blake2b } from "@noble/hashes/blake2.js";
import { concatBytes, hexToBytes } from "@noble/hashes/utils.js";
import { UsageError } from "../errors.ts";
import { MINI_SECRET_BYTES, miniSecretOf } from "./mnemonic.ts";

/** One step from a key to its child. */
export interface Junction {
  readonly isHard: boolean;
  /** 32 bytes. */
  readonly chainCode: Uint8Array;
}

/** A URI taken apart. */
export interface SecretUri {
  /** Of the root key, 32 bytes. */
  readonly miniSecret: Uint8Array<ArrayBuffer>;
  readonly junctions: readonly Junction[];
}

/** Known to everyone. */
const DEV_PHRASE = "bottom drive obey lake curtain smoke basket hold race lonely fit walk";
const URI = /^([^/]*)((?:\/\/?[^/]+)*)(?:\/\/\/(.*))?$/s;
const CHAIN_CODE_BYTES = 32;
const U64_BYTES = 8;
/** SCALE's compact integers take one byte below 2^6 and two below 2^14. */
const ONE_BYTE_LENGTH = 2 ** 6;
const TWO_BYTE_LENGTH = 2 ** 14;

/**
 * The root key's secret of a URI and the way from it.
 *
 * @throws {UsageError} if it is no URI, or its phrase no mnemonic; shows nothing of it but a word
 *   that is in no mnemonic
 */
export function parseSecretUri(uri: string): SecretUri {
  const parts = URI.exec(uri);
  if (parts === null) {
    throw new UsageError(
      "Not a secret URI: expected a mnemonic or 0x and 64 hex digits, then steps such as //hard or " +
        "/soft, then ///password.",
    );
  }
  const [, secret, path, password] = parts;
  const junctions = [...path.matchAll(/\/(\/?)([^/]+)/g)].map(([, hard, code]) => ({
    isHard: hard !== "",
    chainCode: chainCodeOf(code),
  }));
  return { miniSecret: rootSecret(secret.trim(), password), junctions };
}

function rootSecret(secret: string, password: string | undefined): Uint8Array<ArrayBuffer> {
  if (!secret.startsWith("0x")) return miniSecretOf(secret || DEV_PHRASE, password);
  if (!/^0x[0-9a-f]{64}$/i.test(secret)) {
    throw new UsageError(
      `The seed of a secret URI is 0x and ${2 * MINI_SECRET_BYTES} hex digits; this one is not.`,
    );
  }
  return new Uint8Array(hexToBytes(secret.slice(2)));
}

/** A number of 64 bits as such, anything else as SCALE text; hashed if it is too long. */
function chainCodeOf(code: string): Uint8Array {
  const isNumber = /^\+?\d+$/.test(code) && BigInt(code.replace("+", "")) < 2n ** 64n;
  const encoded = isNumber ? u64Bytes(BigInt(code.replace("+", ""))) : scaleText(code);
  if (encoded.length > CHAIN_CODE_BYTES) return blake2b(encoded, { dkLen: CHAIN_CODE_BYTES });
  const chainCode = new Uint8Array(CHAIN_CODE_BYTES);
  chainCode.set(encoded);
  return chainCode;
}

function u64Bytes(value: bigint): Uint8Array {
  const bytes = new Uint8Array(U64_BYTES);
  new DataView(bytes.buffer).setBigUint64(0, value, true);
  return bytes;
}

function scaleText(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  const { length } = bytes;
  if (length >= TWO_BYTE_LENGTH) {
    throw new UsageError(`A step of a secret URI is too long: ${length} bytes.`);
  }
  const prefix = length < ONE_BYTE_LENGTH ? [length << 2] : [length << 2 & 0xff | 1, length >> 6];
  return concatBytes(Uint8Array.from(prefix), bytes);
}

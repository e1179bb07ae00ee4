/**
 * The RSA key by which a renter gets the password, and by which it is known again.
 *
 * Source: neuralinternet/compute-subnet v1.8.3, `neurons/RSAEncryption.py`: RSA-OAEP (RFC 8017) with
 * SHA-256, MGF1 with SHA-256, no label.
 *
 * @module
 */

import { base64Decode } from "@polkadot/util-crypto/base64";
import { WeftError } from "../../errors.ts";
import type { RandomBytes } from "../../host.ts";

/** An imported key. */
export interface WebCryptoKey {
  readonly algorithm: { readonly name: string; readonly modulusLength?: number };
}

/** The part of a host's `crypto.subtle` that is used. */
export interface WebCrypto {
  importKey(
    format: "spki",
    data: Uint8Array<ArrayBuffer>,
    algorithm: { readonly name: "RSA-OAEP"; readonly hash: "SHA-256" },
    extractable: boolean,
    usages: "encrypt"[],
  ): Promise<WebCryptoKey>;
  encrypt(
    algorithm: { readonly name: "RSA-OAEP" },
    key: WebCryptoKey,
    data: Uint8Array<ArrayBuffer>,
  ): Promise<ArrayBuffer>;
}

/** A renter's key. */
export interface RentalKey {
  /** As PEM, in a form in which equal keys are equal. */
  readonly pem: string;
  encrypt(text: string): Promise<Uint8Array<ArrayBuffer>>;
}

const MIN_BITS = 2048;
const MAX_BITS = 8192;
/** Of 8192 bits, with room for line ends. */
const MAX_LETTERS = 4096;
const PEM = /^-----BEGIN PUBLIC KEY-----\n([A-Za-z0-9+/=\n]+)\n-----END PUBLIC KEY-----$/;
const ALGORITHM = { name: "RSA-OAEP", hash: "SHA-256" } as const;

/** A key as PEM without what differs between systems: line ends, and space around it. */
export function plainPem(text: string): string {
  return text.trim().replaceAll(/[^\S\n]*\r?\n[^\S\n]*/g, "\n");
}

/**
 * Reads a public key (PEM, SubjectPublicKeyInfo).
 *
 * @throws {WeftError} if it is none of RSA with 2048 to 8192 bits
 */
export async function readRentalKey(text: string, crypto: WebCrypto): Promise<RentalKey> {
  const pem = plainPem(text.slice(0, MAX_LETTERS));
  const [, body] = PEM.exec(pem) ?? [];
  if (body === undefined) throw fault("it is no PEM that begins with BEGIN PUBLIC KEY");
  const key = await importKey(body.replaceAll("\n", ""), crypto);
  const bits = key.algorithm.modulusLength ?? 0;
  if (bits < MIN_BITS || bits > MAX_BITS) throw fault(`it has ${bits} bits`);
  return {
    pem,
    encrypt: async (secret) => {
      const data = new TextEncoder().encode(secret);
      return new Uint8Array(await crypto.encrypt({ name: "RSA-OAEP" }, key, data));
    },
  };
}

async function importKey(base64: string, crypto: WebCrypto): Promise<WebCryptoKey> {
  try {
    const spki = new Uint8Array(base64Decode(base64));
    return await crypto.importKey("spki", spki, ALGORITHM, false, ["encrypt"]);
  } catch {
    throw fault("it is damaged, or of another kind");
  }
}

function fault(reason: string): WeftError {
  return new WeftError(
    `the renter's public key is not used: ${reason}, expected RSA with 2048 to 8192 bits`,
  );
}

const PASSWORD_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
/** Upstream's; 59 bits. */
const PASSWORD_LENGTH = 10;

/** A new password of 10 letters and digits, each equally likely. */
export function newPassword(randomBytes: RandomBytes): string {
  const { length } = PASSWORD_LETTERS;
  const fair = 256 - 256 % length;
  let password = "";
  while (password.length < PASSWORD_LENGTH) {
    const [byte] = randomBytes(1);
    if (byte < fair) password += PASSWORD_LETTERS[byte % length];
  }
  return password;
}

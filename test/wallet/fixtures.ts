/**
 * What the tests of this room share: known keys in every form, and errors to look at.
 *
 * @module
 */

import type { KeySecrets } from "../../core/wallet/keypair.ts";

/** Substrate's development phrase, in every form in which a keyfile keeps a key. */
export const DEV = {
  phrase: "bottom drive obey lake curtain smoke basket hold race lonely fit walk",
  seed: "fac7959dbfe72f052e5a0c3c8d6530f202b02fd8f9f5ca3580ec8deb7797479e",
  privateKey: "05d65584630d16cd4af6d0bec10f34bb504a5dcb62dba2122d49f5a663763d0a" +
    "fd190cce74df356432b410bd64682309d6dedb27c76845daf388557cbac3ca34",
  polkadotKey: "28b0ae221c6bb06856b287f60d7ea0d98552ea5a16db16956849aa371db3eb51" +
    "fd190cce74df356432b410bd64682309d6dedb27c76845daf388557cbac3ca34",
  publicKey: "46ebddef8cd9bb167dc30878d7113b7e168e6f0646beffd77d69d39bad76b47a",
  address: "5DfhGyQdFobKM8NsWvEeAKk5EQQgYe9AydgJ7rMB6E1EqRzV",
} as const;

/** The key `//Alice`. */
export const ALICE = {
  seed: "e5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a",
  privateKey: "33a6f3093f158a7109f679410bef1a0c54168145e0cecb4df006c1c2fffb1f09" +
    "925a225d97aa00682d6a59b95b18780c10d7032336e88f3442b42361f4a66011",
  polkadotKey: "98319d4ff8a9508c4bb0cf0b5a78d760a0b2082c02775e6e82370816fedfff48" +
    "925a225d97aa00682d6a59b95b18780c10d7032336e88f3442b42361f4a66011",
  publicKey: "d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d",
  address: "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY",
} as const;

/** The password of the encrypted fixtures, and the `$NACL` key that libsodium makes of it. */
export const PASSWORD = "testpassword123";
export const NACL_KEY = "a0f7c0fe21bd83e4a247f827e68f3339ee7d1d197eba02d4921afa2915556f78";

/** What the encrypted vectors hold: a public record of //Alice. */
export const VECTOR_JSON = `{"ss58Address":"${ALICE.address}"}`;

/** The `$NACL` file of {@linkcode VECTOR_JSON}, nonce 00 to 17. */
export const NACL_VECTOR = "244e41434c000102030405060708090a0b0c0d0e0f1011121314151617" +
  "5be786f2798afaae14ec3d740f8af7bb7af95c702921424e0f10306c74d4902c7ca8f57d81ac72b1e05e524eb4" +
  "c20401d035bebd80ff5b5f0b714f078598daed8397513b3cf09f22d776e1ed5a53818107fd";

/** The Fernet token of {@linkcode VECTOR_JSON}. */
export const FERNET_VECTOR =
  "gAAAAABlU_EAAAECAwQFBgcICQoLDA0OD_AV4jFB-swhHtqx18mKGDQS7JzqPtEjvLjTjBc9" +
  "gATEI4aK5ITE-xQqYmmdnEDuJgPTCvCjVfoM9RTFaDO_Osn1y-sYjOmCc4hmN0XW9AONg35efBXBtaKli9FPxx6nBfrI" +
  "BQAzkt99qkGuacD_AFg=";

/** UTF-8 of a text. */
export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** Bytes of hex digits. */
export function hex(digits: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromHex(digits);
}

/** Hex of secrets, to compare them. */
export function secretsInHex(secrets: Partial<KeySecrets>): Record<string, string | undefined> {
  return {
    phrase: secrets.secretPhrase,
    seed: secrets.secretSeed?.toHex(),
    privateKey: secrets.privateKey?.toHex(),
  };
}

/** The message of what `action` throws. */
export function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof Error) return error.message;
  }
  throw new Error("nothing was thrown");
}

/** What `action` rejects with. */
export async function rejection(action: Promise<unknown>): Promise<unknown> {
  try {
    await action;
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

/**
 * A keypair in memory.
 *
 * @module
 */

import {
  sr25519DeriveHard,
  sr25519DeriveSoft,
  sr25519PairFromSeed,
} from "@polkadot/util-crypto/sr25519";
import { sr25519Sign } from "@polkadot/wasm-crypto";
import { encodeAddress } from "./address.ts";
import { MINI_SECRET_BYTES, miniSecretOf, normalizeMnemonic } from "./mnemonic.ts";
import { assertKeysReady } from "./ready.ts";
import { publicKeyOfSecret, toPolkadotSecret, toRawSecret } from "./secret_key.ts";
import { parseSecretUri } from "./secret_uri.ts";
import type { Signer } from "./signer.ts";

/** What a keyfile keeps of a key. */
export interface KeySecrets {
  /** The mnemonic, if the key was made from one. */
  readonly secretPhrase: string | undefined;
  /** The mini secret, 32 bytes, if the key was made from one or from a mnemonic. */
  readonly secretSeed: Uint8Array<ArrayBuffer> | undefined;
  /** The secret key in btwallet's raw form, 64 bytes. */
  readonly privateKey: Uint8Array<ArrayBuffer>;
}

/** A pair as the library has it: the secret in the ed25519 form. */
interface PolkadotPair {
  readonly publicKey: Uint8Array;
  readonly secretKey: Uint8Array;
}

/** Where a pair came from, as far as it can be stored. */
interface Origin {
  readonly secretPhrase?: string;
  readonly secretSeed?: Uint8Array<ArrayBuffer>;
}

/** An sr25519 key that signs. Printed or serialised it shows its address and nothing else. */
export class Keypair implements Signer {
  readonly address: string;
  readonly publicKey: Uint8Array;
  readonly #pair: PolkadotPair;
  readonly #origin: Origin;

  private constructor(pair: PolkadotPair, origin: Origin) {
    this.publicKey = pair.publicKey;
    this.address = encodeAddress(pair.publicKey);
    this.#pair = pair;
    this.#origin = origin;
  }

  /**
   * The key of a mnemonic; case and spacing are forgiven.
   *
   * @throws {UsageError} as `normalizeMnemonic`
   */
  static fromMnemonic(mnemonic: string): Keypair {
    assertKeysReady();
    const secretSeed = miniSecretOf(mnemonic);
    const secretPhrase = normalizeMnemonic(mnemonic);
    return new Keypair(sr25519PairFromSeed(secretSeed), { secretPhrase, secretSeed });
  }

  /**
   * The key of a mini secret.
   *
   * @param seed 32 bytes; copied
   * @throws {RangeError} for any other length
   */
  static fromSeed(seed: Uint8Array): Keypair {
    assertKeysReady();
    if (seed.length !== MINI_SECRET_BYTES) {
      throw new RangeError(`a seed has ${MINI_SECRET_BYTES} bytes, not ${seed.length}`);
    }
    const secretSeed = new Uint8Array(seed);
    return new Keypair(sr25519PairFromSeed(secretSeed), { secretSeed });
  }

  /**
   * The key of a secret URI, `//Alice` or `PHRASE//hard/soft///password`. Neither phrase nor seed is
   * kept, for they alone don't make this key.
   *
   * @throws {UsageError} as `parseSecretUri`
   */
  static fromUri(uri: string): Keypair {
    assertKeysReady();
    const { miniSecret, junctions } = parseSecretUri(uri);
    let pair: PolkadotPair = sr25519PairFromSeed(miniSecret);
    miniSecret.fill(0);
    for (const { isHard, chainCode } of junctions) {
      const parent = pair;
      pair = isHard ? sr25519DeriveHard(parent, chainCode) : sr25519DeriveSoft(parent, chainCode);
      parent.secretKey.fill(0);
    }
    return new Keypair(pair, {});
  }

  /**
   * The key of a secret key in btwallet's raw form, as keyfiles keep it.
   *
   * @param raw 64 bytes; copied
   * @throws {RangeError} for any other length
   * @throws {UsageError} if no key has this secret
   */
  static fromPrivateKey(raw: Uint8Array): Keypair {
    assertKeysReady();
    const secretKey = toPolkadotSecret(raw);
    return new Keypair({ publicKey: publicKeyOfSecret(secretKey), secretKey }, {});
  }

  sign(message: Uint8Array): Promise<Uint8Array> {
    return new Promise((resolve) => resolve(this.signSync(message)));
  }

  /** The 64 bytes of a signature of just these bytes; every call gives another. */
  signSync(message: Uint8Array): Uint8Array {
    if (!(message instanceof Uint8Array)) throw new TypeError("only bytes can be signed");
    return sr25519Sign(this.publicKey, this.#pair.secretKey, message);
  }

  /** Copies of the secrets, to write a keyfile; for nothing else. */
  secrets(): KeySecrets {
    const { secretPhrase, secretSeed } = this.#origin;
    return {
      secretPhrase,
      secretSeed: secretSeed?.slice(),
      privateKey: toRawSecret(this.#pair.secretKey),
    };
  }

  toJSON(): { address: string } {
    return { address: this.address };
  }

  toString(): string {
    return `Keypair(${this.address})`;
  }

  [Symbol.for("Deno.customInspect")](): string {
    return this.toString();
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

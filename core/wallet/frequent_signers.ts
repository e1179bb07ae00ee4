/**
 * Checks signatures of those who sign often in little more than half the time. Of a key's point multiples are kept,
 * so that a check adds some of them up where it would double and add.
 *
 * A check is sr25519's, R = s·B − k·A with k drawn from key, R and message.
 *
 * Source: github.com/w3f/schnorrkel, `src/sign.rs` and `src/context.rs`.
 *
 * @module
 */

import { ristretto255 } from "@noble/curves/ed25519.js";
import { bytesToNumberLE, equalBytes } from "@noble/curves/utils.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { decodeAddress } from "./address.ts";
import { MerlinTranscript } from "./merlin.ts";
import { eitherForm, SIGNATURE_BYTES, verifySignature } from "./verify.ts";

const { Point } = ristretto255;
type RistrettoPoint = InstanceType<typeof Point>;

/** Good signatures of a key after which multiples are worth their making, some milliseconds. */
const SIGNATURES_BEFORE = 8;
/** Good signatures between two makings: many keys may get there together, and others wait. */
const SIGNATURES_BETWEEN = 32;
/** Multiples of one key take about 0.1 MiB. */
const MAX_SIGNERS = 512;
/** Bits of a scalar that one multiple stands for: more are faster and take more memory. */
const WINDOW_BITS = 4;
/** Schnorrkel's mark, in the last byte of a signature. */
const MARK = 0x80;
const CHALLENGE_BYTES = 64;
/** What all of Substrate's signatures begin with. */
const CONTEXT = new MerlinTranscript("SigningContext").append("", utf8ToBytes("substrate"));
const PROTOCOL = utf8ToBytes("Schnorr-sig");

/** A signer that was seen. */
interface Signer {
  signatures: number;
  key: FrequentKey | undefined;
}

/** See the module. Gives the same answers as `verifyMessage`. */
export class FrequentSigners {
  /** By address, in the order in which they signed last. */
  readonly #signers = new Map<string, Signer>();
  #sinceMaking = 0;

  /** @param maxSigners how many are remembered: those who signed last @default {512} */
  constructor(readonly maxSigners = MAX_SIGNERS) {}

  /**
   * Whether this is the address's signature of these bytes, bare or wrapped in `<Bytes>…</Bytes>`;
   * false for anything malformed.
   */
  verifyMessage(message: Uint8Array, signature: Uint8Array, address: string): boolean {
    const signer = this.#signers.get(address);
    const check = signer?.key
      ? signer.key.verify.bind(signer.key)
      : (bytes: Uint8Array, signed: Uint8Array) => verifySignature(bytes, signed, address);
    const isGood = eitherForm(message, (bytes) => check(bytes, signature));
    if (isGood) this.#remember(address, signer ?? { signatures: 0, key: undefined });
    return isGood;
  }

  #remember(address: string, signer: Signer): void {
    signer.signatures += 1;
    this.#sinceMaking += 1;
    const isWorthIt = signer.key === undefined && signer.signatures >= SIGNATURES_BEFORE;
    if (isWorthIt && this.#sinceMaking >= SIGNATURES_BETWEEN) {
      signer.key = new FrequentKey(address);
      this.#sinceMaking = 0;
    }
    this.#signers.delete(address);
    this.#signers.set(address, signer);
    if (this.#signers.size <= this.maxSigners) return;
    for (const [oldest] of this.#signers) return void this.#signers.delete(oldest);
  }
}

/** A public key with multiples of its point. */
class FrequentKey {
  readonly #publicKey: Uint8Array;
  readonly #minusPoint: RistrettoPoint;

  constructor(address: string) {
    this.#publicKey = decodeAddress(address);
    this.#minusPoint = Point.fromBytes(this.#publicKey).negate().precompute(WINDOW_BITS, false);
  }

  verify(message: Uint8Array, signature: Uint8Array): boolean {
    if (signature.length !== SIGNATURE_BYTES || (signature[63] & MARK) === 0) return false;
    const [R, scalar] = [signature.subarray(0, 32), signature.slice(32)];
    scalar[31] &= ~MARK;
    const s = bytesToNumberLE(scalar);
    if (s >= Point.Fn.ORDER) return false;
    const drawn = new MerlinTranscript(CONTEXT)
      .append("sign-bytes", message)
      .append("proto-name", PROTOCOL)
      .append("sign:pk", this.#publicKey)
      .append("sign:R", R)
      .challenge("sign:c", CHALLENGE_BYTES);
    const k = Point.Fn.create(bytesToNumberLE(drawn));
    const expected = Point.BASE.multiplyUnsafe(s).add(this.#minusPoint.multiplyUnsafe(k));
    return equalBytes(expected.toBytes(), R);
  }
}

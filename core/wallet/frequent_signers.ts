/**
 * Checks signatures of those who sign often in a fifth of the time. Of a key's point multiples are
 * kept, so that a check adds some of them up where it would double and add.
 *
 * A check is sr25519's, R = s·B − k·A with k drawn from key, R and message.
 *
 * Source: github.com/w3f/schnorrkel, `src/sign.rs` and `src/context.rs`.
 *
 * @module
 */

import { ed25519, ristretto255 } from "@noble/curves/ed25519.js";
import { bytesToNumberLE, equalBytes } from "@noble/curves/utils.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { decodeAddress } from "./address.ts";
import { MerlinTranscript } from "./merlin.ts";
import { type Multiples, PointSum } from "./ristretto/point_sum.ts";
import { eitherForm, SIGNATURE_BYTES, verifySignature } from "./verify.ts";

const { Point } = ristretto255;

/** Good signatures of a key after which its multiples are made: that takes as long as a check. */
const SIGNATURES_BEFORE = 2;
/** Multiples of one key take 80 KiB. */
const MAX_SIGNERS = 512;
/** Bits of a scalar that one multiple stands for: of the base point there are more, but once. */
const WINDOW_BITS = { base: 8, key: 4 } as const;
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

/** A public key with multiples of its negated point. */
interface FrequentKey {
  readonly publicKey: Uint8Array;
  readonly multiples: Multiples;
}

/** See the module. Gives the same answers as `verifyMessage`. */
export class FrequentSigners {
  /** By address, in the order in which they signed last. */
  readonly #signers = new Map<string, Signer>();
  readonly #sum = new PointSum();
  readonly #base = this.#sum.multiplesOf(ed25519.Point.BASE.toAffine(), WINDOW_BITS.base);
  /** Of signers that were forgotten. */
  readonly #unused: Multiples[] = [];

  /** @param maxSigners how many are remembered: those who signed last @default {512} */
  constructor(readonly maxSigners = MAX_SIGNERS) {}

  /**
   * Whether this is the address's signature of these bytes, bare or wrapped in `<Bytes>…</Bytes>`;
   * false for anything malformed.
   */
  verifyMessage(message: Uint8Array, signature: Uint8Array, address: string): boolean {
    const signer = this.#signers.get(address) ?? { signatures: 0, key: undefined };
    const { key } = signer;
    const isGood = eitherForm(message, (bytes) => {
      return key ? this.#verify(key, bytes, signature) : verifySignature(bytes, signature, address);
    });
    if (isGood) this.#remember(address, signer);
    return isGood;
  }

  #remember(address: string, signer: Signer): void {
    signer.signatures += 1;
    if (signer.signatures >= SIGNATURES_BEFORE) signer.key ??= this.#keyOf(address);
    this.#signers.delete(address);
    this.#signers.set(address, signer);
    if (this.#signers.size <= this.maxSigners) return;
    for (const [oldest, { key }] of this.#signers) {
      if (key) this.#unused.push(key.multiples);
      return void this.#signers.delete(oldest);
    }
  }

  #keyOf(address: string): FrequentKey {
    const publicKey = decodeAddress(address);
    const minusPoint = Point.fromBytes(publicKey).negate().toAffine();
    const place = this.#unused.pop();
    return {
      publicKey,
      multiples: this.#sum.multiplesOf(minusPoint, WINDOW_BITS.key, place),
    };
  }

  #verify(
    { publicKey, multiples }: FrequentKey,
    message: Uint8Array,
    signature: Uint8Array,
  ): boolean {
    if (signature.length !== SIGNATURE_BYTES || (signature[63] & MARK) === 0) return false;
    const [R, scalar] = [signature.subarray(0, 32), signature.slice(32)];
    scalar[31] &= ~MARK;
    const s = bytesToNumberLE(scalar);
    if (s >= Point.Fn.ORDER) return false;
    const drawn = new MerlinTranscript(CONTEXT)
      .append("sign-bytes", message)
      .append("proto-name", PROTOCOL)
      .append("sign:pk", publicKey)
      .append("sign:R", R)
      .challenge("sign:c", CHALLENGE_BYTES);
    const k = Point.Fn.create(bytesToNumberLE(drawn));
    this.#sum.clear();
    this.#sum.add(this.#base, s);
    this.#sum.add(multiples, k);
    return equalBytes(this.#sum.toBytes(), R);
  }
}

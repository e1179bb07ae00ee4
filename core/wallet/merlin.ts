/**
 * Merlin transcripts: whatever is drawn from one depends on all that was appended before. sr25519
 * draws its challenges so.
 *
 * Source: merlin.cool, "Transcript protocol", and STROBE v1.0.2, strobe.sourceforge.io/specs, of
 * which Merlin uses three operations at 128 bits of security.
 *
 * @module
 */

import { keccakP } from "@noble/hashes/sha3.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";

const STATE_BYTES = 200;
/** Bytes of the state that operations touch before it is permuted. */
const RATE = 166;
/** STROBE's flags of what Merlin does: additional data, framing of it, and pseudorandom output. */
const OPERATIONS = { data: 0b00010, framing: 0b10010, output: 0b00111 };
const PADDING = { first: 0x04, last: 0x80 };

/** See the module. */
export class MerlinTranscript {
  readonly #bytes = new Uint8Array(STATE_BYTES);
  readonly #words = new Uint32Array(this.#bytes.buffer);
  #at = 0;
  /** Where the operation began, counted from 1; 0 if it was before the last permutation. */
  #begin = 0;

  /** @param origin the label of the protocol that uses it, or a transcript to go on from */
  constructor(origin: string | MerlinTranscript) {
    if (typeof origin !== "string") {
      this.#bytes.set(origin.#bytes);
      this.#at = origin.#at;
      this.#begin = origin.#begin;
      return;
    }
    this.#bytes.set([1, RATE + 2, 1, 0, 1, 96]);
    this.#bytes.set(utf8ToBytes("STROBEv1.0.2"), 6);
    keccakP(this.#words);
    this.#operate(OPERATIONS.framing, utf8ToBytes("Merlin v1.0"));
    this.append("dom-sep", utf8ToBytes(origin));
  }

  /** Appends a message under a label. */
  append(label: string, message: Uint8Array): this {
    this.#operate(OPERATIONS.framing, framed(label, message.length));
    this.#operate(OPERATIONS.data, message);
    return this;
  }

  /** Draws bytes under a label. */
  challenge(label: string, length: number): Uint8Array<ArrayBuffer> {
    this.#operate(OPERATIONS.framing, framed(label, length));
    this.#operate(OPERATIONS.output, new Uint8Array());
    if (this.#at !== 0) this.#permute();
    const drawn = new Uint8Array(length);
    for (let index = 0; index < length; index++) {
      drawn[index] = this.#bytes[this.#at];
      this.#bytes[this.#at] = 0;
      this.#advance();
    }
    return drawn;
  }

  #operate(flags: number, data: Uint8Array): void {
    const before = this.#begin;
    this.#begin = this.#at + 1;
    this.#absorb([before, flags]);
    this.#absorb(data);
  }

  #absorb(data: ArrayLike<number>): void {
    for (let index = 0; index < data.length; index++) {
      this.#bytes[this.#at] ^= data[index];
      this.#advance();
    }
  }

  #advance(): void {
    this.#at += 1;
    if (this.#at === RATE) this.#permute();
  }

  #permute(): void {
    this.#bytes[this.#at] ^= this.#begin;
    this.#bytes[this.#at + 1] ^= PADDING.first;
    this.#bytes[RATE + 1] ^= PADDING.last;
    keccakP(this.#words);
    this.#at = 0;
    this.#begin = 0;
  }
}

/** A label, and how long what belongs to it is. */
function framed(label: string, length: number): Uint8Array {
  const size = new Uint8Array(4);
  new DataView(size.buffer).setUint32(0, length, true);
  return concatBytes(utf8ToBytes(label), size);
}

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
import { utf8ToBytes } from "@noble/hashes/utils.js";

const STATE_BYTES = 200;
/** Bytes of the state that operations touch before it is permuted. */
const RATE = 166;
/** STROBE's flags of what Merlin does: additional data, framing of it, and pseudorandom output. */
const OPERATIONS = { data: 0b00010, framing: 0b10010, output: 0b00111 };
const PADDING = { first: 0x04, last: 0x80 };

const NOTHING = new Uint8Array();
/** Bytes of labels: protocols have few. */
const labels = new Map<string, Uint8Array>();

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
    this.#frame(label, message.length);
    this.#operate(OPERATIONS.data, message);
    return this;
  }

  /** Draws bytes under a label. */
  challenge(label: string, length: number): Uint8Array<ArrayBuffer> {
    this.#frame(label, length);
    this.#operate(OPERATIONS.output, NOTHING);
    if (this.#at !== 0) this.#permute();
    const drawn = new Uint8Array(length);
    for (let index = 0; index < length; index++) {
      drawn[index] = this.#bytes[this.#at];
      this.#bytes[this.#at] = 0;
      this.#advance();
    }
    return drawn;
  }

  /** A label, and how long what belongs to it is. */
  #frame(label: string, length: number): void {
    const bytes = labels.get(label) ?? utf8ToBytes(label);
    labels.set(label, bytes);
    this.#operate(OPERATIONS.framing, bytes);
    this.#absorb([length & 255, length >>> 8 & 255, length >>> 16 & 255, length >>> 24]);
  }

  #operate(flags: number, data: Uint8Array): void {
    const before = this.#begin;
    this.#begin = this.#at + 1;
    this.#absorb([before, flags]);
    this.#absorb(data);
  }

  #absorb(data: ArrayLike<number>): void {
    const bytes = this.#bytes;
    let at = this.#at;
    for (let index = 0; index < data.length; index++) {
      bytes[at++] ^= data[index];
      if (at < RATE) continue;
      this.#at = at;
      this.#permute();
      at = 0;
    }
    this.#at = at;
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

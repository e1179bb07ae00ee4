/**
 * Numbers modulo p = 2^255 − 19 in the memory of a WebAssembly module: how they get there, and how
 * they are read.
 *
 * @module
 */

import { instantiate } from "../../formats/wasm/module.ts";
import {
  encodeFieldModule,
  type FieldFunctions,
  limbBits,
  LIMBS,
  NUMBER_BYTES,
  WORK_BYTES,
} from "./field_code.ts";

/** The field's prime. */
export const P = 2n ** 255n - 19n;
const PAGE_BYTES = 65_536;

let compiled: WebAssembly.Module | undefined;

/** See the module. */
export class Field {
  readonly run: FieldFunctions;
  readonly #memory = new WebAssembly.Memory({ initial: 1 });
  #limbs = new Int32Array(this.#memory.buffer);
  #usedBytes = WORK_BYTES;

  constructor() {
    compiled ??= new WebAssembly.Module(encodeFieldModule());
    // The module is made of just these functions.
    this.run = instantiate(compiled, this.#memory) as unknown as FieldFunctions;
  }

  /** Takes memory that stays taken. @returns its address */
  allocate(bytes: number): number {
    const at = this.#usedBytes;
    this.#usedBytes += bytes;
    const missing = this.#usedBytes - this.#memory.buffer.byteLength;
    if (missing > 0) {
      this.#memory.grow(Math.ceil(missing / PAGE_BYTES));
      this.#limbs = new Int32Array(this.#memory.buffer);
    }
    return at;
  }

  /** Takes memory for a number that stays. @returns its address */
  constant(value: bigint): number {
    const at = this.allocate(NUMBER_BYTES);
    this.write(at, value);
    return at;
  }

  /** Writes a number from 0 to p. It is a good factor, but nothing to add up. */
  write(at: number, value: bigint): void {
    let rest = value;
    for (let limb = 0; limb < LIMBS; limb++) {
      const bits = limbBits(limb);
      this.#limbs[at / 4 + limb] = Number(BigInt.asUintN(bits, rest));
      rest >>= BigInt(bits);
    }
  }

  /** The limbs of a product as they are below p. */
  #reduced(at: number): Int32Array {
    const limbs = this.#limbs.slice(at / 4, at / 4 + LIMBS);
    // How often p is in it: what would be carried out of the highest limb if 19 were added.
    let quotient = (19 * limbs[LIMBS - 1] + (1 << 24)) >> 25;
    for (let limb = 0; limb < LIMBS; limb++) quotient = (limbs[limb] + quotient) >> limbBits(limb);
    let carry = 19 * quotient;
    for (let limb = 0; limb < LIMBS; limb++) {
      const sum = limbs[limb] + carry;
      carry = sum >> limbBits(limb);
      limbs[limb] = sum - (carry << limbBits(limb));
    }
    return limbs;
  }

  /** Whether a product, reduced, is odd: Ristretto calls that negative. */
  isNegative(at: number): boolean {
    return (this.#reduced(at)[0] & 1) === 1;
  }

  /** Whether a product, reduced, is one. */
  isOne(at: number): boolean {
    return this.#reduced(at).every((limb, index) => limb === (index === 0 ? 1 : 0));
  }

  /** The 32 bytes of a product, reduced, the lowest first. */
  bytes(at: number): Uint8Array<ArrayBuffer> {
    const limbs = this.#reduced(at);
    const bytes = new Uint8Array(32);
    let bit = 0;
    for (let limb = 0; limb < LIMBS; limb++) {
      for (let done = 0; done < limbBits(limb);) {
        const room = 8 - bit % 8;
        bytes[bit >> 3] |= (limbs[limb] >> done) << (bit % 8);
        const step = Math.min(room, limbBits(limb) - done);
        done += step;
        bit += step;
      }
    }
    return bytes;
  }
}

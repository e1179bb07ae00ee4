/**
 * Numbers of the published proof of GPU, made with Python: a product of 4 × 4 and its tree.
 *
 * @module
 */

import type { ProofSeeds } from "../../../core/compute/proof_of_gpu/generator.ts";

/** Seeds of the product. */
export const SEEDS: ProofSeeds = { a: 0x0123456789abcdefn, b: 0xfedcba9876543210n };

/** Rows of C, summed in float64 and rounded, as bits. */
export const PRODUCT_BITS: readonly (readonly number[])[] = [
  [1066896247, 1058990386, 1067738620, 1065548138],
  [1062989861, 1066684549, 1067254609, 1061679287],
  [1070976078, 1067443175, 1072462518, 1068986438],
  [1067186495, 1068998355, 1068232520, 1068190033],
];

/** Hashes of these rows. */
export const LEAVES: readonly string[] = [
  "89b14637c7454ec606c4be2abd0c7a79143680029f45ce962ec310875f19b81e",
  "f583f635efc9c24de706ac23fc20366cf211993867d470249172ef77e385e3d0",
  "c2fe6323921d811856bce3f72d17f9f3e8ed30fb25bdd595ccb828fdd5333bba",
  "39cc361834084befb47951dffa3d29703c1fb962b1db9ee481876784dd9d3a7c",
];

/** Root of the tree of all four rows, and of the first three. */
export const ROOTS = {
  four: "2013a06d57929a6d1c921d524651f6c4d9636538a17c9f2fd94f0d234b4a444f",
  three: "349fe4c74a1f2b6dd3457721316486214f45ff8d96a55edbbad9d5e2a25ee5d9",
};

/** Largest seed. */
export const LAST_SEED: bigint = 2n ** 64n - 1n;

/** A row of bits as f32. */
export function rowOfBits(bits: readonly number[]): Float32Array {
  return new Float32Array(Uint32Array.from(bits).buffer);
}

/** Bits of f32. */
export function bitsOf(values: Float32Array): number[] {
  return [...new Uint32Array(values.buffer, values.byteOffset, values.length)];
}

/**
 * The Merkle tree over the rows of a product.
 *
 * A leaf is the SHA-256 of a row as little-endian f32; a parent that of its two children, where a
 * last one without a sibling stands for both. Source: neuralinternet/compute-subnet v1.8.3,
 * `build_merkle_tree_rows`, `get_merkle_proof_row` and `verify_merkle_proof_row`.
 *
 * @module
 */

import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes } from "@noble/hashes/utils.js";

/** Bytes of a node. */
export const NODE_BYTES = 32;

/** All levels one after another, the leaves first and the root last. */
export interface MerkleTree {
  readonly leafCount: number;
  readonly nodes: readonly Uint8Array[];
}

/** The hash of a row of f32. */
export function hashRow(row: Float32Array): Uint8Array {
  const bytes = new Uint8Array(4 * row.length);
  const view = new DataView(bytes.buffer);
  // As integers: a float that passes through a number may lose a NaN's bits.
  const words = new Uint32Array(row.buffer, row.byteOffset, row.length);
  words.forEach((word, at) => view.setUint32(4 * at, word, true));
  return sha256(bytes);
}

/** @throws {RangeError} if there is no leaf */
export function merkleTree(leaves: readonly Uint8Array[]): MerkleTree {
  if (leaves.length === 0) throw new RangeError("a Merkle tree has one leaf at least, got none");
  const nodes = [...leaves];
  let [offset, count] = [0, leaves.length];
  while (count > 1) {
    for (let at = 0; at < count; at += 2) {
      const left = nodes[offset + at];
      nodes.push(parent(left, at + 1 < count ? nodes[offset + at + 1] : left));
    }
    offset += count;
    count = Math.ceil(count / 2);
  }
  return { leafCount: leaves.length, nodes };
}

/** The last node. */
export function merkleRoot({ nodes }: MerkleTree): Uint8Array {
  return nodes[nodes.length - 1];
}

/**
 * The siblings on the way from a leaf to the root; a node without one is its own.
 * @throws {RangeError} if there is no such leaf
 */
export function merkleProof({ leafCount, nodes }: MerkleTree, index: number): Uint8Array[] {
  if (!Number.isInteger(index) || index < 0 || index >= leafCount) {
    throw new RangeError(`the tree has leaves 0 to ${leafCount - 1}, got ${index}`);
  }
  const proof: Uint8Array[] = [];
  let [at, offset, count] = [index, 0, leafCount];
  while (count > 1) {
    const sibling = at ^ 1;
    proof.push(nodes[offset + (sibling < count ? sibling : at)]);
    offset += count;
    at >>= 1;
    count = Math.ceil(count / 2);
  }
  return proof;
}

/** Siblings from a leaf to the root of a tree of so many leaves. */
export function merkleDepth(leafCount: number): number {
  return 32 - Math.clz32(leafCount - 1);
}

/**
 * Whether a leaf is the `index`th of the tree of `leafCount` leaves with this root. Unlike the
 * published check, a path of another length than the tree's is wrong, and so is an index outside.
 */
export function verifyMerkleProof(
  leaf: Uint8Array,
  proof: readonly Uint8Array[],
  root: Uint8Array,
  index: number,
  leafCount: number,
): boolean {
  if (!Number.isInteger(index) || index < 0 || index >= leafCount) return false;
  if (proof.length !== merkleDepth(leafCount)) return false;
  if (proof.some((node) => node.length !== NODE_BYTES)) return false;
  let [node, at] = [leaf, index];
  for (const sibling of proof) {
    node = at % 2 === 0 ? parent(node, sibling) : parent(sibling, node);
    at >>= 1;
  }
  return node.length === root.length && node.every((byte, i) => byte === root[i]);
}

function parent(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(concatBytes(left, right));
}

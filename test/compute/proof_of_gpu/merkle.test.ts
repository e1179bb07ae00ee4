/**
 * The tree over a product's rows.
 *
 * @module
 */

import { test } from "#test";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, hexToBytes } from "@noble/hashes/utils.js";
import { assert } from "chai";
import {
  hashRow,
  merkleProof,
  merkleRoot,
  merkleTree,
  verifyMerkleProof,
} from "../../../core/compute/proof_of_gpu/merkle.ts";
import { LEAVES, PRODUCT_BITS, ROOTS, rowOfBits } from "./vectors.ts";

const LEAF_BYTES = LEAVES.map((leaf) => hexToBytes(leaf));

/** So many different leaves. */
function leaves(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => sha256(Uint8Array.of(i, i >> 8)));
}

test("hashRow() gives the published leaves", () => {
  assert.deepEqual(PRODUCT_BITS.map((row) => bytesToHex(hashRow(rowOfBits(row)))), LEAVES);
});

test("hashRow() takes a view into a longer buffer", () => {
  const joined = rowOfBits(PRODUCT_BITS.flat());
  assert.equal(bytesToHex(hashRow(joined.subarray(4, 8))), LEAVES[1]);
});

test("merkleRoot() gives the published root of four rows", () => {
  assert.equal(bytesToHex(merkleRoot(merkleTree(LEAF_BYTES))), ROOTS.four);
});

test("merkleRoot() gives the published root of three rows, the last of which has no sibling", () => {
  assert.equal(bytesToHex(merkleRoot(merkleTree(LEAF_BYTES.slice(0, 3)))), ROOTS.three);
});

test("merkleTree() has the leaves first, then level by level, the root last", () => {
  const { nodes } = merkleTree(LEAF_BYTES.slice(0, 3));
  const [a, b, c] = LEAF_BYTES;
  const left = sha256(concatBytes(a, b));
  const right = sha256(concatBytes(c, c));
  assert.deepEqual(nodes, [a, b, c, left, right, sha256(concatBytes(left, right))]);
});

test("the root of one leaf is the leaf, and its proof is empty", () => {
  const [leaf] = LEAF_BYTES;
  const tree = merkleTree([leaf]);
  assert.deepEqual([merkleRoot(tree), merkleProof(tree, 0)], [leaf, []]);
  assert.isTrue(verifyMerkleProof(leaf, [], leaf, 0, 1));
});

test("a tree of no leaf is refused", () => {
  assert.throws(() => merkleTree([]), RangeError, "one leaf at least");
});

test("every proof of trees of 1 to 33 leaves holds", () => {
  for (let count = 1; count <= 33; count++) {
    const all = leaves(count);
    const tree = merkleTree(all);
    all.forEach((leaf, i) => {
      const proof = merkleProof(tree, i);
      assert.isTrue(verifyMerkleProof(leaf, proof, merkleRoot(tree), i, count), `${i} of ${count}`);
    });
  }
});

test("merkleProof() refuses an index outside of the tree", () => {
  const tree = merkleTree(leaves(5));
  for (const index of [-1, 5, 1.5, NaN]) {
    assert.throws(() => merkleProof(tree, index), RangeError, "0 to 4");
  }
});

test("verifyMerkleProof() refuses a proof with one bit changed, wherever it is", () => {
  const all = leaves(7);
  const tree = merkleTree(all);
  merkleProof(tree, 6).forEach((_, at) => {
    const proof = merkleProof(tree, 6).map((node) => node.slice());
    proof[at][31] ^= 1;
    assert.isFalse(verifyMerkleProof(all[6], proof, merkleRoot(tree), 6, 7), `node ${at}`);
  });
});

test("verifyMerkleProof() refuses another leaf's index", () => {
  const all = leaves(8);
  const tree = merkleTree(all);
  for (let index = 0; index < 8; index++) {
    if (index === 3) continue;
    const holds = verifyMerkleProof(all[3], merkleProof(tree, 3), merkleRoot(tree), index, 8);
    assert.isFalse(holds, `as leaf ${index}`);
  }
});

test("verifyMerkleProof() refuses an inner node as a leaf, which a short path would allow", () => {
  const tree = merkleTree(leaves(8));
  const inner = tree.nodes[8];
  const path = merkleProof(tree, 0).slice(1);
  assert.isFalse(verifyMerkleProof(inner, path, merkleRoot(tree), 0, 8));
});

test("verifyMerkleProof() refuses an index past the last leaf, where the odd one is doubled", () => {
  const all = leaves(5);
  const tree = merkleTree(all);
  assert.isFalse(verifyMerkleProof(all[4], merkleProof(tree, 4), merkleRoot(tree), 5, 5));
});

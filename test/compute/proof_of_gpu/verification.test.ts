/**
 * The validator's checks, on proofs made on the host.
 *
 * @module
 */

import { test } from "#test";
import { bytesToHex } from "@noble/hashes/utils.js";
import { assert } from "chai";
import { validatorProduct } from "../../../core/compute/proof_of_gpu/generator.ts";
import {
  hashRow,
  merkleProof,
  merkleRoot,
  merkleTree,
} from "../../../core/compute/proof_of_gpu/merkle.ts";
import {
  parseProofReply,
  type ProofReply,
  proofReplyText,
} from "../../../core/compute/proof_of_gpu/proof_reply.ts";
import type { ProofClaim } from "../../../core/compute/proof_of_gpu/published_lines.ts";
import {
  enoughPass,
  isClose,
  isInTime,
  type ProofTask,
  requiredPasses,
  verifyReply,
} from "../../../core/compute/proof_of_gpu/verification.ts";
import { WeftError } from "../../../core/errors.ts";
import { PRODUCT_BITS, ROOTS, rowOfBits, SEEDS } from "./vectors.ts";

const ROWS = PRODUCT_BITS.map(rowOfBits);
const TREE = merkleTree(ROWS.map(hashRow));
const TASK: ProofTask = { n: 4, seeds: SEEDS, root: ROOTS.four, indices: [[2, 1], [3, 3]] };

function honestReply(): ProofReply {
  return {
    indices: [[2, 1], [3, 3]],
    rows: [ROWS[2].slice(), ROWS[3].slice()],
    proofs: [2, 3].map((i) => merkleProof(TREE, i).map((node) => node.slice())),
  };
}

/** A root over rows of which one was changed. */
function rootOf(change: (rows: Float32Array[]) => void): { root: string; reply: ProofReply } {
  const rows = ROWS.map((row) => row.slice());
  change(rows);
  const tree = merkleTree(rows.map(hashRow));
  return {
    root: bytesToHex(merkleRoot(tree)),
    reply: {
      indices: TASK.indices,
      rows: [rows[2], rows[3]],
      proofs: [2, 3].map((i) => merkleProof(tree, i)),
    },
  };
}

test("the published product passes", () => {
  assert.isUndefined(verifyReply(TASK, honestReply()));
});

test("a row with one bit changed fails, even where the asked value is right", () => {
  const reply = honestReply();
  reply.rows[0][3] = Math.fround(reply.rows[0][3] * (1 + 2 ** -23));
  assert.equal(verifyReply(TASK, reply), "wrong path of row 2");
});

test("a wrong value fails, even under a root that was made of it", () => {
  const { root, reply } = rootOf((rows) => rows[3][3] *= 1.0001);
  assert.equal(verifyReply({ ...TASK, root }, reply), "wrong value at (3, 3)");
});

test("a value that is not a number fails, under a root that was made of it", () => {
  const { root, reply } = rootOf((rows) => rows[2][1] = NaN);
  assert.equal(verifyReply({ ...TASK, root }, reply), "wrong value at (2, 1)");
});

test("another summation's roundings pass, under a root that was made of them", () => {
  const { root, reply } = rootOf((rows) => rows[2][1] = Math.fround(rows[2][1] * (1 + 2e-7)));
  assert.isUndefined(verifyReply({ ...TASK, root }, reply));
});

test("a path with one bit changed fails", () => {
  const reply = honestReply();
  reply.proofs[1][0][0] ^= 0x80;
  assert.equal(verifyReply(TASK, reply), "wrong path of row 3");
});

test("a path that is too long or too short fails", () => {
  for (const length of [0, 1, 3]) {
    const reply = honestReply();
    const path = [...reply.proofs[0], new Uint8Array(32)].slice(0, length);
    const changed = { ...reply, proofs: [path, reply.proofs[1]] };
    assert.equal(verifyReply(TASK, changed), "wrong path of row 2", `of ${length}`);
  }
});

test("a product of another n fails", () => {
  const longer = Float32Array.of(...ROWS[2], 1);
  assert.equal(
    verifyReply(TASK, { ...honestReply(), rows: [longer, ROWS[3]] }),
    "row 2 has 5 values, expected 4",
  );
  assert.match(verifyReply({ ...TASK, n: 5 }, honestReply()) ?? "", /has 4 values, expected 5/);
});

test("a true row of another place fails", () => {
  const swapped = honestReply();
  const changed = { ...swapped, rows: [swapped.rows[1], swapped.rows[0]] };
  assert.equal(verifyReply(TASK, changed), "wrong value at (2, 1)");
});

test("an answer to other places fails", () => {
  assert.equal(verifyReply(TASK, { ...honestReply(), indices: [[2, 2], [3, 3]] }), "other places");
});

test("an answer without a row, a path or a place fails", () => {
  const { indices, rows, proofs } = honestReply();
  const replies = [
    { indices, rows: rows.slice(1), proofs },
    { indices, rows, proofs: proofs.slice(1) },
    { indices: indices.slice(1), rows, proofs },
    { indices: [], rows: [], proofs: [] },
  ];
  for (const reply of replies) assert.isString(verifyReply(TASK, reply));
});

test("other seeds fail", () => {
  assert.equal(
    verifyReply({ ...TASK, seeds: { ...SEEDS, b: SEEDS.b + 1n } }, honestReply()),
    "wrong value at (2, 1)",
  );
});

test("isClose() has numpy's edges: 1e-5 and 1e-5 of the expected value", () => {
  assert.isTrue(isClose(0.9e-5, 0));
  assert.isFalse(isClose(1.1e-5, 0));
  assert.isTrue(isClose(1000.0099, 1000));
  assert.isFalse(isClose(1000.0102, 1000));
  assert.isFalse(isClose(NaN, 0));
  assert.isFalse(isClose(Infinity, 1));
});

test("requiredPasses() is all up to three, three of four, then three quarters rounded up", () => {
  assert.deepEqual([1, 2, 3, 4, 5, 6, 8].map(requiredPasses), [1, 2, 3, 3, 4, 5, 6]);
});

test("enoughPass() counts, and no GPU is not enough", () => {
  assert.isTrue(enoughPass([true, false, true, true]));
  assert.isFalse(enoughPass([true, false, false, true]));
  assert.isFalse(enoughPass([true, false]));
  assert.isFalse(enoughPass([]));
});

test("isInTime() wants both the wall time and the mean product below the benchmark's", () => {
  const claims = [1, 3].map((multiplication_time, gpu): ProofClaim => ({
    gpu,
    root: ROOTS.four,
    timings: {
      ...{ generation_time: 0, n: 4, transfer_back_time: 0, merkle_tree_time: 0 },
      multiplication_time,
    },
  }));
  assert.isTrue(isInTime(claims, 9.1, 2.1));
  assert.isFalse(isInTime(claims, 9.3, 2.1), "wall");
  assert.isFalse(isInTime(claims, 1, 2), "mean");
  assert.isFalse(isInTime([], 1, 2), "none");
});

test("parseProofReply() reads what proofReplyText() writes", () => {
  assert.deepEqual(parseProofReply(proofReplyText(honestReply())), honestReply());
});

for (
  const [what, text] of [
    ["no JSON", "rows"],
    ["a list", "[]"],
    ["a row of half a value", '{"indices":[[0,0]],"rows":["0000"],"proofs":[[]]}'],
    ["an empty row", '{"indices":[[0,0]],"rows":[""],"proofs":[[]]}'],
    ["a short node", '{"indices":[[0,0]],"rows":["00000000"],"proofs":[["00"]]}'],
    ["a negative place", '{"indices":[[-1,0]],"rows":["00000000"],"proofs":[[]]}'],
  ]
) {
  test(`parseProofReply() refuses ${what}`, () => {
    assert.throws(() => parseProofReply(text), WeftError, "cannot be read");
  });
}

test("validatorProduct() gives the published values, up to an ulp", () => {
  PRODUCT_BITS.forEach((row, i) =>
    rowOfBits(row).forEach((value, j) =>
      assert.closeTo(validatorProduct(SEEDS, 4, i, j), value, value * 2 ** -23)
    )
  );
});

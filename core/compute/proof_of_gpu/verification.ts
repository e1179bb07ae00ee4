/**
 * The validator's side of the proof of GPU.
 *
 * Source: neuralinternet/compute-subnet v1.8.3, `verify_responses` of `neurons/Validator/pog.py` and the
 * timing rule of `test_miner_gpu` of `neurons/validator.py`. Ours is stricter where upstream would
 * let nonsense pass: a row has n values, a path the tree's depth, and both are there for each place.
 *
 * @module
 */

import { hexToBytes } from "@noble/hashes/utils.js";
import { type ProofSeeds, validatorProduct } from "./generator.ts";
import { hashRow, verifyMerkleProof } from "./merkle.ts";
import type { ProofReply } from "./proof_reply.ts";
import type { ProofIndex } from "./published_files.ts";
import type { ProofClaim } from "./published_lines.ts";

/** `numpy.isclose`: absolute, and relative to the validator's value. */
const TOLERANCE = { absolute: 1e-5, relative: 1e-5 };
/** Seconds a machine may take beyond its GPUs' benchmark times. */
const WALL_TOLERANCE_SECONDS = 5;

/** What a validator asked of one GPU, and the root that came back before the places were named. */
export interface ProofTask {
  readonly n: number;
  readonly seeds: ProofSeeds;
  /** In hex. */
  readonly root: string;
  readonly indices: readonly ProofIndex[];
}

/** Why a reply fails, in a few words; undefined if it proves the root. */
export function verifyReply(task: ProofTask, reply: ProofReply): string | undefined {
  const { indices } = task;
  if (reply.rows.length !== indices.length || reply.proofs.length !== indices.length) {
    return `${reply.rows.length} rows and ${reply.proofs.length} paths for ${indices.length} places`;
  }
  const differs = ([i, j]: ProofIndex, at: number): boolean =>
    reply.indices[at]?.[0] !== i || reply.indices[at]?.[1] !== j;
  if (reply.indices.length !== indices.length || indices.some(differs)) return "other places";
  for (const [at, index] of indices.entries()) {
    const fault = faultOf(task, index, reply.rows[at], reply.proofs[at]);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function faultOf(
  { n, seeds, root }: ProofTask,
  [i, j]: ProofIndex,
  row: Float32Array,
  path: readonly Uint8Array[],
): string | undefined {
  if (row.length !== n) return `row ${i} has ${row.length} values, expected ${n}`;
  if (!isClose(row[j], validatorProduct(seeds, n, i, j))) return `wrong value at (${i}, ${j})`;
  const isInTree = verifyMerkleProof(hashRow(row), path, hexToBytes(root), i, n);
  return isInTree ? undefined : `wrong path of row ${i}`;
}

/** Whether a value is the validator's; NaN is not, nor a place outside a row. */
export function isClose(value: number, expected: number): boolean {
  return Math.abs(value - expected) <=
    TOLERANCE.absolute + TOLERANCE.relative * Math.abs(expected);
}

/** How many of a machine's GPUs must pass. */
export function requiredPasses(gpuCount: number): number {
  if (gpuCount === 4) return 3;
  return gpuCount > 4 ? Math.ceil(0.75 * gpuCount) : gpuCount;
}

/** Whether a machine passes, by the GPUs' results. A machine without GPUs does not. */
export function enoughPass(passed: readonly boolean[]): boolean {
  return passed.length > 0 && passed.filter(Boolean).length >= requiredPasses(passed.length);
}

/**
 * Whether the products came in time.
 * @param wallSeconds from the request to its answer, on the validator's clock
 * @param fp32Seconds of the same machine's benchmark, whose product is the larger one
 */
export function isInTime(
  claims: readonly ProofClaim[],
  wallSeconds: number,
  fp32Seconds: number,
): boolean {
  if (claims.length === 0) return false;
  const total = claims.reduce((sum, { timings }) => sum + timings.multiplication_time, 0);
  return wallSeconds < WALL_TOLERANCE_SECONDS + claims.length * fp32Seconds &&
    total / claims.length < fp32Seconds;
}

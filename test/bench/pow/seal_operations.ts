/**
 * How many integer operations a seal needs: counted in the graph of the computation up to the word
 * that kernels compare, with constants folded and without what is the same for all nonces of a batch.
 *
 * @module
 */
import { keccak256Block, keccakPermute } from "../../../core/hash/keccak_graph.ts";
import type { SealEndianness } from "../../../core/formats/registration_seal.ts";
import { SHA256_IV } from "../../../core/hash/sha256.ts";
import { sha256Compress } from "../../../core/hash/sha256_graph.ts";
import {
  Dataflow,
  type Operation,
  programFor,
  type Value,
} from "../../../core/hash/wasm/dataflow.ts";
import { type OperationCount, operations32 } from "../../../core/hash/wasm/operation_count.ts";

/** Operations of both hashes. */
export interface SealOperations {
  readonly sha256: OperationCount;
  readonly keccak: OperationCount;
}

/** Words of the message that SHA-256 is given: the nonce's low half, its high half, the bound hash. */
const FIXED_WORDS = 9;
const MESSAGE_BITS = 320n;

/**
 * Counts. Not counted are the bytes' change of order between the hashes, and the complement in
 * Keccak's and-not, which processors have as one instruction.
 */
export function countSealOperations(endianness: SealEndianness): SealOperations {
  return { sha256: countSha256(), keccak: countKeccak(endianness === "little" ? 3 : 0) };
}

/** The sum in 32-bit operations; one on 64-bit words counts as two. */
export function sealOperations32({ sha256, keccak }: SealOperations): number {
  return operations32(sha256) + operations32(keccak);
}

function countSha256(): OperationCount {
  const flow = new Dataflow(32);
  const padding = [0x80000000n, 0n, 0n, 0n, 0n, MESSAGE_BITS].map(flow.constant);
  const fixed = Array.from({ length: FIXED_WORDS }, (_, index) => flow.input(index));
  const start = SHA256_IV.map((word) => flow.constant(BigInt(word)));
  const digest = sha256Compress(flow, start, [flow.entry(), ...fixed, ...padding]);
  return countValues(32, programFor(digest).varying);
}

/** @param lane the one that has the word */
function countKeccak(lane: number): OperationCount {
  const flow = new Dataflow(64);
  // The graph knows one value that varies; these four of it stand for the digest.
  const digest = [1, 2, 3, 4].map((bits) => flow.rotateRight(flow.entry(), bits));
  const state = keccakPermute(flow, keccak256Block(flow, digest));
  const { varying } = programFor([state[lane]]);
  return countValues(64, varying.filter((value) => !digest.includes(value)));
}

function countValues(wordBits: 32 | 64, values: readonly Value[]): OperationCount {
  const counted = values.filter((value) => !isComplement(value, wordBits));
  const count = (...kinds: readonly Operation[]): number =>
    counted.filter((value) => kinds.some((kind) => kind === value.kind)).length;
  return {
    wordBits,
    additions: count("add"),
    logic: count("xor", "and"),
    rotations: count("rotateRight", "shiftRight"),
  };
}

function isComplement(value: Value, wordBits: 32 | 64): boolean {
  const ones = 2n ** BigInt(wordBits) - 1n;
  return value.kind === "xor" &&
    value.operands.some((operand) => operand.kind === "constant" && operand.bits === ones);
}

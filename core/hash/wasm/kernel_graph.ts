/**
 * What a kernel computes for a candidate: the word of its hash that is compared with the target's.
 *
 * @module
 */
import { blake2bRounds } from "../blake2b_graph.ts";
import type { Algorithm } from "../modes.ts";
import type { SearchPlan } from "../search_plan.ts";
import { SHA256_IV } from "../sha256.ts";
import { sha256Compress } from "../sha256_graph.ts";
import { Dataflow, type Value } from "./dataflow.ts";

/** What kernels differ in. Words are the algorithm's, of 64 or of 32 bits. */
export interface KernelShape {
  readonly algorithm: Algorithm;
  /** Words of the message that may be other than zero. */
  readonly usedWords: readonly number[];
  /** The one that the inner table varies. */
  readonly innerWord: number;
  /** Words of the message with its padding: one block, or two of SHA-256. */
  readonly messageWords: number;
}

/** A kernel's computation. */
export interface KernelGraph {
  readonly width: 32 | 64;
  readonly result: Value;
  /** What the result is compared with. */
  readonly target: Value;
}

/** Inputs that follow the at most 32 words of the message. */
export const INPUT = { messageBytes: 32, target: 33, end: 34 } as const;

/** Bits of an algorithm's words. */
export function wordWidth(algorithm: Algorithm): 32 | 64 {
  return algorithm === "blake2b" ? 64 : 32;
}

/** The shape of the kernels for a plan. */
export function shapeOf(plan: SearchPlan): KernelShape {
  const { algorithm, messageBytes, innerWord, message } = plan;
  const perWord = wordWidth(algorithm) / 32;
  const messageWords = message.length / perWord;
  // SHA-256 has one more byte of content, and the length in the last word.
  const contentBytes = algorithm === "sha256" ? messageBytes + 1 : messageBytes;
  const content = Math.ceil(contentBytes / (4 * perWord));
  return {
    algorithm,
    usedWords: [...Array(messageWords).keys()].filter((index) =>
      index < content || (algorithm === "sha256" && index === messageWords - 1)
    ),
    innerWord: Math.floor(innerWord / perWord),
    messageWords,
  };
}

/** The computation of kernels of a shape. */
export function graphFor(shape: KernelShape): KernelGraph {
  const width = wordWidth(shape.algorithm);
  const flow = new Dataflow(width);
  const message = Array.from({ length: shape.messageWords }, (_, index) => {
    if (!shape.usedWords.includes(index)) return flow.constant(0n);
    const word = flow.input(index);
    return index === shape.innerWord ? flow.sum(word, flow.entry()) : word;
  });
  const result = shape.algorithm === "blake2b"
    ? blake2bResult(flow, message)
    : sha256Result(flow, message);
  return { width, result, target: flow.input(INPUT.target) };
}

/** The low half of `v[0] ^ v[8]`. */
function blake2bResult(flow: Dataflow, message: readonly Value[]): Value {
  const v = blake2bRounds(flow, message, flow.input(INPUT.messageBytes));
  return flow.and(flow.xor(v[0], v[8]), flow.constant(0xffffffffn));
}

/** The last word of the digest. */
function sha256Result(flow: Dataflow, message: readonly Value[]): Value {
  let hash = SHA256_IV.map((word) => flow.constant(BigInt(word)));
  for (let at = 0; at < message.length; at += 16) {
    hash = sha256Compress(flow, hash, message.slice(at, at + 16));
  }
  return hash[7];
}

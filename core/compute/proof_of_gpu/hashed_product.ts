/**
 * One product of a proof of GPU: generated, multiplied and hashed on the GPU. The product itself is
 * not kept: a row that is asked for later is computed again, by the same kernel in the same order,
 * and so has the same bits.
 *
 * @module
 */

import compressSource from "../../../shaders/sha256_compress.wgsl" with { type: "text" };
import rowsSource from "../../../shaders/proof_rows.wgsl" with { type: "text" };
import type { Gpu } from "../../gpu/gpu.ts";
import { type Dispatch, read, readWrite } from "../../gpu/kernel.ts";
import { runOnce } from "../../gpu/program.ts";
import type { Clock } from "../../host.ts";
import { type ProofSeeds, seedWord } from "./generator.ts";
import { type MerkleTree, merkleTree, NODE_BYTES } from "./merkle.ts";
import {
  bandsOf,
  createPart,
  freeParts,
  generateValues,
  multiplyRows,
  type Operands,
  type Part,
  type RowRange,
  vectorLength,
  warmUpProduct,
} from "./product.ts";
import type { ProofTimings } from "./published_lines.ts";

const HASH_KERNEL = { name: "proof_rows", source: [compressSource, rowsSource].join("\n") };
/** Few rows are hashed at once, so small workgroups spread them over more of a GPU. */
const HASH_WORKGROUP = 32;

/** Where a product is computed. */
export interface ProofDevice {
  readonly gpu: Gpu;
  readonly clock: Pick<Clock, "nowMs">;
}

/** The tree over a product's rows, and how long it took. */
export interface HashedProduct {
  readonly tree: MerkleTree;
  readonly timings: ProofTimings;
}

type Seconds = Omit<{ -readonly [name in keyof ProofTimings]: number }, "n">;

/**
 * Computes A · B of n × n and hashes its rows.
 * @param signal ends it early, with its reason as the error
 * @throws {WeftError} if n is too large for the adapter
 */
export async function hashProduct(
  device: ProofDevice,
  n: number,
  seeds: ProofSeeds,
  signal?: AbortSignal,
): Promise<HashedProduct> {
  const { gpu } = device;
  const bands = bandsOf(gpu, n);
  const seconds: Seconds = {
    generation_time: 0,
    multiplication_time: 0,
    transfer_back_time: 0,
    merkle_tree_time: 0,
  };
  const timed = async <Result>(step: keyof Seconds, work: () => Promise<Result>) => {
    const startMs = device.clock.nowMs();
    const result = await work();
    seconds[step] += (device.clock.nowMs() - startMs) / 1000;
    return result;
  };
  const parts: Part[] = [];
  try {
    const operands = await timed("generation_time", () => generateOperands(gpu, n, seeds, parts));
    const rows = createPart(gpu, "rows of a proof", 4 * n * bands[0].rows);
    parts.push(rows);
    const hashes = createPart(gpu, "hashes of a proof", NODE_BYTES * bands[0].rows);
    parts.push(hashes);
    await warmUpProduct(gpu, operands, rows);
    const leaves: Uint8Array[] = [];
    for (const band of bands) {
      await timed("multiplication_time", () => multiplyRows(gpu, operands, band, rows, signal));
      await timed("merkle_tree_time", () => hashRows(gpu, n, band, rows, hashes));
      leaves.push(...await timed("transfer_back_time", () => readHashes(gpu, band, hashes)));
    }
    const tree = await timed("merkle_tree_time", () => Promise.resolve(merkleTree(leaves)));
    return { tree, timings: { ...seconds, n } };
  } finally {
    freeParts(gpu, parts);
  }
}

/** Computes some rows of a product again. */
export async function productRows(
  { gpu }: ProofDevice,
  n: number,
  seeds: ProofSeeds,
  wanted: readonly number[],
  signal?: AbortSignal,
): Promise<Float32Array[]> {
  const parts: Part[] = [];
  try {
    const operands = await generateOperands(gpu, n, seeds, parts);
    const out = createPart(gpu, "row of a proof", 4 * n);
    parts.push(out);
    const rows: Float32Array[] = [];
    for (const firstRow of wanted) {
      await multiplyRows(gpu, operands, { firstRow, rows: 1 }, out, signal);
      const [bytes] = await gpu.readback.read([{ ...out, sizeBytes: 4 * n }]);
      rows.push(new Float32Array(bytes.buffer, bytes.byteOffset, n));
    }
    return rows;
  } finally {
    freeParts(gpu, parts);
  }
}

async function generateOperands(
  gpu: Gpu,
  n: number,
  { a, b }: ProofSeeds,
  parts: Part[],
): Promise<Operands> {
  const make = async (label: string, seed: bigint): Promise<Part> => {
    const values = { count: vectorLength(n), element: "f32", normal: false } as const;
    const part = await generateValues(gpu, label, { ...values, seed: seedWord(seed) });
    parts.push(part);
    return part;
  };
  const first = await make("A of a proof", a);
  return { n, element: "f32", side: undefined, a: first, b: await make("B of a proof", b) };
}

async function hashRows(
  gpu: Gpu,
  n: number,
  { rows: count }: RowRange,
  rows: Part,
  hashes: Part,
): Promise<void> {
  const dispatch: Dispatch = {
    kernel: HASH_KERNEL,
    label: "hashes of a proof's rows",
    constants: { WORKGROUP: HASH_WORKGROUP },
    bindings: [read(rows), readWrite(hashes)],
    params: [count, n],
    grid: [Math.ceil(count / HASH_WORKGROUP), 1, 1],
    flops: 0,
    bytes: 4 * n * count,
  };
  await runOnce(gpu, dispatch.label, [dispatch]);
}

async function readHashes(gpu: Gpu, { rows }: RowRange, hashes: Part): Promise<Uint8Array[]> {
  const [bytes] = await gpu.readback.read([{ ...hashes, sizeBytes: NODE_BYTES * rows }]);
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const digests = new DataView(new ArrayBuffer(bytes.length));
  words.forEach((word, at) => digests.setUint32(4 * at, word));
  return Array.from(
    { length: rows },
    (_, row) => new Uint8Array(digests.buffer, NODE_BYTES * row, NODE_BYTES),
  );
}

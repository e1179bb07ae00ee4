/**
 * The proof of GPU as a miner gives it: the four modes of the published script, on WebGPU.
 *
 * Source: neuralinternet/compute-subnet v1.8.3, `neurons/Validator/miner_script_m_merkletree.py`. There a
 * validator runs the script over SSH; here it is a part of the node, and answers are sent. All
 * n³ products are really multiplied, although the matrices' structure would allow a shortcut of n²:
 * what is to be proved is arithmetic.
 *
 * @module
 */

import { bytesToHex } from "@noble/hashes/utils.js";
import { UsageError } from "../../errors.ts";
import { benchmarkGpu } from "./benchmark.ts";
import type { ProofSeeds } from "./generator.ts";
import { hashProduct, productRows, type ProofDevice } from "./hashed_product.ts";
import { merkleProof, merkleRoot, type MerkleTree } from "./merkle.ts";
import type { ProofReply } from "./proof_reply.ts";
import { parseIndices, parseSeeds } from "./published_files.ts";
import type { BenchmarkResult, ProofClaim } from "./published_lines.ts";

/** A node has one WebGPU device, which is its first. */
const GPU = 0;

/** What `gpu_info` tells. */
export interface ProofGpuInfo {
  readonly num_gpus: number;
  readonly gpu_names: readonly string[];
}

/** A computed product that rows may be asked of. */
interface Computed {
  readonly n: number;
  readonly seeds: ProofSeeds;
  readonly tree: MerkleTree;
}

/** A miner's side of the proof; one call at a time. */
export interface ProofOfGpu {
  /** Mode `gpu_info`; `gpuInfoText` prints it. */
  gpuInfo(): ProofGpuInfo;
  /** Mode `benchmark`; `benchmarkLine` prints it. @throws {UsageError} for an unusable `vramGb` */
  benchmark(vramGb: number, signal?: AbortSignal): Promise<BenchmarkResult>;
  /**
   * Mode `compute`; `computeLines` prints it.
   * @param seedsText of `seeds.txt`, for GPU 0 alone
   * @throws {UsageError} if it cannot be read, or is for other GPUs
   */
  compute(seedsText: string, signal?: AbortSignal): Promise<ProofClaim[]>;
  /**
   * Mode `proof`: rows of the product last computed; `proofReplyText` writes it.
   * @param indicesText of `challenge_indices.txt`, for GPU 0 alone
   * @throws {UsageError} if it cannot be read, is for other GPUs, or nothing was computed before
   */
  prove(indicesText: string, signal?: AbortSignal): Promise<ProofReply>;
}

/** A proof on a device, which it does not close, and of which it holds nothing between calls. */
export function proofOfGpu(device: ProofDevice): ProofOfGpu {
  let computed: Computed | undefined;
  return {
    gpuInfo: () => ({ num_gpus: 1, gpu_names: [device.gpu.adapterName] }),
    benchmark: (vramGb, signal) => benchmarkGpu(device, vramGb, signal),
    async compute(seedsText, signal): Promise<ProofClaim[]> {
      const { n, seeds: byGpu } = parseSeeds(seedsText);
      const seeds = ofThisGpu(byGpu, "seeds.txt");
      computed = undefined;
      const { tree, timings } = await hashProduct(device, n, seeds, signal);
      computed = { n, seeds, tree };
      return [{ gpu: GPU, root: bytesToHex(merkleRoot(tree)), timings }];
    },
    async prove(indicesText, signal): Promise<ProofReply> {
      if (!computed) {
        throw new UsageError("no product was computed, expected mode compute before mode proof");
      }
      return await proveRows(device, computed, indicesText, signal);
    },
  };
}

async function proveRows(
  device: ProofDevice,
  { n, seeds, tree }: Computed,
  indicesText: string,
  signal?: AbortSignal,
): Promise<ProofReply> {
  const indices = ofThisGpu(parseIndices(indicesText, n), "challenge_indices.txt");
  const wanted = indices.map(([i]) => i);
  return {
    indices,
    rows: await productRows(device, n, seeds, wanted, signal),
    proofs: wanted.map((i) => merkleProof(tree, i)),
  };
}

function ofThisGpu<Entry>(byGpu: ReadonlyMap<number, Entry>, file: string): Entry {
  const entry = byGpu.get(GPU);
  if (entry !== undefined && byGpu.size === 1) return entry;
  throw new UsageError(
    `${file} is for GPUs ${[...byGpu.keys()].join(", ")}, expected GPU ${GPU} alone`,
  );
}

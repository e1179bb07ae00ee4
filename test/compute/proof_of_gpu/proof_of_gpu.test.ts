/**
 * A miner's proof from the validator's files to the validator's verdict.
 *
 * @module
 */

import { test } from "#test";
import { bytesToHex } from "@noble/hashes/utils.js";
import { assert } from "chai";
import { hashRow, merkleRoot, merkleTree } from "../../../core/compute/proof_of_gpu/merkle.ts";
import { hashProduct, productRows } from "../../../core/compute/proof_of_gpu/hashed_product.ts";
import { proofOfGpu } from "../../../core/compute/proof_of_gpu/proof_of_gpu.ts";
import { parseProofReply, proofReplyText } from "../../../core/compute/proof_of_gpu/proof_reply.ts";
import {
  indicesFile,
  type ProofIndex,
  seedsFile,
} from "../../../core/compute/proof_of_gpu/published_files.ts";
import {
  benchmarkLine,
  computeLines,
  parseBenchmarkLine,
  parseComputeLines,
} from "../../../core/compute/proof_of_gpu/published_lines.ts";
import { verifyReply } from "../../../core/compute/proof_of_gpu/verification.ts";
import { UsageError } from "../../../core/errors.ts";
import { rejection } from "../../gpu/dispatch.ts";
import { openSharedGpu } from "../../model/shared.ts";
import { LAST_SEED, SEEDS } from "./vectors.ts";

const gpu = await openSharedGpu();
/** 64 rows of 257 values fit, 128 do not. */
const bandGpu = await openSharedGpu(68 * 1024);
const clock = { nowMs: (): number => performance.now() };
const device = { gpu, clock };
const EDGES = [{ a: 0n, b: 0n }, { a: LAST_SEED, b: LAST_SEED }, SEEDS];

for (const n of [1, 4, 33, 64, 257]) {
  for (const seeds of EDGES) {
    test(`a proof of ${n} x ${n} with seeds ${seeds.a} and ${seeds.b} is believed`, async () => {
      const proof = proofOfGpu(device);
      const seedsText = seedsFile({ n, seeds: new Map([[0, seeds]]) });
      const [claim] = parseComputeLines(computeLines(await proof.compute(seedsText)));
      const indices: ProofIndex[] = [[0, 0], [n - 1, n - 1], [n >> 1, 0]];
      const reply = await proof.prove(indicesFile(new Map([[0, indices]])));
      const sent = parseProofReply(proofReplyText(reply));
      assert.isUndefined(verifyReply({ n, seeds, root: claim.root, indices }, sent));
    });
  }
}

for (const n of [1, 13, 14, 33, 64]) {
  test(`the hashes of rows of ${n} values are those of @noble/hashes`, async () => {
    const { tree } = await hashProduct(device, n, SEEDS);
    const all = Array.from({ length: n }, (_, i) => i);
    const leaves = (await productRows(device, n, SEEDS, all)).map(hashRow);
    assert.deepEqual(
      tree.nodes.slice(0, n).map((leaf) => bytesToHex(leaf)),
      leaves.map(bytesToHex),
    );
    assert.equal(bytesToHex(merkleRoot(tree)), bytesToHex(merkleRoot(merkleTree(leaves))));
  });
}

test("the root does not depend on how many rows fit at once", async () => {
  const [whole, bands] = await Promise.all(
    [gpu, bandGpu].map((on) => hashProduct({ gpu: on, clock }, 257, SEEDS)),
  );
  assert.equal(bytesToHex(merkleRoot(bands.tree)), bytesToHex(merkleRoot(whole.tree)));
});

test("a proof for another n is not believed", async () => {
  const proof = proofOfGpu(device);
  const [{ root }] = await proof.compute(seedsFile({ n: 33, seeds: new Map([[0, SEEDS]]) }));
  const reply = await proof.prove("0 3,3");
  const task = { n: 64, seeds: SEEDS, root, indices: [[3, 3]] as const };
  assert.equal(verifyReply(task, reply), "row 3 has 33 values, expected 64");
});

test("timings name n and add up to no more than the time that passed", async () => {
  const startMs = clock.nowMs();
  const { timings } = await hashProduct(device, 33, SEEDS);
  const passed = (clock.nowMs() - startMs) / 1000;
  const { n, ...steps } = timings;
  assert.equal(n, 33);
  assert.isAtMost(Object.values(steps).reduce((sum, step) => sum + step, 0), passed);
});

test("places outside of the product are refused", async () => {
  const proof = proofOfGpu(device);
  await proof.compute("4\n0 1 2");
  assert.match((await rejection(proof.prove("0 4,0"))).message, /expected a row or column, 0 to 3/);
});

test("a proof before any product is refused", async () => {
  const error = await rejection(proofOfGpu(device).prove("0 0,0"));
  assert.instanceOf(error, UsageError);
  assert.match(error.message, /mode compute before mode proof/);
});

test("seeds and places of other GPUs are refused", async () => {
  const proof = proofOfGpu(device);
  assert.match((await rejection(proof.compute("4\n1 1 2"))).message, /expected GPU 0 alone/);
  const two = await rejection(proof.compute("4\n0 1 2\n1 1 2"));
  assert.match(two.message, /for GPUs 0, 1, expected GPU 0 alone/);
  await proof.compute("4\n0 1 2");
  assert.match((await rejection(proof.prove("1 0,0"))).message, /expected GPU 0 alone/);
});

test("a product that was ended early leaves nothing to prove, and no buffer", async () => {
  const proof = proofOfGpu(device);
  await proof.compute("33\n0 1 2");
  await proof.prove("0 0,0");
  const buffers = gpu.memory.buffers;
  const ended = await rejection(proof.compute("33\n0 1 2", AbortSignal.abort(new Error("enough"))));
  assert.equal(ended.message, "enough");
  assert.equal(gpu.memory.buffers, buffers);
  assert.match((await rejection(proof.prove("0 0,0"))).message, /no product was computed/);
});

test("the benchmark's sizes follow the memory, and its line can be read", async () => {
  // 2 MB: 512 x 512 in f16, 256 x 256 in f32, both powers of two.
  const result = await proofOfGpu(device).benchmark(2 ** 20 / 1e9);
  assert.deepEqual([result.fp16Size, result.fp32Size], [512, 256]);
  assert.equal(result.fp16Seconds !== undefined, gpu.features.has("shader-f16"));
  assert.equal(parseBenchmarkLine(benchmarkLine(result)).fp32Size, 256);
});

test("gpuInfo() names the adapter", () => {
  assert.deepEqual(proofOfGpu(device).gpuInfo(), { num_gpus: 1, gpu_names: [gpu.adapterName] });
});

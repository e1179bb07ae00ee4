/**
 * Results of a benchmark for tests.
 *
 * @module
 */

import type { Result } from "../../../web/bench/result.ts";

/** A result with a row of each kind, at a data centre card's rates. */
export function fullResult(): Result {
  return {
    version: 1,
    startedMs: 1_763_900_000_000,
    browser: "Chrome 147",
    ...{ cores: 16, rounds: 3 },
    adapter: { name: "nvidia hopper (H200)", isSoftware: false },
    bounds: { operationsPerSecond: 16.54e12, flopsPerSecond: 58.123456789e12 },
    hashes: [
      { mode: 610, length: 12, variant: "u32", perSecond: 8.05e9, share: 0.87654321 },
      { mode: 610, length: 8, variant: "wasm", perSecond: 2.2e9, share: null },
    ],
    products: [
      { label: "cube", M: 512, N: 512, K: 512, variant: "tiled", flopsPerSecond: 2e12 },
      { label: "qkv, dW", M: 4096, N: 64, K: 64, variant: "direct", flopsPerSecond: 9e12 },
    ],
    attention: [{
      ...{ B: 8, T: 512, NH: 8, NKV: 4, HD: 64 },
      ...{ forwardFlopsPerSecond: 5e12, backwardFlopsPerSecond: 4e12 },
    }],
    bandwidth: [
      { sizeBytes: 268435456, bytesPerSecond: 3.1e12 },
      { sizeBytes: 4194304, bytesPerSecond: 8.8e12 },
    ],
    step: {
      ...{ model: "base", batches: 2, batch: 8, seq: 512, steps: 10 },
      ...{ stepMs: 120.5, gpuMs: 118.25, tokensPerSecond: 68000 },
      ...{ flopsPerSecond: 12e12, matmulFlopsPerSecond: 21e12 },
      phases: { forward: 40, loss: 1, backward: 75, optimizer: 2 },
    },
  };
}

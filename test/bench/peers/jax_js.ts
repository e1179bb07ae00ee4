/**
 * jax-js as a peer: one `jit` of `matmul`, the transposes inside it, so they fuse into the kernel.
 *
 * @module
 */

import {
  blockUntilReady,
  defaultDevice,
  getWebGPUDevice,
  init,
  jit,
  numpy as np,
} from "@jax-js/jax";
import { WeftError } from "../../../core/errors.ts";
import manifest from "../../../package.json" with { type: "json" };
import {
  checkTimes,
  type MatmulPeer,
  operandDims,
  type PreparedProduct,
} from "../../../core/bench/train/product.ts";
import type { ProductShape } from "../../../core/bench/train/product.ts";

/** What the outputs of products queued at once may take on the GPU; beyond it `run` waits between. */
const LIVE_OUTPUT_BYTES = 2 ** 30;

/**
 * Starts jax-js on its WebGPU backend.
 *
 * @throws {WeftError} If jax-js finds no adapter.
 */
export async function loadJaxJs(): Promise<MatmulPeer> {
  const started = await init("webgpu");
  if (!started.includes("webgpu")) {
    throw new WeftError("jax-js found no WebGPU adapter; install a Vulkan driver");
  }
  defaultDevice("webgpu");
  const { vendor, description } = getWebGPUDevice().adapterInfo;
  return {
    name: "@jax-js/jax",
    version: manifest.devDependencies["@jax-js/jax"],
    adapter: description || vendor,
    prepare,
  };
}

async function prepare(
  shape: ProductShape,
  hostA: Float32Array,
  hostB: Float32Array,
): Promise<PreparedProduct> {
  const dims = operandDims(shape, hostA, hostB);
  const a = np.array(new Float32Array(hostA), { shape: dims.a });
  const b = np.array(new Float32Array(hostB), { shape: dims.b });
  const multiply = jit((left: np.Array, right: np.Array): np.Array =>
    np.matmul(
      shape.transposeA ? np.transpose(left) : left,
      shape.transposeB ? np.transpose(right) : right,
    )
  );
  const liveMax = Math.max(1, Math.floor(LIVE_OUTPUT_BYTES / (shape.M * shape.N * 4)));
  let latest = multiply(a.ref, b.ref);
  await blockUntilReady(latest);

  // A product is only dispatched when someone waits for it: one disposed before is never computed.
  const runGroup = async (count: number): Promise<void> => {
    const outputs = Array.from({ length: count }, () => multiply(a.ref, b.ref));
    await blockUntilReady(outputs);
    latest.dispose();
    latest = outputs[count - 1];
    for (const output of outputs.slice(0, -1)) output.dispose();
  };
  return {
    async run(times: number): Promise<void> {
      checkTimes(times);
      for (let left = times; left > 0; left -= liveMax) await runGroup(Math.min(left, liveMax));
    },
    async read(): Promise<Float32Array> {
      return new Float32Array(await latest.ref.data());
    },
    dispose(): void {
      for (const held of [a, b, latest, multiply]) held.dispose();
    },
  };
}

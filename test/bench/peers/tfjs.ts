/**
 * TensorFlow.js as a peer: `matMul` with its transpose flags on the WebGPU backend, which chooses
 * its kernel by shape.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";
import { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import { WeftError } from "../../../core/errors.ts";
import {
  checkTimes,
  type MatmulPeer,
  operandDims,
  type PreparedProduct,
} from "../../../core/bench/train/product.ts";
import type { ProductShape } from "../../../core/bench/train/product.ts";

/**
 * Starts TensorFlow.js on its WebGPU backend.
 *
 * @throws {WeftError} If the backend does not start.
 */
export async function loadTfjs(): Promise<MatmulPeer> {
  const started = await tf.setBackend("webgpu");
  const backend = started ? tf.backend() : undefined;
  if (!(backend instanceof WebGPUBackend)) {
    throw new WeftError("TensorFlow.js found no WebGPU adapter; install a Vulkan driver");
  }
  const { vendor, description } = backend.device.adapterInfo;
  return {
    name: "@tensorflow/tfjs-backend-webgpu",
    version: tf.version_core,
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
  const a = tf.tensor2d(hostA, dims.a);
  const b = tf.tensor2d(hostB, dims.b);
  const multiply = (): tf.Tensor2D => tf.matMul(a, b, shape.transposeA, shape.transposeB);
  let latest = multiply();
  await finish(latest);
  return {
    async run(times: number): Promise<void> {
      checkTimes(times);
      for (let i = 0; i < times; i++) {
        latest.dispose();
        latest = multiply();
      }
      await finish(latest);
    },
    async read(): Promise<Float32Array> {
      return new Float32Array(await latest.data<"float32">());
    },
    dispose(): void {
      for (const tensor of [a, b, latest]) tensor.dispose();
    },
  };
}

/** Waits until `tensor` is computed, by reading one value of it: there is no call that only waits. */
async function finish(tensor: tf.Tensor2D): Promise<void> {
  const corner = tf.slice(tensor, [0, 0], [1, 1]);
  await corner.data();
  corner.dispose();
}

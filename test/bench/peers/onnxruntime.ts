/**
 * ONNX Runtime Web as a peer: `Gemm` on the WebGPU execution provider, operands and results kept in
 * GPU buffers. A call of `session.run` costs more on the host than a small product on a GPU, so
 * products are run sixteen to a graph, as the layers of a model would be; what is left over is run
 * from a graph of one.
 *
 * @module
 */

import * as ort from "onnxruntime-web/webgpu";
import { WeftError } from "../../../core/errors.ts";
import { gemmModel } from "./onnx_model.ts";
import {
  checkTimes,
  type Dims,
  type MatmulPeer,
  operandDims,
} from "../../../core/bench/train/product.ts";
import type { PreparedProduct, ProductShape } from "../../../core/bench/train/product.ts";

/** Products in the larger graph. Sixteen is also how many dispatches the provider submits at once. */
const GRAPH_PRODUCTS = 16;

/**
 * Starts ONNX Runtime Web's WebGPU provider.
 *
 * @throws {WeftError} If there is no adapter.
 */
export async function loadOnnxRuntime(): Promise<MatmulPeer> {
  if (!await navigator.gpu?.requestAdapter({ powerPreference: "high-performance" })) {
    throw new WeftError("ONNX Runtime found no WebGPU adapter; install a Vulkan driver");
  }
  // The GPU does the work; threads would want a cross-origin isolated page.
  ort.env.wasm.numThreads = 1;
  const shape = { M: 1, N: 1, K: 1, transposeA: false, transposeB: false };
  // Never released: the provider destroys its device together with its last session.
  await createSession(shape, { a: [1, 1], b: [1, 1] }, 1);
  const device: unknown = await ort.env.webgpu.device;
  if (!(device instanceof GPUDevice)) {
    throw new WeftError(
      "ONNX Runtime did not start on WebGPU; install the version package.json pins",
    );
  }
  return {
    name: "onnxruntime-web",
    version: ort.env.versions.web ?? "unknown",
    adapter: device.adapterInfo.description || device.adapterInfo.vendor,
    prepare: (shape, a, b) => prepare(device, shape, a, b),
  };
}

async function prepare(
  device: GPUDevice,
  shape: ProductShape,
  hostA: Float32Array,
  hostB: Float32Array,
): Promise<PreparedProduct> {
  const dims = operandDims(shape, hostA, hostB);
  const sessions = {
    many: await createSession(shape, dims, GRAPH_PRODUCTS),
    one: await createSession(shape, dims, 1),
  };
  const buffers = {
    a: upload(device, hostA),
    b: upload(device, hostB),
    y: upload(device, new Float32Array(shape.M * shape.N)),
  };
  const a = ort.Tensor.fromGpuBuffer(buffers.a, { dataType: "float32", dims: dims.a });
  const b = ort.Tensor.fromGpuBuffer(buffers.b, { dataType: "float32", dims: dims.b });
  const y = ort.Tensor.fromGpuBuffer(buffers.y, { dataType: "float32", dims: [shape.M, shape.N] });
  const run = async (times: number): Promise<void> => {
    checkTimes(times);
    let left = times;
    for (; left >= GRAPH_PRODUCTS; left -= GRAPH_PRODUCTS) await sessions.many.run({ a, b }, { y });
    for (; left > 0; left--) await sessions.one.run({ a, b }, { y });
    await device.queue.onSubmittedWorkDone();
  };
  await run(GRAPH_PRODUCTS + 1);
  return {
    run,
    read: () => download(device, buffers.y),
    dispose(): void {
      for (const buffer of Object.values(buffers)) buffer.destroy();
      for (const session of Object.values(sessions)) void session.release();
    },
  };
}

function createSession(
  shape: ProductShape,
  dims: { a: Dims; b: Dims },
  count: number,
): Promise<ort.InferenceSession> {
  return ort.InferenceSession.create(gemmModel(shape, dims, count), {
    executionProviders: ["webgpu"],
    graphOptimizationLevel: "disabled",
    preferredOutputLocation: "gpu-buffer",
  });
}

function upload(device: GPUDevice, values: Float32Array): GPUBuffer {
  const buffer = device.createBuffer({
    size: values.byteLength,
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
  });
  device.queue.writeBuffer(buffer, 0, new Float32Array(values));
  return buffer;
}

async function download(device: GPUDevice, buffer: GPUBuffer): Promise<Float32Array> {
  const staging = device.createBuffer({
    size: buffer.size,
    usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
  });
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, 0, staging, 0, buffer.size);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(GPUMapMode.READ);
  const values = new Float32Array(staging.getMappedRange().slice(0));
  staging.destroy();
  return values;
}

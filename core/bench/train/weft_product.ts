/**
 * Weft's own matrix products behind the interface of the peers, so that all are timed alike.
 *
 * @module
 */
import type { Gpu } from "../../gpu/gpu.ts";
import { Program } from "../../gpu/program.ts";
import { createTensor, destroyTensor, readTensor, writeTensor } from "../../gpu/tensor.ts";
import { matmul, type MatmulVariant } from "../../ops/matmul.ts";
import { checkTimes, type MatmulPeer, operandDims } from "./product.ts";
import type { PreparedProduct, ProductShape } from "./product.ts";

/** Products submitted at once, as many as a pass of a small model holds. */
const PASS_PRODUCTS = 16;

/** One variant of Weft's product, in this version of Weft. */
export function weftProduct(gpu: Gpu, variant: MatmulVariant, version: string): MatmulPeer {
  return {
    name: `weft ${variant}`,
    version,
    adapter: gpu.adapterName,
    prepare: (shape, a, b) => prepare(gpu, variant, shape, a, b),
  };
}

async function prepare(
  gpu: Gpu,
  variant: MatmulVariant,
  shape: ProductShape,
  hostA: Float32Array,
  hostB: Float32Array,
): Promise<PreparedProduct> {
  const dims = operandDims(shape, hostA, hostB);
  const a = createTensor(gpu, "a", "f32", ...dims.a);
  const b = createTensor(gpu, "b", "f32", ...dims.b);
  const out = createTensor(gpu, "out", "f32", shape.M, shape.N);
  writeTensor(gpu, a, hostA);
  writeTensor(gpu, b, hostB);
  const { transposeA, transposeB } = shape;
  const dispatches = matmul("product", { out, a, b }, { variant, transposeA, transposeB });
  const one = await Program.prepare(gpu, "product", dispatches);
  const all = Array.from({ length: PASS_PRODUCTS }, () => dispatches).flat();
  const many = await Program.prepare(gpu, "products", all);
  const run = async (times: number): Promise<void> => {
    checkTimes(times);
    let left = times;
    for (; left >= PASS_PRODUCTS; left -= PASS_PRODUCTS) many.run();
    for (; left > 0; left--) one.run();
    await gpu.idle();
  };
  await run(1);
  return {
    run,
    read: () => readTensor(gpu, out),
    dispose(): void {
      for (const program of [one, many]) program.destroy();
      for (const tensor of [a, b, out]) destroyTensor(gpu, tensor);
    },
  };
}

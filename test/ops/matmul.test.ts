/**
 * Matrix products on the GPU against `matmul` and `addChannels` of the reference.
 *
 * @module
 */

import { assert } from "chai";
import type { StorageDtype } from "../../core/gpu/tensor.ts";
import { matmul, type MatmulOptions, type MatmulVariant } from "../../core/ops/matmul.ts";
import { matmul as referenceMatmul } from "../../core/reference/matmul.ts";
import { addChannels } from "../../core/reference/residual.ts";
import { randomArray, seededRandom } from "../reference/random.ts";
import { absolute, assertSumsClose } from "./compare.ts";
import { openTestGpu, OpTest, opTest, SPLIT_BYTES, stored } from "./device.ts";

const gpu = await openTestGpu();
const splitGpu = await openTestGpu(SPLIT_BYTES);

/** Roundings of 6e-8 in sums of up to 400 terms: they partly cancel, so some ten of them remain. */
const RELATIVE = 1e-6;
const VARIANTS: MatmulVariant[] = ["direct", "tiled"];
const TRANSPOSES = [[false, false], [false, true], [true, false], [true, true]];

/** [M, N, K]: single rows and columns, padded ones, and one more than whole tiles. */
const SIZES = [
  [1, 1, 1],
  [1, 37, 3],
  [3, 1, 37],
  [37, 3, 1],
  [1, 129, 37],
  [37, 1, 129],
  [129, 37, 1],
  [3, 37, 129],
  [37, 129, 3],
  [129, 3, 37],
  [37, 37, 37],
  [64, 64, 16],
  [65, 129, 129],
];

interface Dtypes {
  a: StorageDtype;
  b: StorageDtype;
  out: StorageDtype;
  residual: StorageDtype;
}

const F32: Dtypes = { a: "f32", b: "f32", out: "f32", residual: "f32" };
const BF16: Dtypes = { a: "bf16", b: "bf16", out: "bf16", residual: "bf16" };
/** As for the gradient of a weight with f32 masters. */
const MIXED: Dtypes = { a: "bf16", b: "bf16", out: "f32", residual: "f32" };

interface Product {
  size: number[];
  dtypes: Dtypes;
  options: Omit<MatmulOptions, "residual">;
  /** Width of the residual, and columns of the tensor that holds it. */
  residual?: { width: number; cols: number };
}

/** Host values of a product: operands, what out holds before, residual. */
interface Operands {
  a: Float32Array;
  b: Float32Array;
  out: Float32Array;
  side: Float32Array;
}

function operandsOf({ size: [M, N, K], dtypes, options, residual }: Product): Operands {
  const random = seededRandom(M * 10007 + N * 101 + K);
  const values = (count: number, dtype: StorageDtype): Float32Array =>
    stored(randomArray((options.batch ?? 1) * count, random), dtype);
  return {
    a: values(M * K, dtypes.a),
    b: values(N * K, dtypes.b),
    out: values(M * N, dtypes.out),
    side: values(M * (residual?.cols ?? 0), dtypes.residual),
  };
}

function expected(
  operands: Operands,
  { size: [M, N, K], options, residual }: Product,
): Float32Array {
  const out = operands.out.slice();
  for (let i = 0; i < (options.batch ?? 1); i++) {
    const [outs, a, b] = [[out, M * N], [operands.a, M * K], [operands.b, N * K]] as const;
    const one = ([values, size]: readonly [Float32Array, number]): Float32Array =>
      values.subarray(i * size, (i + 1) * size);
    referenceMatmul(one(outs), one(a), one(b), M, N, K, options);
  }
  if (residual) addChannels(out, operands.side, M, N, residual.width, residual.cols);
  return out;
}

async function runProduct(op: OpTest, product: Product, values: Operands): Promise<Float32Array> {
  const { size: [M, N, K], dtypes, options, residual } = product;
  const { transposeA, transposeB, accumulate, batch = 1 } = options;
  const [aShape, bShape] = [transposeA ? [K, M] : [M, K], transposeB ? [N, K] : [K, N]];
  const side = residual && {
    tensor: op.tensor("residual", dtypes.residual, M, residual.cols, values.side),
    width: residual.width,
  };
  const out = accumulate
    ? op.tensor("out", dtypes.out, batch * M, N, values.out)
    : op.output("out", dtypes.out, batch * M, N);
  const a = op.tensor("a", dtypes.a, batch * aShape[0], aShape[1], values.a);
  const b = op.tensor("b", dtypes.b, batch * bShape[0], bShape[1], values.b);
  await op.run(...matmul("product", { out, a, b }, { ...options, residual: side }));
  return await op.values(out);
}

async function checkProduct(op: OpTest, product: Product, relative = RELATIVE): Promise<void> {
  const values = operandsOf(product);
  const magnitudes = {
    a: absolute(values.a),
    b: absolute(values.b),
    out: absolute(values.out),
    side: absolute(values.side),
  };
  assertSumsClose(
    `out of ${product.size.join(" x ")}`,
    await runProduct(op, product, values),
    expected(values, product),
    { magnitudes: expected(magnitudes, product), relative, dtype: product.dtypes.out },
  );
}

for (const variant of VARIANTS) {
  for (const [transposeA, transposeB] of TRANSPOSES) {
    const kind = `${variant}, transposeA ${transposeA}, transposeB ${transposeB}`;
    opTest(`matmul() in f32 at awkward sizes: ${kind}`, gpu, async (op) => {
      const options = { variant, transposeA, transposeB };
      await Promise.all(SIZES.map((size) => checkProduct(op, { size, dtypes: F32, options })));
    });
  }

  opTest(`matmul() in bf16 at awkward sizes: ${variant}`, gpu, async (op) => {
    const options = { variant, transposeB: true };
    await Promise.all(SIZES.map((size) => checkProduct(op, { size, dtypes: BF16, options })));
  });

  opTest(`matmul() adds a bf16 product to f32 sums: ${variant}`, gpu, async (op) => {
    const options = { variant, transposeA: true, accumulate: true };
    await Promise.all(SIZES.map((size) => checkProduct(op, { size, dtypes: MIXED, options })));
  });

  opTest(`matmul() multiplies every matrix of a batch: ${variant}`, gpu, async (op) => {
    for (const [transposeA, transposeB] of TRANSPOSES) {
      const options = { variant, transposeA, transposeB, batch: 3 };
      await checkProduct(op, { size: [5, 37, 18], dtypes: F32, options });
    }
  });

  for (const dtypes of [F32, BF16]) {
    opTest(`matmul() adds a residual in ${dtypes.out}: ${variant}`, gpu, async (op) => {
      const options = { variant, transposeB: true };
      const size = [37, 129, 3];
      for (const [width, cols] of [[1, 1], [5, 37], [37, 37], [64, 129], [129, 129], [129, 131]]) {
        await checkProduct(op, { size, dtypes, options, residual: { width, cols } });
      }
    });
  }
}

opTest("matmul() adds to bf16 and rounds once", gpu, async (op) => {
  const options = { variant: "direct", transposeB: true, accumulate: true } as const;
  await Promise.all(
    [[3, 37, 5], [37, 37, 37]].map((size) => checkProduct(op, { size, dtypes: BF16, options })),
  );
});

// 600 rows of 64 f32 are 150 KiB: three bindings of 64 KiB.
opTest("matmul() with a split weight gives the same bits as in one", splitGpu, async (op) => {
  const product: Product = {
    size: [20, 600, 61],
    dtypes: F32,
    options: { variant: "tiled", transposeB: true },
    residual: { width: 333, cols: 600 },
  };
  const values = operandsOf(product);
  const whole = new OpTest(gpu);
  const inOne = await runProduct(whole, product, values);
  whole.free();
  assert.deepEqual(await runProduct(op, product, values), inOne);
});

opTest("matmul() with a weight and an output split over different rows", splitGpu, async (op) => {
  // out (300, 250) in parts of 64 rows, a (300, 100) and b (250, 100) in parts of 128.
  const options = { variant: "tiled", transposeB: true } as const;
  await checkProduct(op, { size: [300, 250, 100], dtypes: F32, options });
});

opTest(
  "matmul() sums over the parts of a weight that is split over the sum",
  splitGpu,
  async (op) => {
    for (const accumulate of [false, true]) {
      const product: Product = {
        size: [20, 61, 601],
        dtypes: F32,
        options: { variant: "tiled", accumulate },
        residual: { width: 30, cols: 61 },
      };
      await checkProduct(op, product);
    }
  },
);

opTest(
  "matmul() sums over both operands' different splits into a split output",
  splitGpu,
  async (op) => {
    const options = { variant: "tiled", transposeA: true } as const;
    // a (300, 200) in parts of 64 rows, b (300, 61) in parts of 256, out (200, 61) in one.
    await checkProduct(op, { size: [200, 61, 300], dtypes: F32, options });
    // a (150, 250) in parts of 64 rows, out (250, 100) in parts of 128.
    await checkProduct(op, { size: [250, 100, 150], dtypes: F32, options });
  },
);

opTest("matmul() names what does not fit", gpu, (op) => {
  const tensors = {
    a: op.output("a", "f32", 4, 6),
    b: op.output("b", "f32", 6, 5),
    out: op.output("out", "f32", 4, 5),
  };
  const variant = "direct";
  const narrow = op.output("narrow", "f32", 4, 3);
  assert.throws(() => matmul("qkv", tensors, { variant, transposeB: true }), RangeError, "qkv");
  assert.throws(
    () => matmul("qkv", tensors, { variant, residual: { tensor: narrow, width: 4 } }),
    RangeError,
    "residual",
  );
  assert.throws(() => matmul("qkv", tensors, { variant, batch: 2 }), RangeError);
});

opTest("matmul() refuses a batch of split tensors", splitGpu, (op) => {
  const a = op.output("a", "f32", 600, 64);
  const b = op.output("b", "f32", 128, 3);
  const out = op.output("out", "f32", 600, 3);
  assert.throws(() => matmul("scores", { out, a, b }, { variant: "direct", batch: 2 }), RangeError);
});

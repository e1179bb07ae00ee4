import { test } from "#test";
import { assert } from "chai";
import type { Dtype, HostTensor } from "../../../core/formats/dtype.ts";
import { int64Tensor } from "../../../core/formats/dtype.ts";
import { writeTorchTensor } from "../../../core/formats/torch_pt.ts";
import type { Direction } from "../../../core/iota/api/schemas.ts";
import {
  BadUploadError,
  inspectActivation,
  maxFileBytes,
  readBounded,
} from "../../../core/iota/orchestrator/activation_inspection.ts";
import { tinyModel } from "../../model/tiny_model.ts";
import { TEST_SWARM } from "./context.ts";

const [B, T, K, C, V] = [2, 8, 4, 16, 16];
const COUNT = B * T * K;
const ITEM_BYTES = { bf16: 2, f16: 2, f32: 4, f64: 8 } as const;
type Float = keyof typeof ITEM_BYTES;

function floats(dtype: Float, shape: readonly number[] = [B, T, K]): HostTensor {
  const count = shape.reduce((product, size) => product * size, 1);
  return { dtype, shape, bytes: new Uint8Array(count * ITEM_BYTES[dtype]) };
}

/** What is wrong with a file; undefined if nothing is. */
function fault(
  tensor: HostTensor | Uint8Array,
  direction: Direction = "forward",
  settings = TEST_SWARM,
): string | undefined {
  const bytes = tensor instanceof Uint8Array ? tensor : writeTorchTensor(tensor);
  try {
    inspectActivation(bytes, direction, settings);
    return undefined;
  } catch (error) {
    if (error instanceof BadUploadError) return error.message;
    throw error;
  }
}

for (const dtype of ["bf16", "f16", "f32", "f64"] as const) {
  test(`finite ${dtype} of the right shape is taken`, () => {
    assert.isUndefined(fault(floats(dtype)));
    assert.isUndefined(fault(floats(dtype), "backward"));
  });
}

/** Bits of values that no activation has, and of the largest ones that one may have. */
const NOT_FINITE: Record<Float, readonly bigint[]> = {
  bf16: [0x7f80n, 0xff80n, 0x7fc0n, 0xffffn, 0x7f81n],
  f16: [0x7c00n, 0xfc00n, 0x7e00n, 0xffffn, 0x7c01n],
  f32: [0x7f800000n, 0xff800000n, 0x7fc00000n, 0xffffffffn, 0x7f800001n],
  f64: [0x7ff0000000000000n, 0xfff0000000000000n, 0x7ff0000000000001n, 0xffffffffffffffffn],
};
const LARGEST: Record<Float, readonly bigint[]> = {
  bf16: [0x7f7fn, 0xff7fn, 0x0001n, 0x8000n],
  f16: [0x7bffn, 0xfbffn, 0x0001n, 0x8000n],
  f32: [0x7f7fffffn, 0xff7fffffn, 0x007fffffn, 0x80000000n],
  f64: [0x7fefffffffffffffn, 0xffefffffffffffffn, 0x000ffffffffffff0n],
};

/** A tensor of zeros but for one element. */
function withBits(dtype: Float, bits: bigint, at: number): HostTensor {
  const tensor = floats(dtype);
  for (let byte = 0; byte < ITEM_BYTES[dtype]; byte++) {
    tensor.bytes[at * ITEM_BYTES[dtype] + byte] = Number((bits >> BigInt(8 * byte)) & 0xffn);
  }
  return tensor;
}

for (const dtype of ["bf16", "f16", "f32", "f64"] as const) {
  test(`every NaN and infinity of ${dtype} is found, wherever it stands`, () => {
    for (const bits of NOT_FINITE[dtype]) {
      for (const at of [0, 1, COUNT - 1]) {
        const message = `element ${at} is NaN or infinite`;
        assert.equal(fault(withBits(dtype, bits, at)), message, bits.toString(16));
      }
    }
  });

  test(`the largest and smallest numbers of ${dtype} are taken`, () => {
    for (const bits of LARGEST[dtype]) {
      assert.isUndefined(fault(withBits(dtype, bits, 5)), bits.toString(16));
    }
  });
}

for (
  const shape of [[T, K], [B, T, K + 1], [B, K, T], [1, B * T, K], [B, T, K, 1], [B, T, C], []]
) {
  test(`floats of shape [${shape}] are refused`, () => {
    assert.match(fault(floats("bf16", shape)) ?? "", /^expected floats \[2,8,4\], got bf16 /);
  });
}

test("without a bottleneck activations are as wide as the model", () => {
  const settings = { ...TEST_SWARM, model: tinyModel({ K: null }) };
  assert.isUndefined(fault(floats("f32", [B, T, C]), "forward", settings));
  assert.isString(fault(floats("f32"), "forward", settings));
});

for (const dtype of ["i64", "i32", "i16", "i8", "u8", "bool"] as const satisfies Dtype[]) {
  test(`an activation of ${dtype} is refused`, () => {
    const bytes = new Uint8Array(COUNT * { i64: 8, i32: 4, i16: 2, i8: 1, u8: 1, bool: 1 }[dtype]);
    assert.isString(fault({ dtype, shape: [B, T, K], bytes }));
  });
}

test("tokens below the vocabulary are taken, others are named", () => {
  const tokens = (value: number): HostTensor =>
    int64Tensor([B, T], new Float64Array(B * T).fill(1).with(3, value));
  assert.isUndefined(fault(tokens(0), "initial"));
  assert.isUndefined(fault(tokens(V - 1), "initial"));
  assert.equal(fault(tokens(V), "initial"), `token 3 is ${V}, not below ${V}`);
  assert.equal(fault(tokens(-1), "initial"), `token 3 is -1, not below ${V}`);
  assert.equal(fault(tokens(2 ** 32), "initial"), `a token is not below ${V}`);
});

test("floats are no tokens, and tokens no activation", () => {
  assert.isString(fault(floats("bf16", [B, T]), "initial"));
  assert.isString(fault(int64Tensor([B, T], new Float64Array(B * T)), "forward"));
});

test("what is no torch file, or half of one, is refused", () => {
  const whole = writeTorchTensor(floats("bf16"));
  for (const bytes of [new Uint8Array(0), new Uint8Array(300), whole.subarray(0, 300)]) {
    assert.match(fault(bytes) ?? "", /^Not a usable/);
  }
});

test("a file that claims a huge tensor is refused without unpacking it", () => {
  const tensor = floats("f32", [1024, 1024]);
  assert.isString(fault(tensor));
});

test("a file of the right tensor in the widest dtype fits the limit", () => {
  assert.isAtMost(writeTorchTensor(floats("f64")).length, maxFileBytes(TEST_SWARM));
});

test("a stream is read whole up to its limit, and not beyond", async () => {
  async function* pieces(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    for (let i = 1; i <= 3; i++) yield await Promise.resolve(new Uint8Array(4).fill(i));
  }
  assert.deepEqual([...await readBounded(pieces(), 12)], [1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3]);
  const error = await readBounded(pieces(), 11).then(() => undefined, (thrown: unknown) => thrown);
  assert.instanceOf(error, BadUploadError);
});

import { assert } from "chai";
import { test } from "#test";
import { WeftError } from "../../core/errors.ts";
import { decodeActivation, encodeActivation } from "../../core/formats/activation_codec.ts";
import { type HostTensor, tensorToFloat32 } from "../../core/formats/dtype.ts";
import { readSafetensors } from "../../core/formats/safetensors.ts";
import { readFixture } from "./fixtures.ts";

const GOLDEN = ["tiny-f32", "tiny-bf16", "odd-f32", "odd-bf16"];

interface GoldenCodec {
  readonly input: Float32Array;
  readonly packed: Uint8Array;
  readonly restored: Float32Array;
  readonly rowLength: number;
}

async function readGolden(name: string): Promise<GoldenCodec> {
  const { tensors } = readSafetensors(await readFixture(`../golden/iota-${name}.safetensors`));
  const get = (key: string): HostTensor => {
    const tensor = tensors.get(`codec.${key}`);
    if (!tensor) throw new Error(`${name} has no codec.${key}`);
    return tensor;
  };
  return {
    input: tensorToFloat32(get("input")),
    packed: get("packed").bytes,
    restored: tensorToFloat32(get("restored")),
    rowLength: get("input").shape.at(-1) ?? 0,
  };
}

/** The two float32 behind the codes of a row. */
function trailer(packed: Uint8Array, row: number, rowLength: number): [number, number] {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const at = row * (rowLength + 8) + rowLength;
  return [view.getFloat32(at, true), view.getFloat32(at + 4, true)];
}

for (const name of GOLDEN) {
  test(`the codes of ${name} are those of the published miner`, async () => {
    const { input, packed, rowLength } = await readGolden(name);
    const ours = encodeActivation(input, rowLength);
    assert.strictEqual(ours.length, packed.length);
    for (let i = 0; i < packed.length; i++) {
      if (i % (rowLength + 8) < rowLength) assert.strictEqual(ours[i], packed[i], `byte ${i}`);
    }
  });

  test(`scale and bound of ${name} are those of the published miner`, async () => {
    const { input, packed, rowLength } = await readGolden(name);
    const ours = encodeActivation(input, rowLength);
    for (let row = 0; row < input.length / rowLength; row++) {
      const expected = trailer(packed, row, rowLength);
      const actual = trailer(ours, row, rowLength);
      // PyTorch sums in float32, we in float64: one unit in the last place may differ.
      for (const i of [0, 1]) {
        assert.closeTo(actual[i], expected[i], Math.abs(expected[i]) * 2 ** -23, `row ${row}`);
      }
    }
  });

  test(`${name} is restored to the bit`, async () => {
    const { packed, restored, rowLength } = await readGolden(name);
    assert.deepEqual(decodeActivation(packed, rowLength), restored);
  });
}

test("a restored value is at most one bucket away", () => {
  const values = Float32Array.from({ length: 96 }, (_, i) => Math.sin(i * 7) * 3);
  const packed = encodeActivation(values, 32);
  const restored = decodeActivation(packed, 32);
  for (let i = 0; i < values.length; i++) {
    const [scale] = trailer(packed, Math.floor(i / 32), 32);
    // Half a bucket from rounding, half from the decoder's offset, a sliver from float32.
    assert.isAtMost(Math.abs(restored[i] - values[i]), scale * 1.001);
  }
});

test("a row of equal values comes back exactly", () => {
  const restored = decodeActivation(encodeActivation(new Float32Array(5).fill(0.75), 5), 5);
  assert.deepEqual([...restored], [0.75, 0.75, 0.75, 0.75, 0.75]);
});

test("a value beyond six deviations is clipped to them", () => {
  const values = new Float32Array(100);
  values[0] = 1000;
  const restored = decodeActivation(encodeActivation(values, 100), 100);
  const deviation = 1000 * Math.sqrt(0.01 * 0.99);
  assert.closeTo(restored[0], 10 + 6 * deviation, 12 * deviation / 255, "within one bucket");
});

test("rows are independent: a wild row leaves its neighbour's codes alone", () => {
  const calm = Float32Array.of(1, 2, 3, 4);
  const both = Float32Array.of(1e30, -1e30, 0, 5, ...calm);
  assert.deepEqual(encodeActivation(both, 4).subarray(12), encodeActivation(calm, 4));
});

test("a row with an infinite or missing value is restored as NaN", () => {
  for (const bad of [Infinity, NaN]) {
    const restored = decodeActivation(encodeActivation(Float32Array.of(1, bad, 2), 3), 3);
    assert.isTrue(restored.every(Number.isNaN));
  }
});

test("no rows are no bytes", () => {
  assert.strictEqual(encodeActivation(new Float32Array(0), 8).length, 0);
  assert.strictEqual(decodeActivation(new Uint8Array(0), 8).length, 0);
});

test("decoding reads a view at an odd offset", () => {
  const packed = encodeActivation(Float32Array.of(1, 2, 3), 3);
  const shifted = new Uint8Array(packed.length + 1);
  shifted.set(packed, 1);
  assert.deepEqual(decodeActivation(shifted.subarray(1), 3), decodeActivation(packed, 3));
});

test("encoding leaves its input as it was", () => {
  const values = Float32Array.of(5, -5, 100);
  encodeActivation(values, 3);
  assert.deepEqual([...values], [5, -5, 100]);
});

test("values that are not whole rows are a RangeError", () => {
  assert.throws(() => encodeActivation(new Float32Array(7), 4), RangeError, "whole rows of 4");
});

test("bytes that are not whole rows are a WeftError that names the row", () => {
  assert.throws(() => decodeActivation(new Uint8Array(13), 4), WeftError, "rows of 12 bytes");
});

test("a row length that is no count is a RangeError", () => {
  for (const rowLength of [0, -4, 1.5, NaN]) {
    assert.throws(() => encodeActivation(new Float32Array(0), rowLength), RangeError);
    assert.throws(() => decodeActivation(new Uint8Array(0), rowLength), RangeError);
  }
});

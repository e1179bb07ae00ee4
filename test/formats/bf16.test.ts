import { assert } from "chai";
import { test } from "#test";
import { bf16ToFloat32, float32ToBf16 } from "../../core/formats/bf16.ts";
import { seededRandom } from "./fixtures.ts";

/** The bits of one rounded value, as hex. */
function rounded(value: number): string {
  return float32ToBf16(Float32Array.of(value))[0].toString(16).padStart(4, "0");
}

/** The float32 with these bits. */
function float(bits: number): number {
  return new Float32Array(Uint32Array.of(bits).buffer)[0];
}

test("bf16ToFloat32() gives back the values PyTorch wrote", () => {
  const bits = Uint16Array.of(0x3f80, 0xc020, 0x4049, 0x3f00, 0x4780, 0xbc00);
  assert.deepEqual([...bf16ToFloat32(bits)], [1, -2.5, 3.140625, 0.5, 65536, -0.0078125]);
});

test("every bfloat16 survives widening and rounding", () => {
  const bits = Uint16Array.from({ length: 65536 }, (_, i) => i);
  const back = float32ToBf16(bf16ToFloat32(bits));
  for (let i = 0; i < 65536; i++) {
    const isSignalling = (i & 0x7f80) === 0x7f80 && (i & 0x7f) !== 0;
    assert.strictEqual(back[i], isSignalling ? i | 0x40 : i, `bits ${i.toString(16)}`);
  }
});

test("a tie rounds to the even neighbour, downward and upward", () => {
  assert.strictEqual(rounded(float(0x3f808000)), "3f80");
  assert.strictEqual(rounded(float(0x3f818000)), "3f82");
});

test("just above and below a tie round to the nearer neighbour", () => {
  assert.strictEqual(rounded(float(0x3f808001)), "3f81");
  assert.strictEqual(rounded(float(0x3f817fff)), "3f81");
});

test("rounding up may carry into the exponent", () => {
  assert.strictEqual(rounded(float(0x3fffffff)), "4000");
});

test("negative values round by magnitude", () => {
  assert.strictEqual(rounded(float(0xbf818000)), "bf82");
  assert.strictEqual(rounded(float(0xff7f7fff)), "ff7f");
});

test("values beyond the largest bfloat16 become infinite", () => {
  assert.strictEqual(rounded(3.4028234663852886e38), "7f80");
  assert.strictEqual(rounded(-3.4028234663852886e38), "ff80");
});

test("infinities stay", () => {
  assert.strictEqual(rounded(Infinity), "7f80");
  assert.strictEqual(rounded(-Infinity), "ff80");
});

test("the sign of zero stays", () => {
  assert.strictEqual(rounded(-0), "8000");
});

test("subnormals round like any other value", () => {
  assert.strictEqual(rounded(float(0x00008001)), "0001");
  assert.strictEqual(rounded(float(0x00008000)), "0000");
});

test("a NaN whose payload sits in the lower bits stays a NaN", () => {
  // Through an integer view: a NaN's payload may not survive as a JavaScript number.
  const values = new Float32Array(Uint32Array.of(0x7f800001, 0xff800001, 0xffffffff).buffer);
  assert.deepEqual([...float32ToBf16(values)], [0x7fc0, 0xffc0, 0xffff]);
});

test("rounding agrees with the nearest of both neighbours for random values", () => {
  const random = seededRandom(1);
  for (let i = 0; i < 2000; i++) {
    const value = Math.fround((random() - 0.5) * 2 ** (random() * 60 - 30));
    const bits = float32ToBf16(Float32Array.of(value))[0];
    const [below, self, above] = bf16ToFloat32(Uint16Array.of(bits - 1, bits, bits + 1));
    const error = Math.abs(value - self);
    assert.isAtMost(error, Math.abs(value - below));
    assert.isAtMost(error, Math.abs(value - above));
  }
});

test("a view at an odd place of a buffer is read and written in place", () => {
  const values = new Float32Array(10).subarray(3, 5);
  values.set([1, 2]);
  const out = new Uint16Array(7);
  float32ToBf16(values, out.subarray(5));
  assert.deepEqual([...out], [0, 0, 0, 0, 0, 0x3f80, 0x4000]);
  const wide = new Float32Array(4);
  bf16ToFloat32(out.subarray(5), wide.subarray(1, 3));
  assert.deepEqual([...wide], [0, 1, 2, 0]);
});

test("an output of another length is a RangeError", () => {
  assert.throws(() => float32ToBf16(new Float32Array(3), new Uint16Array(2)), RangeError, "3");
  assert.throws(() => bf16ToFloat32(new Uint16Array(3), new Float32Array(4)), RangeError, "3");
});

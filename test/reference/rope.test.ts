/**
 * The rotary table, the rotation and its inverse.
 *
 * @module
 */

import { assert } from "chai";
import { test } from "#test";
import { PUBLISHED_ROPE, ropeBackward, ropeForward, ropeTable } from "../../core/reference/rope.ts";
import { assertClose } from "../harness/assert_close.ts";
import { checkGradients } from "./check_gradients.ts";
import { randomArray, seededRandom } from "./random.ts";

// Angles here are small, so f32 rounding moves a sine by one unit in the last place or two.
const ROUNDED = { absolute: 2e-7, relative: 2e-7 };

test("ropeTable() slows long waves by the factor and leaves short ones alone", () => {
  const { sin } = ropeTable(2, 8, PUBLISHED_ROPE);
  // Wavelengths 6, 84, 1111 are below 8192/4, and 14768 is beyond 8192.
  const frequencies = [0, 1, 2, 3].map((i) => 31250 ** (-i / 4) / (i === 3 ? 32 : 1));
  assertClose(sin.subarray(4), frequencies.map(Math.sin), ROUNDED, "sin");
});

test("ropeTable() blends waves between the two limits", () => {
  const { sin } = ropeTable(2, 6, PUBLISHED_ROPE);
  const f = 31250 ** (-2 / 3);
  const s = (8192 * f / (2 * Math.PI) - 1) / 3;
  assertClose([sin[5]], [Math.sin((1 - s) * f / 32 + s * f)], ROUNDED, "sin");
});

test("ropeTable() keeps the base where the context was not extended", () => {
  const { cos } = ropeTable(2, 4, { ...PUBLISHED_ROPE, origContextLength: 8192, factor: 1 });
  assertClose(cos.subarray(2), [Math.cos(1), Math.cos(500000 ** -0.5)], ROUNDED, "cos");
});

test("ropeTable() refuses an odd head dim", () => {
  assert.throws(() => ropeTable(2, 3, PUBLISHED_ROPE), RangeError, "odd");
});

test("ropeForward() leaves position 0 alone", () => {
  const { cos, sin } = ropeTable(1, 4, PUBLISHED_ROPE);
  const x = new Float32Array([1, 2, 3, 4]);
  ropeForward(x, cos, sin, 1, 1, 1, 4);
  assert.deepEqual([...x], [1, 2, 3, 4]);
});

test("ropeForward() pairs channel i with channel i + HD/2", () => {
  const x = new Float32Array([1, 2, 3, 4]);
  // A quarter turn of the first pair, none of the second.
  ropeForward(x, new Float32Array([0, 1]), new Float32Array([1, 0]), 1, 1, 1, 4);
  assert.deepEqual([...x], [-3, 2, 1, 4]);
});

test("ropeForward() turns by the position within the sequence, alike in all heads and batches", () => {
  const [B, T, heads, HD] = [2, 3, 2, 2];
  const x = new Float32Array(B * T * heads * HD).map((_, i) => i % 2 === 0 ? 1 : 0);
  ropeForward(x, new Float32Array([1, 0, -1]), new Float32Array([0, 1, 0]), B, T, heads, HD);
  const batch = [1, 0, 1, 0, 0, 1, 0, 1, -1, 0, -1, 0];
  assert.deepEqual([...x], [...batch, ...batch]);
});

test("ropeBackward() undoes ropeForward()", () => {
  const { cos, sin } = ropeTable(7, 6, PUBLISHED_ROPE);
  const x = randomArray(2 * 7 * 3 * 6, seededRandom(1));
  const turned = x.slice();
  ropeForward(turned, cos, sin, 2, 7, 3, 6);
  ropeBackward(turned, cos, sin, 2, 7, 3, 6);
  assertClose(turned, x, ROUNDED, "x");
});

for (const [B, T, heads, HD] of [[1, 1, 1, 2], [2, 3, 3, 6], [1, 7, 1, 4]]) {
  test(`ropeBackward() agrees with finite differences for (${B}, ${T}, ${heads}, ${HD})`, () => {
    const { cos, sin } = ropeTable(T, HD, PUBLISHED_ROPE);
    const x = randomArray(B * T * heads * HD, seededRandom(T));
    const dx = new Float32Array(x.length);
    checkGradients("rope", {
      forward: () => {
        const out = x.slice();
        ropeForward(out, cos, sin, B, T, heads, HD);
        return out;
      },
      backward: (dout) => {
        dx.set(dout);
        ropeBackward(dx, cos, sin, B, T, heads, HD);
      },
      gradients: [{ label: "dx", input: x, gradient: dx, mode: "=" }],
    });
  });
}

/**
 * How far weights have moved with ours.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { bfloat16Tensor, float32Tensor, type HostTensor } from "../../../core/formats/dtype.ts";
import { Movement, WeightsBefore } from "../../../core/iota/gradient_validator/movement.ts";

/** A place of a bfloat16 from 0.5 up to 1: 2^-8. */
const PLACE = 2 ** -8;

function constant(count: number, value: number, make = float32Tensor): HostTensor {
  return make([count], new Float32Array(count).fill(value));
}

/** The share where weights of 0.5 have moved by places of a bfloat16, ours and the miner's. */
function share(
  { count = 64, steps = 1, ours = 10, theirs = ours, make = float32Tensor }: {
    count?: number;
    steps?: number;
    ours?: number;
    theirs?: number;
    make?: typeof float32Tensor;
  },
): number | undefined {
  const movement = new Movement(steps);
  const at = (places: number): HostTensor => constant(count, 0.5 + places * PLACE, make);
  movement.add(at(ours), at(theirs), at(0));
  return movement.share;
}

test("the share is what theirs have moved by for each that ours have", () => {
  const shares = [0, 1, 5, 10, 20, -10].map((theirs) => share({ theirs }));
  assert.deepEqual(shares, [0, 0.1, 0.5, 1, 2, -1]);
});

test("it is the same in both dtypes, which hold these numbers exactly", () => {
  for (const make of [float32Tensor, bfloat16Tensor]) assert.equal(share({ theirs: 5, make }), 0.5);
});

test("nothing is said of less than 64 elements", () => {
  assert.isUndefined(share({ count: 63, theirs: 0 }));
});

test("nothing is said where ours have moved by less than ten places a step", () => {
  assert.isUndefined(share({ ours: 9, theirs: 0 }));
  assert.isUndefined(share({ ours: 29, theirs: 0, steps: 3 }));
  assert.equal(share({ ours: 30, theirs: 0, steps: 3 }), 0);
});

test("nothing is said where ours took no step", () => {
  assert.isUndefined(share({ steps: 0, theirs: 0 }));
});

test("elements that ours have hardly moved do not count, wherever theirs are", () => {
  const movement = new Movement(1);
  const from = constant(128, 0.5);
  const ours = float32Tensor(
    [128],
    Float32Array.from({ length: 128 }, (_, i) => i < 64 ? 0.75 : 0.501),
  );
  const theirs = float32Tensor(
    [128],
    Float32Array.from({ length: 128 }, (_, i) => i < 64 ? 0.75 : 9),
  );
  movement.add(ours, theirs, from);
  assert.equal(movement.share, 1);
});

test("the larger of both numbers decides how long a place is", () => {
  const movement = new Movement(1);
  // From 1 to almost 0: by 128 places of 1, but for weights near 0 by a great many more.
  movement.add(constant(64, 2 ** -20), constant(64, 1), constant(64, 1));
  assert.equal(movement.share, 0);
  const small = new Movement(1);
  // Nine places of 1, from where a place is half as long.
  small.add(constant(64, 1 + 2 ** -7), constant(64, 0), constant(64, 1 - 8 * 2 ** -7));
  assert.isUndefined(small.share);
});

test("weights of zero that ours have moved count", () => {
  const movement = new Movement(1);
  movement.add(constant(64, -1e-6), constant(64, 0), constant(64, 0));
  assert.equal(Math.abs(movement.share ?? NaN), 0);
});

test("vectors are taken in piece by piece, and longer than a block", () => {
  const movement = new Movement(1);
  for (const count of [3, 70_000, 1]) {
    movement.add(constant(count, 1), constant(count, 0.75), constant(count, 0.5));
  }
  assert.equal(movement.share, 0.5);
});

test("what was before is what was told last, once there was a step since", () => {
  const at = (byte: number): Uint8Array<ArrayBuffer> => Uint8Array.of(byte);
  const before = new WeightsBefore(at(0));
  const told = [[0, 0], [1, 1], [2, 1], [3, 4], [4, 4], [5, 5]].map(([byte, steps]) => {
    const then = before.of({ bytes: at(byte), steps });
    return [then.bytes[0], then.steps];
  });
  assert.deepEqual(told, [[0, 0], [0, 0], [0, 0], [2, 1], [2, 1], [4, 4]]);
});

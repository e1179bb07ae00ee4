/**
 * A miner's forwards and backwards are run again, on stages in plain loops.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import {
  bfloat16Tensor,
  float32Tensor,
  type HostTensor,
  int64Tensor,
  tensorToFloat32,
} from "../../../core/formats/dtype.ts";
import type { Direction, Validation } from "../../../core/iota/api/schemas.ts";
import { randomArray, seededRandom } from "../../reference/random.ts";
import { float16Tensor } from "./float16.ts";
import { asBf16, BODY, HEAD, TAIL, type Tamper, TestSwarm } from "./test_swarm.ts";

const LAYERS = [["head", HEAD], ["body", BODY], ["tail", TAIL]] as const;

/** What becomes of a batch whose results of one layer and direction were changed. */
async function judged(
  layer: number,
  direction: "forward" | "backward",
  tamper: (result: HostTensor) => HostTensor | Uint8Array | null,
): Promise<Validation> {
  const swarm = new TestSwarm();
  await swarm.track(layer);
  await swarm.run("a", (result, name) => {
    const isMeant = name.layer === layer && name.direction === direction;
    return isMeant ? tamper(result) : asBf16(result, name);
  });
  const forward = await swarm.validator.pass("a", "forward");
  return direction === "forward" ? forward : await swarm.validator.pass("a", "backward");
}

/** A tamper that works on the values. */
function values(
  change: (values: Float32Array) => Float32Array,
): (result: HostTensor) => HostTensor {
  return (result) => bfloat16Tensor(result.shape, change(tensorToFloat32(result)));
}

for (const [name, layer] of LAYERS) {
  for (
    const [dtype, make] of [
      ["bf16", bfloat16Tensor],
      ["f16", float16Tensor],
      ["f32", float32Tensor],
    ] as const
  ) {
    test(`an honest ${name} that sends ${dtype} passes every batch`, async () => {
      const swarm = new TestSwarm();
      await swarm.track(layer);
      const rounded: Tamper = (result) => make(result.shape, tensorToFloat32(result));
      for (const uid of ["a", "b", "c"]) {
        await swarm.run(uid, rounded);
        for (const direction of ["initial", "forward", "backward"] as const) {
          const { is_valid, reason } = await swarm.validator.pass(uid, direction);
          const isJudged = direction === "backward" || direction === "forward" && layer !== TAIL;
          const expected = isJudged ? "passed" : "no-validation-possible";
          assert.deepEqual([is_valid, reason], [true, expected], `${direction} of ${uid}`);
        }
      }
    });
  }
}

const CHEATS: readonly [string, (result: HostTensor) => HostTensor | Uint8Array][] = [
  ["random numbers", values((v) => randomArray(v.length, seededRandom(9)))],
  ["zeros", values((v) => new Float32Array(v.length))],
  ["the result turned about", values((v) => v.map((value) => -value))],
  ["twice the result", values((v) => v.map((value) => 2 * value))],
  ["the result in another order", values((v) => v.toReversed())],
  ["a NaN", values((v) => v.map((value, i) => i === 3 ? NaN : value))],
  ["an infinity", values((v) => v.map((value, i) => i === 3 ? Infinity : value))],
  ["the same number everywhere", values((v) => new Float32Array(v.length).fill(0.1))],
  ["half of the result", ({ shape: [first, ...rest], ...tensor }) => ({
    ...tensor,
    shape: [first / 2, ...rest],
    bytes: tensor.bytes.subarray(0, tensor.bytes.length / 2),
  })],
  ["whole numbers", ({ shape }) => int64Tensor(shape, new Float32Array(size(shape)))],
  ["no torch file", () => new TextEncoder().encode("a result of great quality, believe me")],
  ["an empty file", () => new Uint8Array(0)],
];

for (const [name, layer] of LAYERS) {
  for (const direction of ["forward", "backward"] as const) {
    if (layer === TAIL && direction === "forward") continue;
    for (const [what, cheat] of CHEATS) {
      test(`a ${name} that sends ${what} ${direction} does not pass`, async () => {
        const { is_valid } = await judged(layer, direction, cheat);
        assert.isFalse(is_valid);
      });
    }
  }
}

test("a body that sends on what it got does not pass", async () => {
  const swarm = new TestSwarm();
  await swarm.track(BODY);
  await swarm.run("a");
  const given = swarm.paths.get(`forward a ${BODY}`) ?? "";
  swarm.paths.set(`forward a ${TAIL}`, given);
  assert.isFalse((await swarm.validator.pass("a", "forward")).is_valid);
});

test("a gradient that is sent back as it came does not pass", async () => {
  const swarm = new TestSwarm();
  await swarm.track(BODY);
  await swarm.run("a");
  await swarm.validator.pass("a", "forward");
  swarm.paths.set(`backward a ${HEAD}`, swarm.paths.get(`backward a ${BODY}`) ?? "");
  assert.isFalse((await swarm.validator.pass("a", "backward")).is_valid);
});

test("the result of another batch does not pass", async () => {
  const swarm = new TestSwarm();
  await swarm.track(BODY);
  await swarm.run("a");
  await swarm.run("b");
  await swarm.validator.pass("a", "forward");
  swarm.paths.set(`backward a ${HEAD}`, swarm.paths.get(`backward b ${HEAD}`) ?? "");
  assert.isFalse((await swarm.validator.pass("a", "backward")).is_valid);
});

test("a ratio that is off is the reason, with the ratio as the score", async () => {
  const found = await judged(BODY, "forward", values((v) => v.map((value) => 2 * value)));
  assert.equal(found.reason, "magnitude-ratio-failed");
  // Twice the length, rounded to bf16 (2^-9) on the miner's side.
  assert.closeTo(found.score, 0.5, 2 ** -9);
});

test("a score is a number even where nothing can be compared", async () => {
  const found = await judged(BODY, "forward", values((v) => v.fill(NaN)));
  assert.deepEqual(found, { is_valid: false, score: 0, reason: "magnitude-ratio-failed" });
});

test("a result that is not there costs the miner three", async () => {
  const swarm = new TestSwarm();
  await swarm.track(BODY);
  await swarm.run("a", (result, name) => name.layer === BODY ? null : asBf16(result, name));
  const found = await swarm.validator.pass("a", "forward");
  assert.deepEqual(found, { is_valid: false, score: 0, reason: "no-activation-path" });
  assert.equal(swarm.validator.status.score, -3);
});

test("an input that is not there costs nothing", async () => {
  const swarm = new TestSwarm();
  await swarm.track(BODY);
  await swarm.run("a", (result, name) => name.layer === HEAD ? null : asBf16(result, name));
  const found = await swarm.validator.pass("a", "forward");
  assert.deepEqual(found, { is_valid: false, score: 0, reason: "no-activation-path" });
  assert.equal(swarm.validator.status.score, 0);
});

test("a head that shows no gradient is not judged for it", async () => {
  const found = await judged(HEAD, "backward", () => null);
  assert.deepEqual(found, { is_valid: true, score: 0, reason: "no-validation-possible" });
});

test("a single wrong activation changes no score", async () => {
  const swarm = new TestSwarm();
  await swarm.track(BODY);
  await swarm.run("a", values((v) => v.map((value) => -value)));
  await swarm.validator.pass("a", "forward");
  assert.equal(swarm.validator.status.score, 0);
});

test("a store that does not answer is an error of the pass", async () => {
  const swarm = new TestSwarm();
  await swarm.track(BODY);
  await swarm.run("a");
  swarm.down.add("store");
  const found = await swarm.validator.pass("a", "forward");
  assert.deepEqual(found, { is_valid: false, score: 0, reason: "error-during-forward-pass" });
});

test("a backward whose forward was not seen says so", async () => {
  const swarm = new TestSwarm();
  await swarm.track(BODY);
  await swarm.run("a");
  const found = await swarm.validator.pass("a", "backward");
  assert.deepEqual(found, { is_valid: false, score: 0, reason: "no-forward-activations" });
});

test("a pass of no one answers as one without its forward", async () => {
  const swarm = new TestSwarm();
  await swarm.run("a");
  const reasons = [];
  for (const direction of ["forward", "backward"] as const) {
    reasons.push((await swarm.validator.pass("a", direction)).reason);
  }
  assert.deepEqual(reasons, ["error-during-forward-pass", "no-forward-activations"]);
});

const NONSENSE: readonly [string, Direction, number, HostTensor][] = [
  ["tokens beyond the vocabulary", "initial", HEAD, int64Tensor([2, 8], new Array(16).fill(16))],
  ["tokens of another length", "initial", HEAD, int64Tensor([2, 7], new Array(14).fill(1))],
  ["tokens that are floats", "initial", HEAD, float32Tensor([2, 8], new Float32Array(16))],
  [
    "an input with a NaN",
    "forward",
    BODY,
    float32Tensor([2, 8, 4], new Float32Array(64).fill(NaN)),
  ],
  ["an input of another width", "forward", BODY, float32Tensor([2, 8, 5], new Float32Array(80))],
];

for (const [what, direction, layer, tensor] of NONSENSE) {
  test(`${what} reaches no stage`, async () => {
    const swarm = new TestSwarm();
    await swarm.track(layer);
    await swarm.run("a");
    swarm.put(tensor, { uid: "a", direction, layer: direction === "initial" ? TAIL : layer });
    const found = await swarm.validator.pass("a", "forward");
    assert.equal(found.reason, "error-during-forward-pass");
    assert.deepEqual(swarm.trainers[0].inFlight, []);
  });
}

test("nonsense is told as what it is", async () => {
  const swarm = new TestSwarm();
  await swarm.track(HEAD);
  const tokens = int64Tensor([2, 8], new Array(16).fill(16));
  swarm.put(tokens, { uid: "a", direction: "initial", layer: TAIL });
  await swarm.validator.pass("a", "forward");
  assert.include(swarm.messages.at(-1), "the tokens of a are not all below 16");
});

function size(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

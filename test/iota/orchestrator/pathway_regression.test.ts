import { assert } from "chai";
import { test } from "#test";
import {
  fitPathways,
  parameterCount,
  type Pathways,
} from "../../../core/iota/orchestrator/pathway_regression.ts";
import { assertClose } from "../../harness/assert_close.ts";
import { normal, seededRandom } from "./simulated_pathways.ts";

/** Three layers of two, two and three miners; `lossOf` gives the loss of a pathway. */
function pathways(
  count: number,
  lossOf: (row: number, chosen: readonly number[]) => number,
): Pathways {
  const random = seededRandom(7);
  const miners = new Int32Array(count * 3);
  const losses = new Float64Array(count);
  for (let row = 0; row < count; row++) {
    const chosen = [
      Math.floor(random() * 2),
      2 + Math.floor(random() * 2),
      4 + Math.floor(random() * 3),
    ];
    miners.set(chosen, row * 3);
    losses[row] = lossOf(row, chosen);
  }
  return { losses, miners, layers: 3, layerOf: Int32Array.from([0, 0, 1, 1, 2, 2, 2]) };
}

const EFFECTS = [0.1, -0.1, 0, 0, 0.4, -0.3, -0.1];

function sumOf(chosen: readonly number[]): number {
  return chosen.reduce((sum, miner) => sum + EFFECTS[miner], 0);
}

test("effects of losses without noise are found exactly", () => {
  const { effects } = fitPathways(pathways(400, (_, chosen) => 3 + sumOf(chosen)));
  // What the ridge of 0.01 takes from sums over more than 100 pathways each.
  assertClose(effects, EFFECTS, { absolute: 1e-3, relative: 0 }, "effects");
});

test("effects of a layer add up to about nothing", () => {
  const { effects } = fitPathways(pathways(400, (row) => Math.sin(row * 99)));
  // Held by the weight of one miner's pathways, against a ridge of 0.01.
  assert.closeTo(effects[4] + effects[5] + effects[6], 0, 1e-3);
});

test("a loss that falls in a line is no effect", () => {
  const { effects } = fitPathways(pathways(400, (row) => 8 - row / 100));
  assertClose(effects, EFFECTS.map(() => 0), { absolute: 1e-3, relative: 0 }, "effects");
});

test("a fifth of wild losses hardly moves the effects", () => {
  const random = seededRandom(3);
  const { effects } = fitPathways(pathways(2000, (_, chosen) => {
    const wild = random() < 0.2 ? 50 * random() : 0;
    return 3 + sumOf(chosen) + 0.1 * normal(random) + wild;
  }));
  // Four standard errors of the rarest miner, a third of 2000 losses, doubled for the wild ones.
  assertClose(effects, EFFECTS, { absolute: 0.032, relative: 0 }, "effects");
});

test("the noise is the deviation of the losses that are not wild", () => {
  const random = seededRandom(4);
  const { noise } = fitPathways(pathways(3000, () => 3 + 0.25 * normal(random)));
  // A deviation of 3000 values is known to 1.3%; three of those.
  assert.closeTo(noise, 0.25, 0.01);
});

test("the variance of an effect is that of the normal equations", () => {
  const fit = fitPathways(pathways(900, (row) => Math.sin(row * 99)));
  const [variance, share] = [fit.unitVariance(4), 1 / fit.counts[4]];
  // With three miners a layer about two thirds of 1/n; trend and layer sum move it by some percent.
  assert.isAbove(variance, share * 0.6);
  assert.isBelow(variance, share * 0.85);
});

test("a miner that only works with one other is known much worse", () => {
  const together = pathways(900, (row) => Math.sin(row * 99));
  for (let row = 0; row < 900; row++) together.miners[row * 3 + 1] = 2 + together.miners[row * 3];
  const apart = fitPathways(pathways(900, () => 0));
  assert.isAbove(fitPathways(together).unitVariance(0), 5 * apart.unitVariance(0));
});

test("layers that a pathway did not reach are left out", () => {
  const data = pathways(600, (_, chosen) => 3 + sumOf(chosen.slice(0, 2)));
  for (let row = 0; row < 600; row++) data.miners[row * 3 + 2] = -1;
  const { effects, counts } = fitPathways(data);
  assert.deepEqual([...counts.slice(4)], [0, 0, 0]);
  assertClose(effects, [0.1, -0.1, 0, 0, 0, 0, 0], { absolute: 1e-3, relative: 0 }, "effects");
});

test("the same losses for all leave neither effects nor noise", () => {
  const { effects, noise } = fitPathways(pathways(200, () => 2.5));
  // Rounding, the solver's tolerance and the ridge on nothing but zeros.
  assert.isBelow(noise, 1e-6);
  assertClose(effects, EFFECTS.map(() => 0), { absolute: 1e-6, relative: 0 }, "effects");
});

test("all of a layer but one, and a knot for each 32 pathways, are counted as parameters", () => {
  assert.equal(parameterCount(320, 7, 3), 4 + 11);
});

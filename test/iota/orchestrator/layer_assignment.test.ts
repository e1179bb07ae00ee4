import { test } from "#test";
import { assert } from "chai";
import {
  chooseLayer,
  keepOrMove,
  layerStrengths,
  type Workforce,
} from "../../../core/iota/orchestrator/layer_assignment.ts";
import { seededRandom } from "../../reference/random.ts";

/** Miners of a layer by their times for a piece of work. */
function on(layer: number, ...meanWorkMs: number[]): Workforce[] {
  return meanWorkMs.map((ms) => ({ layer, meanWorkMs: ms }));
}

test("the first miner goes to the first layer, the next ones to the empty layers", () => {
  const miners: Workforce[] = [];
  const layers = Array.from({ length: 7 }, () => {
    const layer = chooseLayer(miners, 3);
    miners.push({ layer, meanWorkMs: 0 });
    return layer;
  });
  assert.deepEqual(layers, [0, 1, 2, 0, 1, 2, 0]);
});

test("an empty layer comes first, however slow the others are", () => {
  assert.equal(chooseLayer([...on(0, 1e9), ...on(2, 1e9)], 3), 1);
});

test("the layer that gets least done needs a newcomer most, not the one with fewest miners", () => {
  assert.equal(chooseLayer([...on(0, 100), ...on(1, 500, 500, 500)], 2), 1);
});

test("a miner of unknown speed counts as the mean of its layer", () => {
  assert.deepEqual(layerStrengths([...on(0, 100, 0), ...on(1, 50)], 2), [0.02, 0.02]);
});

test("a layer of unknown speeds counts as the mean of all", () => {
  assert.deepEqual(layerStrengths([...on(0, 100), ...on(1, 0, 0)], 2), [0.01, 0.02]);
});

test("a miner of a layer that there is not counts nowhere", () => {
  assert.deepEqual(layerStrengths([...on(0, 100), ...on(9, 1)], 2), [0.01, 0]);
});

test("one that comes back keeps its layer, though another is somewhat weaker", () => {
  assert.equal(keepOrMove(0, [...on(0, 100, 100, 100), ...on(1, 100, 100)], 2), 0);
});

test("one that comes back to a layer that does well without it goes where it is needed", () => {
  assert.equal(keepOrMove(0, [...on(0, 100, 100, 100, 100), ...on(1, 100)], 2), 1);
});

test("one that comes back goes to an empty layer, but does not leave its own empty", () => {
  assert.equal(keepOrMove(0, [...on(0, 100), ...on(2, 100)], 3), 1);
  assert.equal(keepOrMove(0, [...on(2, 100)], 3), 0);
});

test("one whose layer there is no more is a newcomer", () => {
  assert.equal(keepOrMove(5, on(0, 100), 2), 1);
});

test("many miners of mixed speeds end up within one of the fastest of each other", () => {
  const random = seededRandom(5);
  const miners: Workforce[] = [];
  for (let i = 0; i < 500; i++) {
    const layer = chooseLayer(miners, 8);
    miners.push({ layer, meanWorkMs: 50 + 450 * random() });
  }
  const strengths = layerStrengths(miners, 8);
  assert.isAtMost(Math.max(...strengths) - Math.min(...strengths), 1 / 50);
});

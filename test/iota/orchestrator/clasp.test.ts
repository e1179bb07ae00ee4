import { assert } from "chai";
import { test } from "#test";
import { Clasp } from "../../../core/iota/orchestrator/clasp.ts";
import { creditOf, outliersOf, simulate, type SimulatedSwarm } from "./simulated_pathways.ts";

const SMALL: SimulatedSwarm = { layers: 8, perLayer: 4, pathways: 1200 };
const HUNDRED: SimulatedSwarm = { layers: 4, perLayer: 25, pathways: 4096 };
const SEEDS = Array.from({ length: 20 }, (_, i) => 100 + i);

function creditFor(clasp: Clasp, hotkey: string): { effect: number; standardError: number } {
  const miner = clasp.report().miners.find((each) => each.hotkey === hotkey);
  if (!miner || miner.effect === null || miner.standardError === null) {
    assert.fail(`nothing is known of ${hotkey}`);
  }
  return { effect: miner.effect, standardError: miner.standardError };
}

test("a planted bad miner among 8 layers of 4 is the one outlier, whatever the seed", () => {
  for (const seed of SEEDS) {
    const clasp = creditOf({ ...SMALL, effects: { "3-1": 0.3 } }, seed);
    assert.deepEqual(outliersOf(clasp), ["3-1"], `seed ${seed}`);
  }
});

test("a planted bad miner among a hundred is the one outlier, whatever the seed", () => {
  for (const seed of SEEDS) {
    const clasp = creditOf({ ...HUNDRED, effects: { "2-7": 0.25 } }, seed);
    assert.deepEqual(outliersOf(clasp), ["2-7"], `seed ${seed}`);
  }
});

test("a bad miner in every layer is found, a quarter of all", () => {
  const effects = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`${i}-${i % 4}`, 0.3]));
  const clasp = creditOf({ ...SMALL, pathways: 2000, effects }, 5);
  assert.sameMembers(outliersOf(clasp), Object.keys(effects));
});

test("honest swarms of all shapes give almost no false alarm", () => {
  const shapes: SimulatedSwarm[] = [
    SMALL,
    { ...SMALL, pathways: 250 },
    { ...SMALL, wildShare: 0.05 },
    { layers: 3, perLayer: 2, pathways: 400 },
    { layers: 3, perLayer: 3, pathways: 400, wildShare: 0.1 },
    { ...HUNDRED, pathways: 1500 },
  ];
  const alarms = shapes.flatMap((shape) =>
    SEEDS.filter((seed) => outliersOf(creditOf(shape, seed)).length)
  );
  // One in a thousand swarms is meant; two of 120 leave room for what is only about normal.
  assert.isAtMost(alarms.length, 2);
});

test("honest miners that differ a little from each other are no outliers", () => {
  const swarm = { layers: 5, perLayer: 20, pathways: 4096, spread: 0.05 };
  const alarms = SEEDS.filter((seed) => outliersOf(creditOf(swarm, seed)).length);
  assert.isAtMost(alarms.length, 1);
});

test("an effect is told to within its standard error", () => {
  const deviations = SEEDS.map((seed) => {
    const clasp = creditOf({ ...SMALL, effects: { "3-1": 0.3 } }, seed);
    const { effect, standardError } = creditFor(clasp, "3-1");
    return (effect - 0.3) / standardError;
  });
  const square = deviations.reduce((sum, each) => sum + each ** 2, 0) / deviations.length;
  // Twenty squares of mean 1 have a standard deviation of 0.32.
  assert.isBelow(Math.abs(square - 1), 0.97);
});

test("losses that fall are not credited to the miners that came late", () => {
  const early = simulate({ layers: 3, perLayer: 3, pathways: 1500 }, 1);
  const clasp = new Clasp();
  early.forEach(({ hotkeys, loss }, i) => {
    // From the middle on, one of the last layer's miners is replaced.
    const last = i >= 750 && hotkeys[2] === "2-0" ? "2-late" : hotkeys[2];
    clasp.add({ hotkeys: [hotkeys[0], hotkeys[1], last], loss });
  });
  assert.deepEqual(outliersOf(clasp), []);
});

test("a miner that turns bad late is found soon", () => {
  const clasp = new Clasp();
  for (const pathway of simulate({ ...SMALL, pathways: 3000 }, 3)) clasp.add(pathway);
  for (const pathway of simulate({ ...SMALL, pathways: 150, effects: { "5-2": 3 } }, 4)) {
    clasp.add({ ...pathway, loss: pathway.loss - 4 });
  }
  assert.deepEqual(outliersOf(clasp), ["5-2"]);
});

test("the window forgets a miner that was bad once", () => {
  const clasp = new Clasp({ window: 1000 });
  const bad = simulate({ ...SMALL, effects: { "0-0": 2 } }, 6);
  for (const pathway of bad) clasp.add(pathway);
  assert.deepEqual(outliersOf(clasp), ["0-0"]);
  for (const pathway of simulate({ ...SMALL, pathways: 1000 }, 7)) clasp.add(pathway);
  assert.deepEqual(outliersOf(clasp), []);
});

test("the window holds no more pathways than it is wide", () => {
  const clasp = new Clasp({ window: 300 });
  for (const pathway of simulate(SMALL, 8)) clasp.add(pathway);
  assert.equal(clasp.report().pathways, 300);
});

test("one wild loss accuses nobody", () => {
  const clasp = creditOf(SMALL, 9);
  clasp.add({ hotkeys: Array.from({ length: 8 }, (_, layer) => `${layer}-0`), loss: 1e12 });
  assert.deepEqual(outliersOf(clasp), []);
});

test("a loss that is not finite is not taken", () => {
  const clasp = creditOf(SMALL, 9);
  clasp.add({ hotkeys: ["0-0"], loss: NaN });
  assert.equal(clasp.report().pathways, SMALL.pathways);
});

test("a miner of absurd losses is found", () => {
  assert.deepEqual(outliersOf(creditOf({ ...SMALL, effects: { "1-3": 1e6 } }, 10)), ["1-3"]);
});

test("who reports losses that are too good is called so", () => {
  const clasp = creditOf({ ...SMALL, effects: { "7-0": -0.5 } }, 11);
  const found = clasp.report().miners.filter(({ outlier }) => outlier);
  assert.deepEqual(found.map(({ hotkey, outlier }) => [hotkey, outlier]), [["7-0", "too good"]]);
});

test("of two miners in a layer only the worse one is an outlier", () => {
  const clasp = creditOf({ layers: 3, perLayer: 2, pathways: 600, effects: { "1-1": 1 } }, 12);
  assert.deepEqual(outliersOf(clasp), ["1-1"]);
});

test("nothing is said of a miner that is alone in its layer", () => {
  const [miner] = creditOf({ layers: 3, perLayer: 1, pathways: 500 }, 13).report().miners;
  assert.deepInclude(miner, { pathways: 500, effect: null, outlier: null });
});

test("nothing is said before there are enough pathways", () => {
  const { noise, miners } = creditOf({ ...SMALL, pathways: 60 }, 14).report();
  assert.isNull(noise);
  assert.isTrue(miners.every(({ effect }) => effect === null));
});

test("nothing is said of a miner that was hardly seen", () => {
  const clasp = creditOf(SMALL, 15);
  const hotkeys = Array.from({ length: 8 }, (_, layer) => layer === 4 ? "new" : `${layer}-0`);
  for (let i = 0; i < 5; i++) clasp.add({ hotkeys, loss: 40 });
  const miner = clasp.report().miners.find(({ hotkey }) => hotkey === "new");
  assert.deepInclude(miner, { pathways: 5, effect: null });
});

test("miners that always work together are not accused of more than they share", () => {
  // Miner 0 of layer 1 runs what miner 0 of layer 0 has run, and nothing else.
  const route: SimulatedSwarm["route"] = (layer, random, chosen) => {
    if (layer !== 1) return Math.floor(random() * 4);
    return chosen[0] === 0 ? 0 : 1 + Math.floor(random() * 3);
  };
  const clasp = creditOf({ ...SMALL, layers: 3, effects: { "0-0": 0.5 }, route }, 16);
  const apart = creditOf({ ...SMALL, layers: 3, effects: { "0-0": 0.5 } }, 16);
  const together = creditFor(clasp, "0-0");
  assert.isAbove(together.standardError, 3 * creditFor(apart, "0-0").standardError);
});

test("uneven routes do not bend the estimate", () => {
  // Who starts at miner 0 goes on to miner 0 of the next layer three times in four.
  const route: SimulatedSwarm["route"] = (layer, random, chosen) => {
    const isDrawn = layer > 0 && chosen[layer - 1] === 0 && random() < 0.75;
    return isDrawn ? 0 : Math.floor(random() * 4);
  };
  const clasp = creditOf({ ...SMALL, pathways: 4000, effects: { "2-0": 0.6 }, route }, 17);
  assert.deepEqual(outliersOf(clasp), ["2-0"]);
  // Three standard errors.
  assert.closeTo(creditFor(clasp, "2-0").effect, 0.6, 0.08);
});

test("a miner that changes its layer is judged in each by itself", () => {
  const clasp = creditOf(SMALL, 18);
  for (const { hotkeys, loss } of simulate({ ...SMALL, pathways: 400 }, 19)) {
    clasp.add({ hotkeys: hotkeys.with(6, hotkeys[6] === "6-1" ? "2-2" : hotkeys[6]), loss });
  }
  const seen = clasp.report().miners.filter(({ hotkey }) => hotkey === "2-2");
  assert.deepEqual(seen.map(({ layer }) => layer), [2, 6]);
});

test("losses without any noise are explained without dividing by zero", () => {
  const clasp = creditOf({ ...SMALL, noise: 0, effects: { "3-3": 0.4 } }, 20);
  assert.deepEqual(outliersOf(clasp), ["3-3"]);
});

test("no pathway at all gives an empty report", () => {
  assert.deepEqual(new Clasp().report(), { pathways: 0, noise: null, miners: [] });
});

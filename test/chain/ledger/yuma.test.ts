import { test } from "#test";
import { assert } from "chai";
import { runYuma, type YumaInput, type YumaResult } from "../../../core/chain/ledger/yuma.ts";

/** Shares are sums and quotients of a few f64 near 1. */
const F64_TOLERANCE = 1e-12;
/** Bonds come from the epoch before in steps of 1/65535, of the largest in their column. */
const BOND_TOLERANCE = 2e-5;

/** Weights as a test writes them: by validator, then by miner. */
type Sparse = Record<number, Record<number, number>>;

function rows(count: number, sparse: Sparse): { uids: number[]; values: number[] }[] {
  return Array.from({ length: count }, (_, uid) => ({
    uids: Object.keys(sparse[uid] ?? {}).map(Number),
    values: Object.values(sparse[uid] ?? {}),
  }));
}

/** An epoch at block 100 of neurons that are all permitted, active and as old as the subnet. */
function input(
  stakes: readonly number[],
  weights: Sparse,
  changes: Partial<YumaInput> = {},
): YumaInput {
  const each = <T>(value: T): T[] => stakes.map(() => value);
  return {
    block: 100,
    previousBlock: 80,
    stakes,
    permits: each(true),
    lastUpdates: each(90),
    registeredAt: each(0),
    waitingCommits: each(undefined),
    weights: rows(stakes.length, weights),
    bonds: rows(stakes.length, {}),
    ownerUid: undefined,
    activityCutoffBlocks: 50,
    maxValidatorCount: 64,
    kappa: 0.5,
    bondsPenalty: 1,
    bondsKept: 0.9,
    ...changes,
  };
}

function assertShares(
  actual: readonly number[],
  expected: readonly number[],
  tolerance = F64_TOLERANCE,
): void {
  assert.lengthOf(actual, expected.length);
  actual.forEach((share, uid) => assert.approximately(share, expected[uid], tolerance, `${uid}`));
}

/** The epoch after one that found `result`, with other weights. */
function next(before: YumaInput, result: YumaResult, weights: Sparse): YumaInput {
  return {
    ...before,
    block: before.block + 20,
    previousBlock: before.block,
    lastUpdates: before.lastUpdates.map((at) => at + 20),
    bonds: result.bonds,
    weights: rows(before.stakes.length, weights),
  };
}

test("one validator's weights are the miners' incentives, whatever their scale", () => {
  for (const scale of [1, 13107]) {
    const result = runYuma(input([5, 0, 0], { 0: { 1: 3 * scale, 2: 1 * scale } }));
    assertShares(result.incentives, [0, 0.75, 0.25]);
    assertShares(result.consensus, [0, 0.75, 0.25]);
    assertShares(result.trust, [0, 1, 1]);
    assertShares(result.validatorTrust, [1, 0, 0]);
    assertShares(result.dividends, [1, 0, 0]);
  }
});

test("a minority's favourite earns nothing, and the minority with it", () => {
  const result = runYuma(input([6, 4, 0, 0], { 0: { 2: 1 }, 1: { 3: 1 } }));
  assertShares(result.consensus, [0, 0, 1, 0]);
  assertShares(result.incentives, [0, 0, 1, 0]);
  assertShares(result.validatorTrust, [1, 0, 0, 0]);
  assertShares(result.dividends, [1, 0, 0, 0]);
});

test("weights are clipped to what a majority stands behind", () => {
  // Of three equal stakes, a kappa of 0.6 takes the lower two: miner 3 gets 0.4, miner 4 0.2.
  const weights = { 0: { 3: 8, 4: 2 }, 1: { 3: 4, 4: 6 }, 2: { 3: 4, 4: 6 } };
  const result = runYuma(input([1, 1, 1, 0, 0], weights, { kappa: 0.6 }));
  assertShares(result.consensus, [0, 0, 0, 0.4, 0.6]);
  // Clipped rows: 0.4 and 0.2; 0.4 and 0.6; 0.4 and 0.6. Ranks 0.4 and 1.4 / 3.
  assertShares(result.validatorTrust, [0.6, 1, 1, 0, 0]);
  assertShares(result.incentives, [0, 0, 0, 6 / 13, 7 / 13]);
  // Unclipped ranks 1.6 / 3 and 1.4 / 3.
  assertShares(result.trust, [0, 0, 0, 0.75, 1]);
  // Miner 3's bonds are equal thirds, those of miner 4 are 1/7, 3/7, 3/7.
  assertShares(result.dividends, [3 / 13, 5 / 13, 5 / 13, 0, 0]);
});

test("without a penalty, bonds follow the weights as they were before clipping", () => {
  const weights = { 0: { 3: 8, 4: 2 }, 1: { 3: 4, 4: 6 }, 2: { 3: 4, 4: 6 } };
  const result = runYuma(input([1, 1, 1, 0, 0], weights, { kappa: 0.6, bondsPenalty: 0 }));
  // Bonds with miner 3 are 1/2, 1/4, 1/4, those with miner 4 are 1/7, 3/7, 3/7.
  assertShares(result.dividends, [4 / 13, 4.5 / 13, 4.5 / 13, 0, 0]);
});

test("exactly half of the stake is enough for the chain's kappa, which is below a half", () => {
  const weights = { 0: { 2: 1 }, 1: { 3: 1 } };
  const half = runYuma(input([1, 1, 0, 0], weights, { kappa: 32767 / 65535 }));
  assertShares(half.incentives, [0, 0, 0.5, 0.5]);
  // A kappa of exactly a half is met by exactly a half.
  assertShares(runYuma(input([1, 1, 0, 0], weights)).incentives, [0, 0, 0.5, 0.5]);
  const less = runYuma(input([0.4999, 0.5001, 0, 0], weights, { kappa: 32767 / 65535 }));
  assertShares(less.incentives, [0, 0, 0, 1]);
});

test("a kappa of 0 lets every weight stand, and one of 1 only those of all", () => {
  const weights = { 0: { 2: 3, 3: 1 }, 1: { 2: 1, 3: 1 } };
  const all = runYuma(input([1, 9, 0, 0], weights, { kappa: 0 }));
  assertShares(all.consensus, [0, 0, 0.75, 0.5]);
  const unanimous = runYuma(input([1, 9, 0, 0], weights, { kappa: 1 }));
  assertShares(unanimous.consensus, [0, 0, 0.5, 0.25]);
});

test("bonds move a tenth of the way in each epoch", () => {
  const all = { 0: { 4: 1 }, 1: { 4: 1 }, 2: { 4: 1 }, 3: { 4: 1 } };
  const first = input([1, 2, 3, 4, 0], all);
  const agreed = runYuma(first);
  assertShares(agreed.dividends, [0.1, 0.2, 0.3, 0.4, 0]);
  // The first validator stops; the others' bonds would be 2/9, 3/9, 4/9.
  const { 0: _, ...others } = all;
  const moved = runYuma(next(first, agreed, others));
  assertShares(
    moved.dividends,
    [0.09, 0.18 + 0.2 / 9, 0.27 + 0.3 / 9, 0.36 + 0.4 / 9, 0],
    BOND_TOLERANCE,
  );
});

test("bonds that do not move stay the same to the last bit, for thousands of epochs", () => {
  const weights = { 0: { 3: 5, 4: 1 }, 1: { 3: 2, 4: 7 }, 2: { 3: 3, 4: 3 } };
  let epoch = input([17, 29, 31, 0, 0], weights);
  let result = runYuma(epoch);
  const before = result.bonds;
  for (let i = 0; i < 2000; i++) {
    epoch = next(epoch, result, weights);
    result = runYuma(epoch);
  }
  assert.deepEqual(result.bonds, before);
});

test("bonds that no weights move stay the same to the last bit, for thousands of epochs", () => {
  const weights = { 0: { 3: 5, 4: 1 }, 1: { 3: 2, 4: 7 }, 2: { 3: 3, 4: 3 } };
  let epoch = input([17, 29, 31, 0, 0], weights);
  let result = runYuma(epoch);
  const before = result.bonds;
  for (let i = 0; i < 2000; i++) {
    epoch = next(epoch, result, {});
    result = runYuma(epoch);
  }
  assert.deepEqual(result.bonds, before);
});

test("a validator's weight for itself does not count", () => {
  const result = runYuma(input([5, 0], { 0: { 0: 9, 1: 1 } }));
  assertShares(result.incentives, [0, 1]);
});

test("the owner's weight for itself counts", () => {
  const result = runYuma(input([5, 0], { 0: { 0: 9, 1: 1 } }, { ownerUid: 0 }));
  assertShares(result.incentives, [0.9, 0.1]);
});

test("weights without a permit do not count", () => {
  const result = runYuma(
    input([5, 1, 0, 0], { 0: { 2: 1 }, 1: { 3: 1 } }, { permits: [false, true, true, true] }),
  );
  assertShares(result.incentives, [0, 0, 0, 1]);
  assertShares(result.dividends, [0, 1, 0, 0]);
});

test("the owner needs no permit, and keeps one", () => {
  const permits = [false, false, false];
  const result = runYuma(
    input([5, 5, 0], { 0: { 2: 1 } }, { permits, ownerUid: 0, maxValidatorCount: 0 }),
  );
  assertShares(result.incentives, [0, 0, 1]);
  assert.deepEqual(result.permits, [true, false, false]);
});

test("weights older than the neuron at their uid do not count, nor those of the same block", () => {
  for (const registeredAt of [90, 91]) {
    const result = runYuma(
      input([5, 0, 0], { 0: { 1: 1, 2: 1 } }, { registeredAt: [0, registeredAt, 0] }),
    );
    assertShares(result.incentives, [0, 0, 1]);
  }
});

test("revealed weights do not count for a neuron younger than a commit that waits", () => {
  const changes = { registeredAt: [0, 70, 0], waitingCommits: [60, undefined, undefined] };
  const result = runYuma(input([5, 0, 0], { 0: { 1: 1, 2: 1 } }, changes));
  assertShares(result.incentives, [0, 0, 1]);
});

test("bonds with the neuron before one that came since the last epoch are gone", () => {
  const first = input([1, 3, 0, 0], { 0: { 2: 1, 3: 1 }, 1: { 2: 1, 3: 1 } });
  const result = runYuma(first);
  const later = next(first, result, { 1: { 2: 1, 3: 1 } });
  const replaced = runYuma({ ...later, registeredAt: [0, 0, 101, 0] });
  const [, bonds] = replaced.bonds;
  // With miner 3 the first validator keeps nine tenths of its quarter, with miner 2 nothing.
  assert.deepEqual(replaced.bonds[0].uids, [3]);
  assert.deepEqual(bonds.uids, [2, 3]);
});

test("stake whose weights are too old has no say, from the block after the cutoff on", () => {
  const weights = { 0: { 2: 1 }, 1: { 3: 1 } };
  const onTheEdge = runYuma(input([9, 1, 0, 0], weights, { lastUpdates: [50, 90, 90, 90] }));
  assert.deepEqual(onTheEdge.active, [true, true, true, true]);
  assertShares(onTheEdge.incentives, [0, 0, 1, 0]);
  const tooOld = runYuma(input([9, 1, 0, 0], weights, { lastUpdates: [49, 90, 90, 90] }));
  assert.deepEqual(tooOld.active, [false, true, true, true]);
  assertShares(tooOld.incentives, [0, 0, 0, 1]);
});

test("where no one weighs, validators are paid by their stake", () => {
  const result = runYuma(input([3, 1, 0], {}));
  assertShares(result.incentives, [0, 0, 0]);
  assertShares(result.validatorShares, [0.75, 0.25, 0]);
});

test("where no one weighs, stake that is not active is not paid", () => {
  const result = runYuma(input([3, 1, 0], {}, { lastUpdates: [0, 90, 90] }));
  assertShares(result.validatorShares, [0, 1, 0]);
});

test("where no one who may weigh is active, all stake is paid", () => {
  const result = runYuma(input([3, 1, 0], {}, { lastUpdates: [0, 0, 0] }));
  assertShares(result.validatorShares, [0.75, 0.25, 0]);
});

test("bonds rest while no one has a say", () => {
  const first = input([1, 3, 0], { 0: { 2: 1 }, 1: { 2: 1 } });
  const result = runYuma(first);
  const asleep = runYuma({ ...next(first, result, {}), lastUpdates: [0, 0, 0] });
  assert.deepEqual(asleep.bonds, result.bonds);
});

test("while no one has a say, bonds with a newcomer and of those without a permit are dropped", () => {
  const first = input([1, 3, 0, 0], { 0: { 2: 1, 3: 1 }, 1: { 2: 1, 3: 1 } });
  const later = { ...next(first, runYuma(first), {}), lastUpdates: [0, 0, 0, 0] };
  const asleep = runYuma({ ...later, registeredAt: [0, 0, 101, 0], maxValidatorCount: 1 });
  assert.deepEqual(asleep.bonds.slice(0, 2), [
    { uids: [], values: [] },
    { uids: [3], values: [65535] },
  ]);
});

test("weights of nothing but zeros are no weights", () => {
  const result = runYuma(input([3, 1, 0], { 0: { 2: 0 }, 1: { 2: 0 } }));
  assertShares(result.incentives, [0, 0, 0]);
  assertShares(result.validatorShares, [0.75, 0.25, 0]);
});

test("weights for uids that are not there do not count", () => {
  const result = runYuma(input([3, 0], { 0: { 1: 1, 7: 1 } }));
  assertShares(result.incentives, [0, 1]);
});

test("a subnet without stake pays no one", () => {
  const result = runYuma(input([0, 0], { 0: { 1: 1 } }));
  assertShares(result.incentives, [0, 0]);
  assertShares(result.validatorShares, [0, 0]);
  assert.deepEqual(result.permits, [false, false]);
});

test("a subnet without neurons is no trouble", () => {
  assert.deepEqual(runYuma(input([], {})).incentives, []);
});

test("permits go to the largest stakes, and of equal ones to the higher uids", () => {
  const permits = (stakes: number[], maxValidatorCount: number): boolean[] =>
    runYuma(input(stakes, {}, { maxValidatorCount })).permits;
  assert.deepEqual(permits([1, 3, 2], 2), [false, true, true]);
  assert.deepEqual(permits([1, 1, 1], 2), [false, true, true]);
  assert.deepEqual(permits([1, 0, 0], 2), [true, false, false]);
  assert.deepEqual(permits([1, 1], 5), [true, true]);
  assert.deepEqual(permits([1, 1], 0), [false, false]);
});

test("bonds of a validator that loses its permit are dropped", () => {
  const result = runYuma(
    input([1, 3, 0], { 0: { 2: 1 }, 1: { 2: 1 } }, { maxValidatorCount: 1 }),
  );
  assert.deepEqual(result.bonds[0], { uids: [], values: [] });
  assert.deepEqual(result.bonds[1], { uids: [2], values: [65535] });
});

test("shares sum to 1 for random subnets", () => {
  let seed = 1;
  const random = (): number => (seed = seed * 48271 % 0x7fffffff) / 0x7fffffff;
  for (let round = 0; round < 100; round++) {
    const count = 2 + Math.floor(random() * 30);
    const stakes = Array.from({ length: count }, () => random() < 0.5 ? 0 : 1e15 * random() ** 4);
    const weights = Object.fromEntries(stakes.map((_, i) => [
      i,
      Object.fromEntries(
        stakes.flatMap((_, j) => random() < 0.3 ? [[j, Math.floor(random() * 65536)]] : []),
      ),
    ]));
    const result = runYuma(input(stakes, weights));
    for (const shares of [result.incentives, result.dividends, result.validatorShares]) {
      assert.isTrue(shares.every((share) => share >= 0 && share <= 1));
      const sum = shares.reduce((a, b) => a + b, 0);
      if (sum !== 0) assert.approximately(sum, 1, F64_TOLERANCE);
    }
  }
});

/**
 * Tests of the stake that counts.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import {
  type Family,
  type Holding,
  type StakeRules,
  weighStake,
} from "../../../core/chain/subtensor/stake_weights.ts";

const MAX = (1n << 64n) - 1n;
const ALONE: Family = { children: [], parents: [] };
const RULES: StakeRules = { taoWeight: MAX, handsAlphaOn: true, handsTaoOn: true };
const OWN: Holding = { alphaRao: 1000n, taoRao: 400n };

test("a hotkey alone has what it holds, alpha and TAO", () => {
  assert.deepEqual(weighStake(OWN, ALONE, RULES), {
    totalStakeRao: 1400n,
    alphaStakeRao: 1000n,
    taoStakeRao: 400n,
  });
});

test("TAO counts by its weight", () => {
  const { totalStakeRao, taoStakeRao } = weighStake(OWN, ALONE, { ...RULES, taoWeight: MAX / 4n });
  // A quarter of a u64 is a little less than a quarter, and the rest of a rao is cut off.
  assert.deepEqual([totalStakeRao, taoStakeRao], [1099n, 400n]);
});

test("TAO without a weight does not count", () => {
  assert.equal(weighStake(OWN, ALONE, { ...RULES, taoWeight: 0n }).totalStakeRao, 1000n);
});

test("what goes to children is gone", () => {
  const family = { children: [MAX / 2n, MAX], parents: [] };
  assert.equal(weighStake(OWN, { ...family, children: [MAX] }, RULES).totalStakeRao, 0n);
  assert.equal(weighStake(OWN, family, RULES).totalStakeRao, 0n, "never less than nothing");
});

test("what comes from parents is added, alpha and TAO each from its own", () => {
  const parent = { alphaRao: 5_000_000n, taoRao: 70n };
  const { alphaStakeRao, taoStakeRao } = weighStake(
    OWN,
    { children: [], parents: [[MAX, parent], [0n, parent]] },
    RULES,
  );
  assert.deepEqual([alphaStakeRao, taoStakeRao], [5_001_000n, 470n]);
});

test("parts of a rao add up before they are cut off, as the runtime's fractions do", () => {
  const half = { alphaRao: 1n, taoRao: 0n };
  const parents = [[(MAX >> 1n) + 1n, half], [(MAX >> 1n) + 1n, half]] as const;
  assert.equal(weighStake(OWN, { children: [], parents }, RULES).alphaStakeRao, 1001n);
});

test("a runtime that hands no TAO on leaves it where it is", () => {
  const family: Family = { children: [MAX], parents: [[MAX, { alphaRao: 3n, taoRao: 9n }]] };
  const { alphaStakeRao, taoStakeRao } = weighStake(OWN, family, { ...RULES, handsTaoOn: false });
  assert.deepEqual([alphaStakeRao, taoStakeRao], [3n, 400n]);
});

test("the root hands no alpha on", () => {
  const family: Family = { children: [MAX], parents: [] };
  assert.equal(weighStake(OWN, family, { ...RULES, handsAlphaOn: false }).alphaStakeRao, 1000n);
});

test("no amount of a chain is too large", () => {
  const most = { alphaRao: MAX, taoRao: MAX };
  const family: Family = { children: [], parents: [[MAX, most], [MAX, most]] };
  assert.equal(weighStake(most, family, RULES).totalStakeRao, 6n * MAX);
});

import { test } from "#test";
import { assert } from "chai";
import {
  decayedBurnRao,
  decayFactorQ32,
  raisedBurnRao,
} from "../../../core/chain/ledger/burn_price.ts";
import { localRules, type SubnetRules } from "../../../core/chain/ledger/rules.ts";

function rules(changes: Partial<SubnetRules> = {}): SubnetRules {
  return localRules({ minBurnRao: 0n, maxBurnRao: 10n ** 18n, ...changes });
}

test("a price follows burn * 2^(-blocks / halfLife)", () => {
  const start = 10n ** 15n;
  for (const halfLife of [1, 2, 7, 360, 1000, 65535]) {
    for (const blocks of [1, 5, 100, 1000]) {
      const price = Number(decayedBurnRao(start, blocks, rules({ burnHalfLifeBlocks: halfLife })));
      const exact = Number(start) * 2 ** (-blocks / halfLife);
      // The factor has 32 binary digits and is used `blocks` times; rao are cut off `blocks` times.
      assert.approximately(price, exact, exact * blocks * 2 ** -30 + blocks);
    }
  }
});

test("two reads on the way give the same price as none", () => {
  const start = 123_456_789_012n;
  for (const [first, second] of [[0, 500], [1, 499], [250, 250], [499, 1]]) {
    const halfway = decayedBurnRao(start, first, rules());
    assert.equal(
      decayedBurnRao(halfway, second, rules()),
      decayedBurnRao(start, 500, rules()),
    );
  }
});

test("decay stops at the lowest price, exactly", () => {
  const bounded = rules({ minBurnRao: 500_000n });
  assert.equal(decayedBurnRao(500_001n, 1, bounded), 500_000n);
  assert.equal(decayedBurnRao(10n ** 11n, 1_000_000_000, bounded), 500_000n);
});

test("a price below the lowest is raised to it by the first block", () => {
  const bounded = rules({ minBurnRao: 500_000n });
  assert.equal(decayedBurnRao(1n, 0, bounded), 1n);
  assert.equal(decayedBurnRao(1n, 1, bounded), 500_000n);
});

test("a half-life of 0 means that prices never fall", () => {
  assert.equal(decayedBurnRao(777n, 1_000_000_000, rules({ burnHalfLifeBlocks: 0 })), 777n);
});

test("without a lowest price, the price falls to nothing and stays there", () => {
  assert.equal(decayedBurnRao(10n ** 9n, 1_000_000_000, rules()), 0n);
  assert.equal(raisedBurnRao(0n, rules()), 0n);
});

test("a registration multiplies the price by 1.26, cut to whole rao", () => {
  assert.equal(raisedBurnRao(100_000_000n, rules()), 126_000_000n);
  assert.equal(raisedBurnRao(1n, rules()), 1n);
  assert.equal(raisedBurnRao(3n, rules()), 3n);
  assert.equal(raisedBurnRao(4n, rules()), 5n);
});

test("a registration raises the price to the highest at most", () => {
  const bounded = rules({ maxBurnRao: 100n });
  assert.equal(raisedBurnRao(80n, bounded), 100n);
  assert.equal(raisedBurnRao(100n, bounded), 100n);
});

test("the decay factor halves at its half-life and not before", () => {
  const one = 1n << 32n;
  for (const halfLife of [1, 2, 3, 360, 36_100]) {
    let value = one;
    for (let block = 1; block < halfLife; block++) value = value * decayFactorQ32(halfLife) >> 32n;
    assert.isTrue(value > one / 2n);
    // Each step cuts off less than one of 2^32.
    assert.approximately(
      Number(value * decayFactorQ32(halfLife) >> 32n),
      2 ** 31,
      halfLife + 1,
    );
  }
});

import { test } from "#test";
import { assert } from "chai";
import {
  blockEmissionRao,
  divided,
  dividedBy,
  eighteenPercent,
  epochPots,
} from "../../../core/chain/ledger/emission.ts";
import { LOCAL_RULES, localRules } from "../../../core/chain/ledger/rules.ts";

const SUPPLY = 21_000_000_000_000_000n;

function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((a, b) => a + b, 0n);
}

test("a block brings one alpha until half of the supply is out, then half of one", () => {
  assert.equal(blockEmissionRao(0n, LOCAL_RULES), 1_000_000_000n);
  assert.equal(blockEmissionRao(SUPPLY / 2n - 1n, LOCAL_RULES), 1_000_000_000n);
  assert.equal(blockEmissionRao(SUPPLY / 2n, LOCAL_RULES), 500_000_000n);
  assert.equal(blockEmissionRao(SUPPLY / 4n * 3n, LOCAL_RULES), 250_000_000n);
});

test("nothing comes after the last rao of the supply", () => {
  assert.equal(blockEmissionRao(SUPPLY, LOCAL_RULES), 0n);
  const generous = localRules({ emissionPerBlockRao: 10n ** 12n });
  const { ownerRao, minersRao, validatorsRao } = epochPots(SUPPLY - 1n, 65535, generous);
  assert.isAtMost(Number(ownerRao + minersRao + validatorsRao), 1);
});

test("an epoch that would bring more than is left brings what is left", () => {
  const generous = localRules({ emissionPerBlockRao: 10n ** 12n });
  const { ownerRao, minersRao, validatorsRao } = epochPots(SUPPLY / 2n - 1n, 65535, generous);
  assert.equal(ownerRao + minersRao + validatorsRao, SUPPLY / 2n + 1n);
});

test("an epoch's emission is 18% for the owner, 41% for miners and 41% for validators", () => {
  const pots = epochPots(0n, 100, LOCAL_RULES);
  // The chain's 18% is 11796 of 65535.
  assert.equal(pots.ownerRao, 100_000_000_000n * 11796n / 65535n);
  assert.equal(pots.minersRao + pots.validatorsRao + pots.ownerRao, 100_000_000_000n);
  assert.isTrue(pots.validatorsRao - pots.minersRao <= 1n);
});

test("a pot is divided by its shares and never exceeded", () => {
  assert.deepEqual(divided(100n, [0.5, 0.25, 0.25]), [50n, 25n, 25n]);
  const thirds = divided(100n, [1 / 3, 1 / 3, 1 / 3]);
  assert.deepEqual(thirds, [33n, 33n, 33n]);
  for (let pot = 0n; pot < 50n; pot++) {
    assert.isTrue(sum(divided(pot, [0.1, 0.2, 0.3, 0.4, 1e-17])) <= pot);
  }
});

test("a pot of the size of all money is divided exactly", () => {
  const pot = 2n ** 63n;
  const parts = divided(pot, [0.5, 0.5]);
  assert.deepEqual(parts, [pot / 2n, pot / 2n]);
});

test("shares of nothing get nothing", () => {
  assert.deepEqual(divided(100n, [0, 0]), [0n, 0n]);
  assert.deepEqual(divided(100n, []), []);
  assert.deepEqual(dividedBy(100n, [0n, 0n]), [0n, 0n]);
});

test("a share too small for a step gets nothing, and the others no more than all", () => {
  assert.deepEqual(divided(1000n, [1, 1e-20]), [1000n, 0n]);
});

test("eighteen percent is cut to whole rao", () => {
  assert.equal(eighteenPercent(65535n), 11796n);
  assert.equal(eighteenPercent(5n), 0n);
});

/**
 * Which scores become weights on the chain, and which become none.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import type { Weights } from "../../../core/chain/chain.ts";
import type { Receipt } from "../../../core/chain/receipt.ts";
import { SPEC_VERSION } from "../../../core/iota/api/routes.ts";
import type { MinerScores } from "../../../core/iota/api/schemas.ts";
import {
  chainWeights,
  type ChainWeightsOptions,
} from "../../../core/iota/gradient_validator/chain_weights.ts";
import { Keypair } from "../../../core/wallet/keypair.ts";
import { readyKeys } from "../../../core/wallet/ready.ts";

await readyKeys();
const HOTKEY = Keypair.fromUri("//Alice");
const PUBLISHED: ChainWeightsOptions = { netuid: 9, burnFactor: 5, burnUid: 209 };
const NOTHING_BURNT: ChainWeightsOptions = { ...PUBLISHED, burnFactor: 1 };

const RECEIPT: Receipt = {
  ...{ extrinsicHash: `0x${"0".repeat(64)}`, blockHash: `0x${"0".repeat(64)}`, blockNumber: 1 },
  ...{ feeRao: 0n, uid: undefined },
};

/** Sets weights from scores. @returns what it said was set, and what the chain was sent */
async function setFrom(
  scores: MinerScores,
  options: ChainWeightsOptions,
): Promise<{ uids: readonly number[]; sent: readonly Weights[] }> {
  const sent: Weights[] = [];
  const chain = {
    setWeights: (_hotkey: unknown, weights: Weights) => {
      sent.push(weights);
      return Promise.resolve(RECEIPT);
    },
  };
  return { uids: await chainWeights(chain, HOTKEY, options)(scores), sent };
}

const WORTHLESS: readonly [string, MinerScores][] = [
  ["no scores", {}],
  ["a score of 0", { 7: 0 }],
  ["scores that are all 0", { 1: 0, 2: 0, 3: -0 }],
  ["a penalty alone", { 7: -3 }],
  ["penalties and zeros", { 1: -3, 2: 0, 3: -0.5 }],
  ["a NaN", { 7: NaN }],
  ["NaNs, penalties and zeros", { 1: NaN, 2: -3, 3: 0, 4: -Infinity }],
];

for (const [what, scores] of WORTHLESS) {
  for (const [burning, options] of [["", NOTHING_BURNT], [", burn or not", PUBLISHED]] as const) {
    test(`from ${what} nothing is sent to the chain${burning}`, async () => {
      assert.deepEqual(await setFrom(scores, options), { uids: [], sent: [] });
    });
  }
}

test("beside who has earned something, penalties, zeros and NaNs weigh nothing", async () => {
  const { uids, sent } = await setFrom({ 1: -3, 2: 1, 3: NaN, 4: 3, 5: 0 }, NOTHING_BURNT);
  assert.deepEqual(uids, [2, 4]);
  assert.deepEqual(sent, [
    // A third of the largest, which is 65535.
    { netuid: 9, uids: [2, 4], values: [21845, 65535], versionKey: BigInt(SPEC_VERSION) },
  ]);
});

test("all but a fifth is burnt, and the burn uid is among those with a weight", async () => {
  const { uids, sent } = await setFrom({ 1: 1, 2: 1, 3: -3 }, PUBLISHED);
  assert.deepEqual(uids, [1, 2, 209]);
  // 0.1, 0.1 and 0.8: an eighth of 65535 is 8191.9.
  assert.deepEqual(sent.map(({ values }) => values), [[8192, 8192, 65535]]);
});

test("a miner whose share rounds to 0 is not sent", async () => {
  const { uids, sent } = await setFrom({ 1: 1, 2: 1e6 }, NOTHING_BURNT);
  assert.deepEqual(uids, [2]);
  assert.deepEqual(sent.map((weights) => weights.uids), [[2]]);
});

/**
 * Refusals as a Substrate node words them, and as chopsticks does.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { type PoolRefusal, readRefusal } from "../../../core/chain/subtensor/pool_refusal.ts";

const INVALID = "Invalid Transaction";

for (
  const [code, text, expected] of [
    [1010, `1010: ${INVALID}: Transaction is outdated`, { kind: "stale" }],
    [1010, '1010: {"invalid":{"stale":null}}', { kind: "stale" }],
    [
      1010,
      `1010: ${INVALID}: Inability to pay some fees (e.g. account balance too low)`,
      { kind: "payment" },
    ],
    [1010, '1010: {"invalid":{"payment":null}}', { kind: "payment" }],
    [1010, `1010: ${INVALID}: Transaction has a bad signature`, { kind: "badProof" }],
    [1010, '1010: {"invalid":{"badProof":null}}', { kind: "badProof" }],
    [1010, `1010: ${INVALID}: Custom error: 0`, { kind: "custom", customCode: 0 }],
    [1010, `1010: ${INVALID}: Custom error: 255`, { kind: "custom", customCode: 255 }],
    [1010, '1010: {"invalid":{"custom":12}}', { kind: "custom", customCode: 12 }],
    [
      1010,
      `1010: ${INVALID}: Transaction would exhaust the block limits`,
      { kind: "other" },
    ],
    [1010, `1010: ${INVALID}: Transaction will be valid in the future`, { kind: "other" }],
    [1012, "1012: Transaction is temporarily banned", { kind: "passing", isKnown: false }],
    [1013, "1013: Transaction Already Imported", { kind: "passing", isKnown: true }],
    [1014, "1014: Priority is too low: (5 vs 5)", { kind: "passing" }],
    [1016, "1016: Immediately Dropped", { kind: "passing" }],
    [1011, "1011: Unknown Transaction Validity", { kind: "other" }],
    [-32601, "-32601: Method not found", { kind: "other" }],
    // Only a refusal says that a call is outdated.
    [1002, "1002: Verification Error: outdated", { kind: "other" }],
  ] as const
) {
  test(`readRefusal() reads "${text}"`, () => {
    const expectedRefusal: Partial<PoolRefusal> = { isKnown: false, text, ...expected };
    assert.deepEqual(readRefusal(code, text), expectedRefusal as PoolRefusal);
  });
}

test("readRefusal() puts the code before a text that lacks it", () => {
  assert.equal(readRefusal(1012, "banned").text, "1012: banned");
});

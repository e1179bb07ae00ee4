import { test } from "#test";
import { assert } from "chai";
import type { ChallengeRow } from "../../../core/compute/validator/challenge_book.ts";
import { UNASKED } from "../../../core/compute/validator/known_miner.ts";
import { publishedJudge } from "../../../core/compute/validator/published_judge.ts";

const DAY_MS = 86_400_000;
const NOW_MS = 1_750_000_000_000;
const wallClock = { unixMs: (): number => NOW_MS };

/** So many successes of a difficulty, so many days old. */
function rows(count: number, difficulty: number, daysOld: number): ChallengeRow[] {
  return Array.from({ length: count }, () => ({
    ...{ uid: 1, hotkey: "5A", success: true, elapsedS: 1, difficulty },
    unixMs: NOW_MS - daysOld * DAY_MS,
  }));
}

test("who was never asked gets the easiest challenge", () => {
  assert.equal(publishedJudge("1.5.3", wallClock).difficulty([]), 7);
  assert.equal(publishedJudge("1.3.9", wallClock).difficulty([]), 6);
});

test("the last twenty successes count though they lie behind sixty failures", () => {
  const failures = rows(60, 7, 0).map((row) => ({ ...row, success: false }));
  const judge = publishedJudge("1.5.3", wallClock);
  assert.equal(judge.score([...failures, ...rows(20, 9, 1)], UNASKED), 0);
  // 8.75 of the last twenty successes, one step down for the failures; 7 without those far back.
  assert.equal(judge.difficulty([...rows(5, 8, 0), ...failures, ...rows(20, 9, 1)]), 8);
});

test("before 1.4 what is older than three days does not count, later it does", () => {
  const old = rows(30, 9, 10);
  assert.equal(publishedJudge("1.3.9", wallClock).score(old, UNASKED), 0);
  assert.isAbove(publishedJudge("1.4.2", wallClock).score(old, UNASKED), 0);
});

test("the guide's formula looks at the last challenge alone", () => {
  const [last] = rows(1, 6, 0);
  const score = publishedJudge("guide", wallClock).score([
    { ...last, elapsedS: 4 },
    ...rows(9, 9, 0),
  ], UNASKED);
  assert.equal(score, 8.2865);
});

import { test } from "#test";
import { assert } from "chai";
import type { ChallengeRow } from "../../../core/compute/validator/challenge_book.ts";
import { statsOfThreeDays } from "../../../core/compute/validator/challenge_stats.ts";

const HOUR_MS = 3_600_000;
/** 14:30 of a day. */
const NOW_MS = Date.UTC(2024, 1, 20, 14, 30);

/** A row of so many hours ago: `7` is a success of that difficulty, `-7` a failure. */
function row(hoursAgo: number, difficulty: number): ChallengeRow {
  return {
    ...{ uid: 1, hotkey: "h", success: difficulty > 0, elapsedS: Math.abs(difficulty) },
    ...{ difficulty: Math.abs(difficulty), unixMs: NOW_MS - hoursAgo * HOUR_MS },
  };
}

test("whole days count: from midnight three days ago", () => {
  const rows = [row(1, 7), row(72 + 14.5, 9), row(72 + 14.6, 12)];
  assert.deepInclude(statsOfThreeDays(rows, NOW_MS), { attempts: 2, difficultyMean: 8 });
});

test("a day stops counting at midnight, not an hour sooner", () => {
  const rows = [row(14.5, 7), row(14.5 + 72, 7), row(14.6 + 72, 7)];
  const midnightMs = NOW_MS - 14.5 * HOUR_MS;
  assert.equal(statsOfThreeDays(rows, midnightMs).attempts, 2);
  assert.equal(statsOfThreeDays(rows, midnightMs - 1).attempts, 3);
});

test("more than 60 rows of these days all count", () => {
  const rows = Array.from({ length: 100 }, (_, at) => row(at / 10, at < 70 ? 7 : -7));
  assert.deepInclude(statsOfThreeDays(rows, NOW_MS), { attempts: 100, successes: 70, failed: 30 });
});

test("the last 20 may be older than these days", () => {
  const rows = [row(1, -7), row(200, -8), row(201, 12)];
  assert.deepInclude(statsOfThreeDays(rows, NOW_MS), {
    ...{ attempts: 1, successes: 0, failed: 1, difficultyMean: 0 },
    ...{ lastFailed: 2, lastDifficultyMean: 12 },
  });
});

test("of a miner that was not asked in these days there are no attempts", () => {
  assert.deepInclude(statsOfThreeDays([row(200, 9)], NOW_MS), { attempts: 0, elapsedMeanS: 0 });
});

test("of no rows there is nothing", () => {
  assert.deepEqual(statsOfThreeDays([], NOW_MS), {
    ...{ attempts: 0, successes: 0, failed: 0, elapsedMeanS: 0, difficultyMean: 0 },
    ...{ lastFailed: 0, lastDifficultyMean: 0 },
  });
});

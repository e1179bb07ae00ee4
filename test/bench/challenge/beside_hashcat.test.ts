import { test } from "#test";
import { assert } from "chai";
import { isFaster, mediansOf, type RaceRow } from "./beside_hashcat.ts";

function row(facts: Partial<RaceRow>): RaceRow {
  const easiest = { difficulty: 7, search: "found", count: 9, weftMs: 100 } as const;
  return { ...easiest, hashcatMs: 2000, ratio: 20, ...facts };
}

test("mediansOf() compares the times of the same challenge", () => {
  const times = [[1, 30], [2, 10], [4, 20]].map(([weftMs, hashcatMs]) => ({ weftMs, hashcatMs }));
  // 30, 5 and 5; the ratio of the medians would be 10.
  assert.equal(mediansOf(times).ratio, 5);
});

test("mediansOf() takes each time's own median", () => {
  const times = [[1, 9], [5, 7], [3, 8]].map(([weftMs, hashcatMs]) => ({ weftMs, hashcatMs }));
  const { weftMs, hashcatMs } = mediansOf(times);
  assert.deepEqual([weftMs, hashcatMs], [3, 8]);
});

test("isFaster() wants hashcat to take twenty times as long at difficulty 7", () => {
  assert.isFalse(isFaster([row({ ratio: 19.9 })]));
});

test("isFaster() wants no more than equality where all candidates are tried", () => {
  assert.isTrue(isFaster([row({}), row({ search: "exhausted", ratio: 1 })]));
});

test("isFaster() does not let one difficulty make up for another", () => {
  assert.isFalse(isFaster([row({ ratio: 90 }), row({ difficulty: 9, ratio: 0.99 })]));
});

import { test } from "#test";
import { assert } from "chai";
import { Latencies } from "./latencies.ts";

function of(...values: number[]): Latencies {
  const latencies = new Latencies();
  for (const value of values) latencies.add(value);
  return latencies;
}

test("percentileMs() is within 2% of the value", () => {
  const latencies = of(...Array.from({ length: 1000 }, (_, at) => at + 1));
  assert.closeTo(latencies.percentileMs(0.99), 990, 0.02 * 990);
});

test("percentileMs() of one value is that value, never above it", () => {
  assert.equal(of(7).percentileMs(0.5), 7);
});

test("percentileMs() leaves one slow answer in a hundred and one out at 99%", () => {
  assert.isBelow(of(...new Array(100).fill(1), 5000).percentileMs(0.99), 1.03);
});

test("percentileMs() takes times below the least step", () => {
  assert.isAtMost(of(0, 0, 0).percentileMs(1), 0.01);
});

test("percentileMs() of nothing is refused", () => {
  assert.throws(() => of().percentileMs(0.5), RangeError);
});

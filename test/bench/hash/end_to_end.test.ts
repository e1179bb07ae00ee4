import { test } from "#test";
import { assert } from "chai";
import { overheadMs } from "./end_to_end.ts";

test("overheadMs() is what is left of a search beside its candidates", () => {
  assert.equal(overheadMs(130, 10_000_000, 100_000_000), 30);
});

test("overheadMs() of a search that was faster than its rate is negative, not hidden", () => {
  assert.equal(overheadMs(90, 10_000_000, 100_000_000), -10);
});

import { test } from "#test";
import { assert } from "chai";
import { FloodGuard } from "../../../core/compute/axon/flood_guard.ts";
import { FakeClock } from "../../harness/memory_host.ts";

const BUDGET = { burst: 3, perSecond: 2 };

function taken(guard: FloodGuard, who: string, times: number): number {
  return Array.from({ length: times }, () => guard.take(who)).filter(Boolean).length;
}

test("a budget is used up after its burst", () => {
  const guard = new FloodGuard(new FakeClock(), BUDGET);
  assert.equal(taken(guard, "a", 10), 3);
  assert.isFalse(guard.take("a"));
});

test("a budget fills by its rate", () => {
  const clock = new FakeClock();
  const guard = new FloodGuard(clock, BUDGET);
  taken(guard, "a", 10);
  clock.advance(1000);
  assert.equal(taken(guard, "a", 10), 2);
});

test("a budget never fills beyond its burst", () => {
  const clock = new FakeClock();
  const guard = new FloodGuard(clock, BUDGET);
  taken(guard, "a", 1);
  clock.advance(3_600_000);
  assert.equal(taken(guard, "a", 10), 3);
});

test("a refusal costs nothing: who asks on is served when the next is due", () => {
  const clock = new FakeClock();
  const guard = new FloodGuard(clock, BUDGET);
  taken(guard, "a", 3);
  const served = Array.from({ length: 8 }, () => {
    // An eighth of a request, which a double holds exactly.
    clock.advance(62.5);
    return guard.take("a");
  });
  assert.deepEqual(served, [...Array(7).fill(false), true]);
});

test("what is given back may be taken again, and no more than that", () => {
  const guard = new FloodGuard(new FakeClock(), BUDGET);
  taken(guard, "a", 3);
  guard.giveBack("a");
  assert.equal(taken(guard, "a", 10), 1);
  guard.giveBack("b");
  assert.equal(taken(guard, "b", 10), 3);
});

test("one who asks does not know of another", () => {
  const guard = new FloodGuard(new FakeClock(), BUDGET);
  taken(guard, "a", 10);
  assert.equal(taken(guard, "b", 10), 3);
});

test("a flood of addresses makes room by forgetting those longest silent", () => {
  const guard = new FloodGuard(new FakeClock(), BUDGET);
  taken(guard, "first", 10);
  taken(guard, "second", 10);
  for (let at = 0; at < 49_999; at++) guard.take(`${at}`);
  assert.isFalse(guard.take("second"));
  assert.isTrue(guard.take("first"));
});

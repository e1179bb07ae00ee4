import { assert } from "chai";
import { test } from "#test";
import { hashMode } from "../../../core/hash/modes.ts";
import type { Pattern } from "../../../core/hash/wasm/kernel.ts";
import { shapeOf } from "../../../core/hash/wasm/kernel_graph.ts";
import { KernelChoice } from "../../../core/hash/wasm/kernels.ts";
import { keyspaceOf, plant, saltOf } from "./planted.ts";

const SHAPE = shapeOf(plant(hashMode(610), keyspaceOf(10, 10), saltOf(3), 0n).plan);
const SLOW: Pattern = ["s"];
const FAST: Pattern = ["v"];
const MIDDLING: Pattern = ["v", "s"];
const RATES = new Map([[SLOW, 1000], [FAST, 3000], [MIDDLING, 2000]]);
const PATTERNS = [SLOW, FAST, MIDDLING];

/** Runs the chosen kernel for some milliseconds; returns which one that was. */
function work(choice: KernelChoice, ms: number, slowdown = 1): Pattern {
  const { pattern } = choice;
  choice.note((RATES.get(pattern) ?? 0) * ms / slowdown, ms);
  return pattern;
}

/** Works until the choice is settled. */
function settle(choice: KernelChoice): void {
  for (let trial = 0; !choice.isSettled; trial++) {
    assert.isBelow(trial, 1000, "never settles");
    work(choice, 20);
  }
}

test("a new choice tries every kernel, the likeliest first", () => {
  const choice = new KernelChoice(SHAPE, PATTERNS);
  assert.isFalse(choice.isSettled);
  assert.deepEqual(PATTERNS.map(() => work(choice, 20)), PATTERNS);
});

test("a settled choice is the fastest kernel", () => {
  for (const order of [PATTERNS, PATTERNS.toReversed(), [FAST, SLOW, MIDDLING]]) {
    const choice = new KernelChoice(SHAPE, order);
    settle(choice);
    assert.equal(choice.pattern, FAST);
  }
});

test("a choice of one is settled on that one", () => {
  const choice = new KernelChoice(SHAPE, [MIDDLING]);
  settle(choice);
  assert.equal(choice.pattern, MIDDLING);
});

test("many short runs count as much as one long one", () => {
  const choice = new KernelChoice(SHAPE, PATTERNS);
  for (let run = 0; run < 10_000; run++) work(choice, 0.1);
  assert.isTrue(choice.isSettled);
  assert.equal(choice.pattern, FAST);
});

test("one run that was disturbed does not make a fast kernel a slow one", () => {
  const choice = new KernelChoice(SHAPE, PATTERNS);
  work(choice, 20);
  assert.equal(work(choice, 20, 10), FAST);
  settle(choice);
  work(choice, 2000, 10);
  assert.equal(choice.pattern, FAST);
});

test("a settled choice now and then tries another kernel, and finds that it has become faster", () => {
  const choice = new KernelChoice(SHAPE, PATTERNS);
  settle(choice);
  const used = new Map(PATTERNS.map((pattern) => [pattern, 0]));
  for (let run = 0; run < 1000; run++) {
    const pattern = work(choice, 20, choice.pattern === MIDDLING ? 0.5 : 1);
    used.set(pattern, (used.get(pattern) ?? 0) + 1);
  }
  assert.equal(choice.pattern, MIDDLING);
  assert.isBelow(used.get(SLOW) ?? 0, 20);
  assert.isAbove(used.get(SLOW) ?? 0, 0);
});

test("the most entries of a turn are those of the widest kernel", () => {
  assert.equal(new KernelChoice(SHAPE, [["s"], ["v", "ss"], ["v"]]).mostPerTurn, 4);
});

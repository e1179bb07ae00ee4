import { test } from "#test";
import { assert } from "chai";
import { fakeScreen } from "../../headless/fake_screen.ts";
import { Printer } from "../print_table.ts";
import { countedJson, isAnswered, keepsBounds, showRoundTrips, showTraining } from "./report.ts";
import type { RoundTrips } from "./round_trips.ts";
import { spreadOf } from "./statistics.ts";
import type { Outcome, Verdict } from "./validators.ts";

function outcomes(...verdicts: Verdict[]): Outcome[] {
  return verdicts.map((verdict) => ({ verdict, roundTripMs: 100, reason: "" }));
}

function roundTrips(facts: Partial<RoundTrips>): RoundTrips {
  return {
    ...{ difficulty: 7, outcomes: outcomes("right", "right"), undisturbed: 60, meanwhile: 20 },
    ...{ roundTrip: spreadOf([100, 180]), solver: spreadOf([90, 150]), rate: 5e7 },
    ...{ beside: spreadOf([10, 30]), wait: spreadOf([1, 20]) },
    ...facts,
  };
}

function shown(show: (printer: Printer) => void): string {
  const { screen, out } = fakeScreen();
  show(new Printer(screen, true));
  return out();
}

test("keepsBounds() takes a slow search, which is no delay", () => {
  assert.isTrue(keepsBounds(roundTrips({ solver: spreadOf([9e3]), roundTrip: spreadOf([9e3]) })));
});

test("keepsBounds() refuses 150 ms beside the search", () => {
  assert.isFalse(keepsBounds(roundTrips({ beside: spreadOf([150]) })));
});

test("keepsBounds() refuses a first slice after 50 ms", () => {
  assert.isFalse(keepsBounds(roundTrips({ wait: spreadOf([50]) })));
});

test("keepsBounds() refuses one challenge that was given up", () => {
  assert.isFalse(keepsBounds(roundTrips({ outcomes: outcomes("right", "gave up") })));
});

test("isAnswered() lets the miner say that time was short", () => {
  assert.isTrue(
    isAnswered({ difficulty: 7, timeoutS: 1, outcomes: outcomes("right", "gave up") }),
  );
});

test("isAnswered() refuses one late answer among many", () => {
  const all = outcomes(...new Array<Verdict>(99).fill("right"), "late");
  assert.isFalse(isAnswered({ difficulty: 7, timeoutS: 30, outcomes: all }));
});

test("showRoundTrips() sets p99 beside its bound", () => {
  const line = "| of it, everything else | 10.0 | 30.0 | 30.0 | 150 | 0.20x |";
  assert.include(shown((printer) => showRoundTrips(printer, roundTrips({}))), line);
});

test("showRoundTrips() counts what must not come up even where it did not", () => {
  const text = shown((printer) => showRoundTrips(printer, roundTrips({})));
  assert.include(text, "2 right, 0 wrong, 0 late, 0 unanswered, 0 given up");
});

test("showTraining() tells the median of pairs, not the pair of medians", () => {
  const windows = [
    { undisturbed: 100, disturbed: 90 },
    { undisturbed: 200, disturbed: 190 },
    { undisturbed: 50, disturbed: 49 },
  ];
  assert.include(
    shown((printer) => showTraining(printer, windows)),
    "| median |  |  | 95.0% | 98.3% |",
  );
});

test("countedJson() tells verdicts as numbers, those that did not come up too", () => {
  const result = countedJson({
    ...{ difficulty: 7, timeoutS: 1, outcomes: outcomes("right", "gave up", "right") },
  });
  assert.deepEqual(result, {
    ...{ difficulty: 7, timeoutS: 1, count: 3 },
    verdicts: { right: 2, "gave up": 1, wrong: 0, late: 0, unanswered: 0 },
  });
});

import { test } from "#test";
import { assert } from "chai";
import { hashMode } from "../../../core/hash/modes.ts";
import type { Variant } from "../../../core/hash/search_engine.ts";
import type { SolveRequest, SolveResult } from "../../../core/hash/solver.ts";
import { createChallenge } from "../../../core/bench/hash/challenge.ts";
import { raceHashcat, type Racer } from "./race.ts";

const CHALLENGE = createChallenge(hashMode(610), 12);

/** A variant that has the rates of `perSecond`, one round after another, and notes its turns. */
function racer(variant: Variant, perSecond: number[], turns: string[]): Racer {
  const solve = ({ onProgress }: SolveRequest): Promise<SolveResult> => {
    turns.push(variant);
    const rate = perSecond.shift() ?? NaN;
    const progress = { tried: 1n, total: 2n, elapsedMs: 1 };
    onProgress?.({ ...progress, rate: 1 });
    onProgress?.({ ...progress, rate });
    const ending = { outcome: "expired" as const, password: undefined, waitedMs: 0 };
    return Promise.resolve({ ...progress, ...ending, rate: 0.5 * rate });
  };
  return { variant, solver: { solve } };
}

/** A hashcat with its speeds in the order in which it is asked, and what it was asked for. */
function hashcat(speeds: number[], turns: string[]): { speed(form: string): Promise<number> } {
  return {
    speed(form): Promise<number> {
      turns.push(form);
      return Promise.resolve(speeds.shift() ?? NaN);
    },
  };
}

test("raceHashcat() takes turns, with hashcat in the form that was the faster one", async () => {
  const turns: string[] = [];
  const racers = [racer("u64", [1, 1], turns), racer("u32", [1, 1], turns)];
  const { form } = await raceHashcat(
    racers,
    hashcat([50, 60, 1, 1], turns),
    CHALLENGE,
    2,
    () => 0,
  );
  assert.equal(form, "attack");
  const round = ["u64", "u32", "attack"];
  assert.deepEqual(turns, ["benchmark", "attack", ...round, ...round]);
});

test("raceHashcat() takes the median of each round's ratio, not the ratio of medians", async () => {
  // The machine is half as fast in the second round, for both.
  const racers = [racer("u64", [200, 110, 180], [])];
  const result = await raceHashcat(
    racers,
    hashcat([1, 1, 100, 50, 100], []),
    CHALLENGE,
    3,
    () => 0,
  );
  assert.deepEqual(result.rows, [{ variant: "u64", perSecond: 180, ratio: 2 }]);
  assert.equal(result.hashcatPerSecond, 100);
});

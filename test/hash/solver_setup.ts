/**
 * A solver on engines without a device.
 *
 * @module
 */

import { Keyspace } from "../../core/hash/keyspace.ts";
import { createPlan } from "../../core/hash/search_plan.ts";
import { Solver, type SolveRequest, type SolveResult } from "../../core/hash/solver.ts";
import { type Challenge, challengeAt } from "./challenge.ts";
import { type FakeEngineOptions, FakeEngines } from "./fake_engine.ts";

/** The fake engines try 1,000 candidates a millisecond, a slice of the solver takes 15 ms. */
export const SLICE = 15_000n;

/** A solver, its engines and their clock. */
export interface FakeSetup {
  readonly engines: FakeEngines;
  readonly solver: Solver;
  /** Hands in a challenge that the engines can solve. */
  solve(challenge: Challenge, options?: Partial<SolveRequest>): Promise<SolveResult>;
}

/** A new setup. */
export function fakeSetup(options?: FakeEngineOptions, sliceMs = 15): FakeSetup {
  const engines = new FakeEngines(options);
  const solver = new Solver({ clock: engines.clock }, engines, sliceMs);
  return {
    engines,
    solver,
    solve: ({ target, keyspace, index }, request) => {
      engines.suspect(createPlan(target, keyspace, 1).targetWord, index);
      return solver.solve({ target, keyspace, ...request });
    },
  };
}

/** A challenge of BLAKE2b among 10^digits candidates. */
export function decimal(digits: number, index: bigint): Challenge {
  return challengeAt(610, Keyspace.fromMask("?d".repeat(digits)), index);
}

/** A challenge that no search comes to in a test: the last of 10^18. */
export function endless(): Challenge {
  return decimal(18, 10n ** 18n - 1n);
}

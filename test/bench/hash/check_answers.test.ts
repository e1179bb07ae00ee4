import { test } from "#test";
import { assert } from "chai";
import { WeftError } from "../../../core/errors.ts";
import { hashMode } from "../../../core/hash/modes.ts";
import { isPassword } from "../../../core/hash/hash_target.ts";
import type { SolveRequest, SolveResult } from "../../../core/hash/solver.ts";
import { checkAnswers } from "../../../core/bench/hash/check_answers.ts";

type Answer = (request: SolveRequest) => Uint8Array<ArrayBuffer> | undefined;

/** A solver that answers at once, and what it was asked. */
function fakeSolver(answer: Answer): {
  solve(request: SolveRequest): Promise<SolveResult>;
  requests: SolveRequest[];
} {
  const requests: SolveRequest[] = [];
  return {
    requests,
    solve(request): Promise<SolveResult> {
      requests.push(request);
      const password = answer(request);
      const outcome = password ? "cracked" : "exhausted";
      const progress = { tried: 1n, total: 1n, elapsedMs: 1, rate: 1, waitedMs: 0 };
      return Promise.resolve({ ...progress, outcome, password });
    },
  };
}

/** Looks only at the candidates that the check plants. */
const right: Answer = ({ target, keyspace }) =>
  [keyspace.size * 2n / 3n, keyspace.size - 1n]
    .map((index) => keyspace.candidate(index))
    .find((candidate) => isPassword(target, candidate));

async function failure(answer: Answer): Promise<unknown> {
  try {
    await checkAnswers(fakeSolver(answer), "u64", hashMode(610), [7]);
    return undefined;
  } catch (error) {
    return error;
  }
}

test("checkAnswers() passes a solver that finds what is there, and nothing else", async () => {
  const solver = fakeSolver(right);
  assert.equal(await checkAnswers(solver, "u64", hashMode(610), [7, 12]), 4);
});

test("checkAnswers() searches only the end of a long keyspace", async () => {
  const solver = fakeSolver(right);
  await checkAnswers(solver, "u64", hashMode(610), [12]);
  const { keyspace, skip = 0n } = solver.requests[2];
  assert.equal(keyspace.size - skip, 100_000n);
});

test("checkAnswers() refuses a solver that finds nothing", async () => {
  const error = await failure(() => undefined);
  assert.instanceOf(error, WeftError);
  assert.match(String(error), /mode 610 with u64: expected password ".*", got no password/s);
});

test("checkAnswers() refuses a solver that finds what is not there", async () => {
  const error = await failure((request) => right(request) ?? request.keyspace.candidate(5n));
  assert.instanceOf(error, WeftError);
  assert.match(String(error), /expected no password/);
});

test("checkAnswers() refuses another candidate than the planted one", async () => {
  const error = await failure((request) => right(request) && request.keyspace.candidate(5n));
  assert.instanceOf(error, WeftError);
});

/**
 * Right answers before any time is taken.
 *
 * @module
 */
import { WeftError } from "../../errors.ts";
import { candidateText } from "../../hash/hash_target.ts";
import type { HashMode } from "../../hash/modes.ts";
import type { Solver, SolveRequest } from "../../hash/solver.ts";
import { absentTarget, createChallenge, lastCandidate, targetOf } from "./challenge.ts";

/** A million candidates: enough for many slices, short on a CPU too. */
const WHOLE_LENGTH = 6;
/** Candidates at the end of a longer keyspace. */
const TAIL = 100_000n;

/**
 * Lets a variant search for passwords that it must find and for one that it must not.
 *
 * @param lengths of passwords that are found at the end of their keyspace
 * @returns how many answers were compared
 * @throws {WeftError} if one of them is wrong
 */
export async function checkAnswers(
  solver: Pick<Solver, "solve">,
  variant: string,
  mode: HashMode,
  lengths: readonly number[],
): Promise<number> {
  const { keyspace, ...whole } = createChallenge(mode, WHOLE_LENGTH);
  const middle = keyspace.candidate(keyspace.size * 2n / 3n);
  const requests: [request: SolveRequest, expected: Uint8Array | undefined][] = [
    [{ target: targetOf(mode, middle), keyspace }, middle],
    [{ target: absentTarget({ keyspace, ...whole }), keyspace }, undefined],
    ...lengths.map((length): [SolveRequest, Uint8Array] => {
      const challenge = createChallenge(mode, length);
      const last = lastCandidate(challenge);
      const skip = challenge.keyspace.size - TAIL;
      return [{ target: targetOf(mode, last), keyspace: challenge.keyspace, skip }, last];
    }),
  ];
  for (const [request, expected] of requests) {
    const { password } = await solver.solve(request);
    const [got, wanted] = [shown(password), shown(expected)];
    if (got === wanted) continue;
    throw new WeftError(
      `mode ${mode.number} with ${variant}: expected ${wanted}, got ${got}, of ` +
        `${request.keyspace.size} candidates; nothing was timed`,
    );
  }
  return requests.length;
}

function shown(password: Uint8Array | undefined): string {
  return password ? `password "${candidateText(password)}"` : "no password";
}

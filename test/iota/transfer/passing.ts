/**
 * Work for which time passes until it is done.
 *
 * @module
 */

import type { FakeTime } from "../fake_time.ts";

const STEP_MS = 30_000;

/** Lets time pass until the work is done; what it gave, and how long that took. */
export async function passing<Result>(
  time: FakeTime,
  work: Promise<Result>,
): Promise<{ result: Result; tookMs: number }> {
  const startMs = time.nowMs();
  let tookMs: number | undefined;
  const done = (): void => void (tookMs = time.nowMs() - startMs);
  work.then(done, done);
  await time.settle();
  while (tookMs === undefined) await time.pass(STEP_MS);
  return { result: await work, tookMs };
}

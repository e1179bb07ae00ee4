/**
 * Runs checks side by side and hands out what they find in their order.
 *
 * @module
 */

import { type Check, type Finding, findingsOf } from "./check.ts";
import { CheckContext } from "./context.ts";
import type { Facts } from "./facts.ts";
import { TimeLimit } from "./time_limit.ts";

/** Who is told meanwhile. */
export interface CheckListener {
  /** Names of the checks that still run; called whenever one ends. */
  pending(names: readonly string[]): void;
  /** What a check found, in the order of the checks. */
  found(check: Check, findings: readonly Finding[]): void;
}

/**
 * Runs the checks.
 *
 * @param signal ends it early
 * @returns whether all of them came to their end
 */
export async function runChecks(
  checks: readonly Check[],
  facts: Facts,
  listener: CheckListener,
  signal: AbortSignal,
): Promise<boolean> {
  const pending = new Set(checks.map(({ name }) => name));
  listener.pending([...pending]);
  const runs = checks.map(async (check) => {
    const findings = await runCheck(check, facts);
    pending.delete(check.name);
    if (!signal.aborted) listener.pending([...pending]);
    return findings;
  });
  const stopped = whenAborted(signal);
  for (const [at, check] of checks.entries()) {
    const findings = await Promise.race([runs[at], stopped]);
    if (!findings) return false;
    listener.found(check, findings);
  }
  return true;
}

function runCheck(check: Check, facts: Facts): Promise<Finding[]> {
  const time = new TimeLimit(facts.system.clock, facts.settings.limitMs);
  return findingsOf(
    check.name,
    () => time.cover(check.run(new CheckContext(facts, time))),
  );
}

function whenAborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
}

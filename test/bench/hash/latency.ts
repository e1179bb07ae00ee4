/**
 * How long it takes from the call to the first candidates.
 *
 * @module
 */
import { WeftError } from "../../../core/errors.ts";
import { type EngineHost, Engines } from "../../../core/hash/engines.ts";
import type { Variant } from "../../../core/hash/search_engine.ts";
import { Solver } from "../../../core/hash/solver.ts";
import { median, type NowMs } from "../../../core/bench/timing.ts";
import { absentTarget, type Challenge } from "../../../core/bench/hash/challenge.ts";
import type { Contender } from "../../../core/bench/hash/contenders.ts";

const WARM_CALLS = 20;
/** Candidates of a call, some slices of them. */
const CALL_CANDIDATES = 1_000_000n;

/** Milliseconds from the call on. */
export interface FirstSlice {
  /** Until the first slice was submitted. */
  readonly submittedMs: number;
  /** Until its answer was there: the first candidates were tried. */
  readonly triedMs: number;
}

/** A variant's latencies, all of them medians. */
export interface Latency {
  readonly variant: Variant;
  readonly warm: FirstSlice;
  /** With a device that was not open yet. */
  readonly cold: FirstSlice;
  /** Of another cold start: opening device or threads. */
  readonly openMs: number;
  /** Of the same: compiling, with the first run, in which drivers do their part of it. */
  readonly compileMs: number;
}

/**
 * Measures a variant.
 *
 * @param rounds cold starts, of each kind
 * @throws {WeftError} if a search does not come to its end
 */
export async function measureLatency(
  { variant, solver }: Contender,
  host: EngineHost,
  challenge: Challenge,
  rounds: number,
): Promise<Latency> {
  const nowMs = (): number => host.clock.nowMs();
  const warm = await repeat(WARM_CALLS, () => firstSlice(solver, challenge, nowMs));
  const cold = await repeat(rounds, () =>
    withFreshSolver(
      host,
      variant,
      (fresh) => firstSlice(fresh, challenge, nowMs),
    ));
  const { algorithm } = challenge.mode;
  const parts = await repeat(rounds, () =>
    withFreshSolver(host, variant, async (fresh) => {
      const startMs = nowMs();
      await fresh.engines.engineFor(algorithm);
      const openedMs = nowMs();
      await fresh.warmUp(algorithm);
      return { openMs: openedMs - startMs, compileMs: nowMs() - openedMs };
    }));
  return {
    variant,
    warm: medians(warm),
    cold: medians(cold),
    openMs: median(parts.map(({ openMs }) => openMs)),
    compileMs: median(parts.map(({ compileMs }) => compileMs)),
  };
}

/** Runs something with a solver that has nothing open yet, and closes it. */
export async function withFreshSolver<T>(
  host: EngineHost,
  variant: Variant,
  use: (solver: Solver) => Promise<T>,
): Promise<T> {
  const solver = new Solver(host, new Engines(host, variant));
  try {
    return await use(solver);
  } finally {
    await solver.close();
  }
}

async function firstSlice(
  solver: Solver,
  challenge: Challenge,
  nowMs: NowMs,
): Promise<FirstSlice> {
  let triedMs = NaN;
  const startMs = nowMs();
  const { waitedMs, outcome } = await solver.solve({
    target: absentTarget(challenge),
    keyspace: challenge.keyspace,
    limit: CALL_CANDIDATES,
    onProgress: () => triedMs = Number.isNaN(triedMs) ? nowMs() - startMs : triedMs,
  });
  if (outcome === "exhausted") return { submittedMs: waitedMs, triedMs };
  throw new WeftError(`a search that finds nothing ended as ${outcome}, expected exhausted`);
}

async function repeat<T>(times: number, measure: () => Promise<T>): Promise<T[]> {
  const all: T[] = [];
  for (let left = times; left > 0; left--) all.push(await measure());
  return all;
}

function medians(all: readonly FirstSlice[]): FirstSlice {
  return {
    submittedMs: median(all.map(({ submittedMs }) => submittedMs)),
    triedMs: median(all.map(({ triedMs }) => triedMs)),
  };
}

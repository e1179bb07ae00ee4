/**
 * A whole challenge: from its arrival until the password is known, which is what the compute network
 * scores.
 *
 * @module
 */
import { WeftError } from "../../../core/errors.ts";
import type { EngineHost } from "../../../core/hash/engines.ts";
import { candidateText } from "../../../core/hash/hash_target.ts";
import type { Variant } from "../../../core/hash/search_engine.ts";
import type { Solver } from "../../../core/hash/solver.ts";
import { median, type NowMs } from "../../../core/bench/timing.ts";
import { type Challenge, lastCandidate, targetOf } from "../../../core/bench/hash/challenge.ts";
import { type Contender, contendersFor } from "../../../core/bench/hash/contenders.ts";
import type { Hashcat } from "./hashcat.ts";
import { withFreshSolver } from "./latency.ts";
import { openSliceRun, type SliceRun } from "../../../core/bench/hash/rates.ts";

/** Medians of one variant. */
export interface EndToEndRow {
  readonly variant: Variant;
  readonly warmMs: number;
  /** With a new device, and all that must be compiled. */
  readonly coldMs: number;
  /** `warmMs` without the time that the candidates themselves take. */
  readonly overheadMs: number;
}

/** All who solved the challenge. */
export interface EndToEnd {
  readonly rows: readonly EndToEndRow[];
  /** A process of hashcat; undefined without one. */
  readonly hashcatMs: number | undefined;
}

/** The part of a search in which no candidate was tried, in milliseconds. */
export function overheadMs(tookMs: number, candidates: number, perSecond: number): number {
  return tookMs - 1000 * candidates / perSecond;
}

/**
 * Lets all solve a challenge in turns; the password is the candidate that each tries last.
 *
 * @throws {WeftError} if one does not find it
 */
export async function raceEndToEnd(
  contenders: readonly Contender[],
  hashcat: Hashcat | undefined,
  host: EngineHost,
  challenge: Challenge,
  rounds: number,
): Promise<EndToEnd> {
  const nowMs = (): number => host.clock.nowMs();
  const runners: Runner[] = [];
  for (const contender of contendersFor(contenders, challenge.mode)) {
    runners.push(await Runner.open(contender, host, challenge));
  }
  const solveByHashcat = hashcat && await prepareHashcat(hashcat, challenge, nowMs);
  const hashcatMs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const runner of runners) await runner.round();
    if (solveByHashcat) hashcatMs.push(await solveByHashcat());
  }
  return {
    rows: runners.map((runner) => runner.end()),
    hashcatMs: hashcatMs.length > 0 ? median(hashcatMs) : undefined,
  };
}

/** A run of hashcat in milliseconds; its kernels are built by then. */
async function prepareHashcat(
  hashcat: Hashcat,
  challenge: Challenge,
  nowMs: NowMs,
): Promise<() => Promise<number>> {
  const password = await hashcat.lastCandidate(challenge.mask);
  const target = targetOf(challenge.mode, new TextEncoder().encode(password));
  const solve = (): Promise<number> => hashcat.solve(target, challenge, password, nowMs);
  await solve();
  return solve;
}

/** One variant with its times so far. */
class Runner {
  readonly #warmMs: number[] = [];
  readonly #coldMs: number[] = [];
  readonly #overheadMs: number[] = [];

  private constructor(
    readonly contender: Contender,
    readonly host: EngineHost,
    readonly challenge: Challenge,
    readonly slices: SliceRun,
  ) {}

  static async open(
    contender: Contender,
    host: EngineHost,
    challenge: Challenge,
  ): Promise<Runner> {
    const engine = await contender.engines.engineFor(challenge.mode.algorithm);
    const slices = await openSliceRun(engine, challenge, () => host.clock.nowMs());
    return new Runner(contender, host, challenge, slices);
  }

  /** The rate is taken beside the search, for a machine is not as fast at all times. */
  async round(): Promise<void> {
    const { contender: { solver, variant }, host, challenge, slices } = this;
    const nowMs = (): number => host.clock.nowMs();
    const tookMs = await solveMs(solver, challenge, nowMs);
    const startMs = nowMs();
    await slices.run(slices.times);
    const perSecond = 1000 * slices.times * slices.sliceCandidates / (nowMs() - startMs);
    this.#warmMs.push(tookMs);
    this.#overheadMs.push(overheadMs(tookMs, Number(challenge.keyspace.size), perSecond));
    this.#coldMs.push(
      await withFreshSolver(host, variant, (fresh) => solveMs(fresh, challenge, nowMs)),
    );
  }

  end(): EndToEndRow {
    this.slices.end();
    return {
      variant: this.contender.variant,
      warmMs: median(this.#warmMs),
      coldMs: median(this.#coldMs),
      overheadMs: median(this.#overheadMs),
    };
  }
}

async function solveMs(solver: Solver, challenge: Challenge, nowMs: NowMs): Promise<number> {
  const expected = lastCandidate(challenge);
  const request = { target: targetOf(challenge.mode, expected), keyspace: challenge.keyspace };
  const startMs = nowMs();
  const { password } = await solver.solve(request);
  const tookMs = nowMs() - startMs;
  if (password && candidateText(password) === candidateText(expected)) return tookMs;
  throw new WeftError(`a challenge was not solved, expected "${candidateText(expected)}"`);
}

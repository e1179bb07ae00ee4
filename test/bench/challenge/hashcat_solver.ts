/**
 * hashcat in the place of the solver: each search is a process, as the published miner has it.
 *
 * @module
 */

import type { Clock } from "../../../core/host.ts";
import type { SolveRequest, SolveResult } from "../../../core/hash/solver.ts";
import { passwordBytes } from "../../../headless/solve/potfile.ts";
import type { Hashcat } from "../hash/hashcat.ts";

/**
 * A solver for searches in which all positions have the same characters. Deadlines are not heeded:
 * hashcat takes seconds to end by itself.
 */
export class HashcatSolver {
  constructor(readonly hashcat: Pick<Hashcat, "crack">, readonly clock: Clock) {}

  async solve({ target, keyspace }: SolveRequest): Promise<SolveResult> {
    const [characters] = keyspace.positions;
    const startMs = this.clock.nowMs();
    const password = await this.hashcat.crack(target, {
      characters: new TextDecoder().decode(characters),
      mask: "?1".repeat(keyspace.length),
    });
    const elapsedMs = this.clock.nowMs() - startMs;
    return {
      outcome: password === undefined ? "exhausted" : "cracked",
      password: password === undefined ? undefined : passwordBytes(password),
      ...{ tried: 0n, total: keyspace.size, elapsedMs, rate: 0, waitedMs: 0 },
    };
  }
}

/**
 * Weft's variants, each with an engine of its own.
 *
 * @module
 */
import { WeftError } from "../../errors.ts";
import { type EngineHost, Engines } from "../../hash/engines.ts";
import type { Algorithm, HashMode } from "../../hash/modes.ts";
import type { SearchEngine, Variant } from "../../hash/search_engine.ts";
import { Solver } from "../../hash/solver.ts";

/** A variant that runs here. */
export interface Contender {
  readonly variant: Variant;
  readonly engines: Engines;
  readonly solver: Solver;
  /** The engine of each algorithm that the variant can. */
  readonly engineOf: ReadonlyMap<Algorithm, SearchEngine>;
}

/** Why a variant cannot run here. */
export interface AbsentVariant {
  readonly variant: Variant;
  readonly algorithm: Algorithm;
  readonly why: string;
}

/** Opens and compiles what can run here. */
export async function openContenders(
  host: EngineHost,
  variants: readonly Variant[],
  modes: readonly HashMode[],
): Promise<{ contenders: Contender[]; absent: AbsentVariant[] }> {
  const contenders: Contender[] = [];
  const absent: AbsentVariant[] = [];
  for (const variant of variants) {
    const engines = new Engines(host, variant);
    const engineOf = new Map<Algorithm, SearchEngine>();
    for (const algorithm of algorithmsOf(variant, modes)) {
      try {
        const engine = await engines.engineFor(algorithm);
        await engine.warmUp(algorithm);
        engineOf.set(algorithm, engine);
      } catch (error) {
        if (!(error instanceof WeftError)) throw error;
        absent.push({ variant, algorithm, why: error.message });
      }
    }
    if (engineOf.size === 0) await engines.close();
    else contenders.push({ variant, engines, engineOf, solver: new Solver(host, engines) });
  }
  return { contenders, absent };
}

/** The contenders that have an engine for a mode. */
export function contendersFor(contenders: readonly Contender[], mode: HashMode): Contender[] {
  return contenders.filter(({ engineOf }) => engineOf.has(mode.algorithm));
}

/** SHA-256 has no 64-bit words: its kernel is the one of u32. */
function algorithmsOf(variant: Variant, modes: readonly HashMode[]): Set<Algorithm> {
  const all = modes.map(({ algorithm }) => algorithm);
  return new Set(variant === "u64" ? all.filter((algorithm) => algorithm !== "sha256") : all);
}

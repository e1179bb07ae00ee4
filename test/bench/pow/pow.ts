/**
 * The benchmark of registration by work, in order: right seals, then rates beside the adapter's
 * integer bound and the loop over `@noble/hashes`.
 *
 * @module
 */
import { WeftError } from "../../../core/errors.ts";
import { type Gpu, openGpu } from "../../../core/gpu/gpu.ts";
import {
  openGpuSealEngine,
  promisingSealVariants,
  runnableSealVariants,
} from "../../../core/hash/gpu_seal_engine.ts";
import type { SealHost } from "../../../core/hash/open_seal_engine.ts";
import type { SealEngine, SealVariant } from "../../../core/hash/seal_engine.ts";
import { IntegerBound } from "../../../core/bench/hash/integer_bound.ts";
import type { NowMs } from "../../../core/bench/timing.ts";
import { checkSeals } from "./check_seals.ts";
import { NoblePeer } from "./noble_peer.ts";
import { openRunner, type RaceResult, type RacerName, raceSeals, type Runner } from "./race.ts";
import { countSealOperations, type SealOperations, sealOperations32 } from "./seal_operations.ts";

/** What to measure. */
export interface PowBenchOptions {
  /** One variant, or all that run here. */
  readonly variant: SealVariant | "all";
  /** Rounds of which the median is taken. */
  readonly rounds: number;
  /** The machine's; the loop runs on all of them. */
  readonly cores: number;
  /** Hears what is going on. */
  onStatus(text: string): void;
}

/** What runs where, and that its seals are right. */
export interface CheckedEvent {
  readonly kind: "checked";
  readonly gpu: Pick<Gpu, "adapterName" | "backend" | "isSoftware">;
  readonly cores: number;
  /** Those that were asked for and run here. */
  readonly variants: readonly SealVariant[];
  /** Those of which a search takes the fastest. */
  readonly promising: readonly SealVariant[];
  /** Answers that were compared. */
  readonly answers: number;
}

/** What a seal costs. */
export interface OperationsEvent extends SealOperations {
  readonly kind: "operations";
}

/** Rates of all. */
export interface RaceEvent extends RaceResult {
  readonly kind: "race";
  /** Width of the words that the integer bound was measured with. */
  readonly boundBits: 32 | 64;
}

/** What the benchmark tells while it runs. */
export type PowBenchEvent = CheckedEvent | OperationsEvent | RaceEvent;

/**
 * Runs the whole benchmark.
 *
 * @throws {WeftError} if a seal is wrong, before anything is timed, or if nothing can run here
 */
export async function* benchPow(
  host: SealHost,
  options: PowBenchOptions,
): AsyncGenerator<PowBenchEvent, void> {
  const { cores, onStatus } = options;
  const nowMs = (): number => host.clock.nowMs();
  const gpu = await openGpu(await host.webgpu());
  const noble = new NoblePeer(cores);
  try {
    const engines = chosenVariants(gpu, options).map((variant) => openGpuSealEngine(gpu, variant));
    onStatus("compiling, and checking the seals");
    let answers = await checkSeals(noble, "the loop over @noble/hashes");
    for (const engine of engines) answers += await checkSeals(engine, engine.variant);
    const variants = engines.map(({ variant }) => variant);
    const promising = promisingSealVariants(gpu);
    yield { kind: "checked", ...{ gpu, cores, variants, promising, answers } };
    const operations = countSealOperations("little");
    yield { kind: "operations", ...operations };
    yield await race(gpu, [...engines, noble], options, operations, nowMs);
  } finally {
    noble.close();
    gpu.close();
  }
}

function chosenVariants(gpu: Gpu, { variant }: PowBenchOptions): SealVariant[] {
  const runnable = runnableSealVariants(gpu);
  const chosen = runnable.filter((each) => variant === "all" || each === variant);
  if (chosen.length > 0) return chosen;
  throw new WeftError(
    `the variant ${variant} cannot run on ${gpu.adapterName}, expected one of ` +
      `${runnable.join(", ")} or all`,
  );
}

async function race(
  gpu: Gpu,
  triers: readonly (SealEngine | NoblePeer)[],
  { rounds, onStatus }: PowBenchOptions,
  operations: SealOperations,
  nowMs: NowMs,
): Promise<RaceEvent> {
  onStatus("measuring the integer bound");
  const bound = await IntegerBound.open(gpu, rounds, nowMs);
  onStatus("timing");
  const runners = new Map<RacerName, Runner>();
  for (const trier of triers) {
    const name = trier instanceof NoblePeer ? "noble" : trier.variant;
    runners.set(name, await openRunner(trier, nowMs));
  }
  const cost = sealOperations32(operations);
  const result = await raceSeals(runners, boundRunner(bound), cost, rounds, nowMs);
  return { kind: "race", boundBits: bound.bits, ...result };
}

/** Rounds of it are shorter: it has nothing to wait for but its end. */
function boundRunner({ run, times, operations }: IntegerBound): Runner {
  return { run, times, perRun: operations };
}

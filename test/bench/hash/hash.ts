/**
 * The search benchmark, in order: right answers, the adapter's integer bound, rates, latency, a whole
 * challenge, and hashcat beside it.
 *
 * @module
 */
import { WeftError } from "../../../core/errors.ts";
import { type Gpu, openGpu } from "../../../core/gpu/gpu.ts";
import type { EngineHost } from "../../../core/hash/engines.ts";
import type { HashMode } from "../../../core/hash/modes.ts";
import { type Variant, VARIANTS } from "../../../core/hash/search_engine.ts";
import { createChallenge, DIFFICULTIES } from "./challenge.ts";
import { checkAnswers } from "./check_answers.ts";
import { type AbsentVariant, type Contender, contendersFor, openContenders } from "./contenders.ts";
import { type EndToEnd, raceEndToEnd } from "./end_to_end.ts";
import { Hashcat } from "./hashcat.ts";
import { IntegerBound, type WordBits } from "./integer_bound.ts";
import { type Latency, measureLatency } from "./latency.ts";
import { raceHashcat, type RaceResult } from "./race.ts";
import { raceRates, type Rates } from "./rates.ts";

/** What to measure. */
export interface HashBenchOptions {
  readonly modes: readonly HashMode[];
  /** One variant, or all that run here. */
  readonly variant: Variant | "all";
  /** Rounds of which the median is taken. */
  readonly rounds: number;
  readonly hashcat: boolean;
  /** The machine's, for the record. */
  readonly cores: number;
  /** Hears what is going on. */
  onStatus(text: string): void;
}

/** What runs where, and that its answers are right. */
export interface CheckedEvent {
  readonly kind: "checked";
  /** Undefined on a machine without adapter. */
  readonly gpu: Gpu | undefined;
  readonly cores: number;
  readonly contenders: readonly {
    readonly variant: Variant;
    readonly devices: readonly string[];
  }[];
  readonly absent: readonly AbsentVariant[];
  /** Answers that were compared. */
  readonly answers: number;
}

/** How the adapter's integer bound is measured. */
export interface BoundEvent {
  readonly kind: "bound";
  /** The words that it is the fastest with; undefined without an adapter. */
  readonly bits: WordBits | undefined;
}

/** Rates of a mode and length. */
export interface RatesEvent extends Rates {
  readonly kind: "rates";
  readonly mode: HashMode;
  readonly length: number;
}

/** Latencies of a variant. */
export interface LatencyEvent extends Latency {
  readonly kind: "latency";
  readonly mode: HashMode;
}

/** A whole challenge by everyone. */
export interface EndToEndEvent extends EndToEnd {
  readonly kind: "end to end";
  readonly mode: HashMode;
  readonly length: number;
  readonly candidates: bigint;
}

/** Whether hashcat takes part, and why not. */
export interface HashcatEvent {
  readonly kind: "hashcat";
  readonly version: string | undefined;
  readonly absentBecause: string | undefined;
}

/** Weft beside hashcat in one mode. */
export interface RaceEvent extends RaceResult {
  readonly kind: "race";
  readonly mode: HashMode;
  readonly length: number;
}

/** What the benchmark tells while it runs. */
export type HashBenchEvent =
  | CheckedEvent
  | BoundEvent
  | RatesEvent
  | LatencyEvent
  | EndToEndEvent
  | HashcatEvent
  | RaceEvent;

/** The mode of the compute network's challenges. */
const NETWORK_MODE = 610;
/** Length of passwords in modes that the network has no use for. */
const OTHER_LENGTH = 8;
/** The network's easiest challenge, in which latency counts most. */
const END_TO_END_LENGTH = DIFFICULTIES[0];
/** A keyspace that lasts longer than any round. */
const RACE_LENGTH = DIFFICULTIES[DIFFICULTIES.length - 1];
const RACED_MODES: readonly number[] = [610, 1410, 1400];

/**
 * Runs the whole benchmark.
 *
 * @throws {WeftError} if an answer is wrong, before anything is timed, or if nothing can run here
 */
export async function* benchHash(
  host: EngineHost,
  options: HashBenchOptions,
): AsyncGenerator<HashBenchEvent, void> {
  const { modes, rounds, onStatus } = options;
  const nowMs = (): number => host.clock.nowMs();
  const gpu = await tryGpu(host);
  onStatus("compiling");
  const variants = options.variant === "all" ? VARIANTS : [options.variant];
  const { contenders, absent } = await openContenders(host, variants, modes);
  if (contenders.length === 0) {
    throw new WeftError(`no variant can run here: ${absent.map(({ why }) => why).join("; ")}`);
  }
  const answers = await checkAll(contenders, modes, onStatus);
  yield {
    kind: "checked",
    ...{ gpu, absent, answers, cores: options.cores },
    contenders: contenders.map(({ variant, engineOf }) => ({
      variant,
      devices: [...new Set([...engineOf.values()].map(({ deviceName }) => deviceName))],
    })),
  };
  onStatus("measuring the integer bound");
  const bound = gpu && await IntegerBound.open(gpu, rounds, nowMs);
  yield { kind: "bound", bits: bound?.bits };
  for (const mode of modes) {
    for (const length of lengthsOf(mode)) {
      onStatus(`timing mode ${mode.number}, length ${length}`);
      const challenge = createChallenge(mode, length);
      const rates = await raceRates(contenders, challenge, bound, rounds, nowMs);
      yield { kind: "rates", mode, length, ...rates };
    }
  }
  bound?.close();
  gpu?.close();
  yield* benchChallenges(contenders, host, gpu === undefined || gpu.isSoftware, options);
  for (const { solver } of contenders) await solver.close();
}

async function* benchChallenges(
  contenders: readonly Contender[],
  host: EngineHost,
  onProcessor: boolean,
  options: HashBenchOptions,
): AsyncGenerator<HashBenchEvent, void> {
  const { modes, rounds, onStatus } = options;
  const mode = modes.find(({ number }) => number === NETWORK_MODE) ?? modes[0];
  const challenge = createChallenge(mode, END_TO_END_LENGTH);
  for (const contender of contendersFor(contenders, mode)) {
    onStatus(`timing the start of ${contender.variant}`);
    const latency = await measureLatency(contender, host, challenge, rounds);
    yield { kind: "latency", mode, ...latency };
  }
  const found = options.hashcat ? await Hashcat.find(onProcessor) : "--no-hashcat was given";
  const hashcat = typeof found === "string" ? undefined : found;
  const absentBecause = typeof found === "string" ? found : undefined;
  yield { kind: "hashcat", version: hashcat?.version, absentBecause };
  if (hashcat) yield* benchRaces(contenders, hashcat, host, options);
  onStatus(`solving a challenge of difficulty ${END_TO_END_LENGTH}`);
  yield {
    kind: "end to end",
    ...{ mode, length: END_TO_END_LENGTH, candidates: challenge.keyspace.size },
    ...await raceEndToEnd(contenders, hashcat, host, challenge, rounds),
  };
}

async function* benchRaces(
  contenders: readonly Contender[],
  hashcat: Hashcat,
  host: EngineHost,
  { modes, rounds, onStatus }: HashBenchOptions,
): AsyncGenerator<RaceEvent, void> {
  const nowMs = (): number => host.clock.nowMs();
  for (const mode of modes.filter(({ number }) => RACED_MODES.includes(number))) {
    onStatus(`racing hashcat in mode ${mode.number}`);
    const challenge = createChallenge(mode, RACE_LENGTH);
    const racers = contendersFor(contenders, mode);
    const result = await raceHashcat(racers, hashcat, challenge, rounds, nowMs);
    yield { kind: "race", mode, length: RACE_LENGTH, ...result };
  }
}

async function checkAll(
  contenders: readonly Contender[],
  modes: readonly HashMode[],
  onStatus: (text: string) => void,
): Promise<number> {
  let answers = 0;
  for (const mode of modes) {
    for (const { variant, solver } of contendersFor(contenders, mode)) {
      onStatus(`checking the answers of mode ${mode.number} with ${variant}`);
      answers += await checkAnswers(solver, variant, mode, lengthsOf(mode));
    }
  }
  return answers;
}

/** Lengths of the passwords that rates are taken for. */
function lengthsOf({ number }: HashMode): readonly number[] {
  return number === NETWORK_MODE ? DIFFICULTIES : [OTHER_LENGTH];
}

/** The adapter on a device of its own; undefined where there is none. */
async function tryGpu(host: EngineHost): Promise<Gpu | undefined> {
  try {
    return await openGpu(await host.webgpu());
  } catch (error) {
    if (error instanceof WeftError) return undefined;
    throw error;
  }
}

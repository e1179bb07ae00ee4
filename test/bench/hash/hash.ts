/**
 * The search benchmark, in order: right answers, the adapter's integer bound, rates, latency, a whole
 * challenge, and hashcat beside it.
 *
 * @module
 */
import { createChallenge, DIFFICULTIES } from "../../../core/bench/hash/challenge.ts";
import { type Contender, contendersFor } from "../../../core/bench/hash/contenders.ts";
import {
  benchHashRates,
  type BoundEvent,
  type CheckedEvent,
  type HashRatesOptions,
  NETWORK_MODE,
  type RatesEvent,
} from "../../../core/bench/hash/hash_rates.ts";
import type { EngineHost } from "../../../core/hash/engines.ts";
import type { HashMode } from "../../../core/hash/modes.ts";
import { type EndToEnd, raceEndToEnd } from "./end_to_end.ts";
import { Hashcat } from "./hashcat.ts";
import { type Latency, measureLatency } from "./latency.ts";
import { raceHashcat, type RaceResult } from "./race.ts";

/** What to measure. */
export interface HashBenchOptions extends HashRatesOptions {
  readonly hashcat: boolean;
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
  const { contenders, onProcessor } = yield* benchHashRates(host, options);
  yield* benchChallenges(contenders, host, onProcessor, options);
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

/**
 * Rates of password searches, in order: right answers, the adapter's integer bound, rates by mode,
 * length and variant.
 *
 * @module
 */
import { WeftError } from "../../errors.ts";
import { type Gpu, openGpu } from "../../gpu/gpu.ts";
import type { EngineHost } from "../../hash/engines.ts";
import type { HashMode } from "../../hash/modes.ts";
import { type Variant, VARIANTS } from "../../hash/search_engine.ts";
import { createChallenge, DIFFICULTIES } from "./challenge.ts";
import { checkAnswers } from "./check_answers.ts";
import { type AbsentVariant, type Contender, contendersFor, openContenders } from "./contenders.ts";
import { IntegerBound, type WordBits } from "./integer_bound.ts";
import { raceRates, type Rates } from "./rates.ts";

/** What to measure. */
export interface HashRatesOptions {
  readonly modes: readonly HashMode[];
  /** One variant, or all that run here. */
  readonly variant: Variant | "all";
  /**
   * Lengths of passwords in the compute network's mode.
   * @default {DIFFICULTIES}
   */
  readonly difficulties?: readonly number[];
  /** Rounds of which the median is taken. */
  readonly rounds: number;
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

/** What is left open for more measurements; whoever gets it closes the solvers. */
export interface OpenContenders {
  readonly contenders: readonly Contender[];
  /** Whether there is no adapter, or it is the processor. */
  readonly onProcessor: boolean;
}

/** The mode of the compute network's challenges. */
export const NETWORK_MODE = 610;
/** Length of passwords in modes that the network has no use for. */
const OTHER_LENGTH = 8;

/**
 * Measures all of it.
 *
 * @throws {WeftError} if an answer is wrong, before anything is timed, or if nothing can run here
 */
export async function* benchHashRates(
  host: EngineHost,
  options: HashRatesOptions,
): AsyncGenerator<CheckedEvent | BoundEvent | RatesEvent, OpenContenders> {
  const { modes, rounds, onStatus } = options;
  const nowMs = (): number => host.clock.nowMs();
  const gpu = await tryGpu(host);
  onStatus("compiling");
  const variants = options.variant === "all" ? VARIANTS : [options.variant];
  const { contenders, absent } = await openContenders(host, variants, modes);
  if (contenders.length === 0) {
    throw new WeftError(`no variant can run here: ${absent.map(({ why }) => why).join("; ")}`);
  }
  const answers = await checkAll(contenders, options);
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
    for (const length of lengthsOf(mode, options)) {
      onStatus(`timing mode ${mode.number}, length ${length}`);
      const challenge = createChallenge(mode, length);
      const rates = await raceRates(contenders, challenge, bound, rounds, nowMs);
      yield { kind: "rates", mode, length, ...rates };
    }
  }
  bound?.close();
  gpu?.close();
  return { contenders, onProcessor: gpu === undefined || gpu.isSoftware };
}

async function checkAll(
  contenders: readonly Contender[],
  options: HashRatesOptions,
): Promise<number> {
  let answers = 0;
  for (const mode of options.modes) {
    for (const { variant, solver } of contendersFor(contenders, mode)) {
      options.onStatus(`checking the answers of mode ${mode.number} with ${variant}`);
      answers += await checkAnswers(solver, variant, mode, lengthsOf(mode, options));
    }
  }
  return answers;
}

/** Lengths of the passwords that rates are taken for. */
function lengthsOf(
  { number }: HashMode,
  { difficulties = DIFFICULTIES }: HashRatesOptions,
): readonly number[] {
  return number === NETWORK_MODE ? difficulties : [OTHER_LENGTH];
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

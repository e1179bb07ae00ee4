/**
 * What `validate compute` does around the challenges of a round: asks what machines have, looks
 * whether they can be rented, and writes down what came of it.
 *
 * @module
 */

import type { Dendrite } from "../../core/compute/dendrite.ts";
import type { ComputeValidatorOptions } from "../../core/compute/validator/compute_validator.ts";
import {
  type GpuProver,
  GpuRounds,
  PUBLISHED_GPU_ROUNDS,
} from "../../core/compute/validator/gpu_rounds.ts";
import { type KnownMiner, knownMiners } from "../../core/compute/validator/known_miner.ts";
import { CHECK_INTERVAL_MS, MinerChecker } from "../../core/compute/validator/miner_checker.ts";
import { specsRound } from "../../core/compute/validator/specs_round.ts";
import type { MinerTarget } from "../../core/compute/validator/targets.ts";
import type { Clock, Log, RandomBytes } from "../../core/host.ts";
import type { SqliteComputeBook } from "../sqlite_compute_book.ts";
import { newRenterKey } from "./renter_key.ts";
import { answersSsh } from "./ssh_probe.ts";
import type { ValidateComputeValues } from "./compute_flags.ts";
import type { ComputeReport } from "./compute_report.ts";
import type { PenaltyFiles } from "./penalty_files.ts";

/** Of the chain. */
export const BLOCK_MS = 12_000;
/** As published. */
const SPECS_INTERVAL_MS = 150 * BLOCK_MS;
/** Free machines that are rented for a moment at once, as published. */
const CHECKED_AT_ONCE = 50;

/** What duties are done with. */
export interface ComputeDutiesOptions {
  readonly values: ValidateComputeValues;
  readonly dendrite: Pick<Dendrite, "call">;
  readonly book: SqliteComputeBook;
  readonly penalties: PenaltyFiles;
  readonly report: ComputeReport;
  /** Undefined where nothing proves GPUs, or no score asks for it. */
  readonly prove: GpuProver | undefined;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly log: Log;
}

/** See the module. */
export class ComputeDuties {
  readonly #checker: MinerChecker;
  readonly #gpuRounds: GpuRounds | undefined;
  readonly #isSpecsTime: () => boolean;
  readonly #isCheckTime: () => boolean;

  constructor(readonly options: ComputeDutiesOptions) {
    const { dendrite, clock, prove } = options;
    this.#gpuRounds = prove && gpuRounds(prove, options);
    this.#checker = new MinerChecker({
      ...{ dendrite, clock, newKey: newRenterKey, answersSsh, batchSize: CHECKED_AT_ONCE },
    });
    this.#isSpecsTime = onceIn(clock, SPECS_INTERVAL_MS);
    this.#isCheckTime = onceIn(clock, CHECK_INTERVAL_MS);
  }

  /** For a validator. */
  get hooks(): Required<
    Pick<ComputeValidatorOptions, "prepare" | "known" | "onResult" | "onRound">
  > {
    const { report, book } = this.options;
    return {
      prepare: (targets, signal) => this.#prepare(targets, signal),
      known: (hotkeys, bestScore) => this.#known(hotkeys, bestScore),
      onResult: (result) => report.result(result),
      onRound: async (lines) => {
        report.round(lines);
        await book.writeScores(lines.map(({ uid, hotkey, score, known }) => {
          return { uid, hotkey, score, gpu: known.gpu, isAllocated: known.isAllocated };
        }));
      },
    };
  }

  /** Has miners prove their GPUs at their own times, until the signal. */
  async prove(targets: () => Promise<readonly MinerTarget[]>, signal: AbortSignal): Promise<void> {
    await this.#gpuRounds?.run(targets, signal);
  }

  async #prepare(targets: readonly MinerTarget[], signal: AbortSignal): Promise<void> {
    const { values, dendrite, book, log } = this.options;
    if (values.hardwareQuery && this.#isSpecsTime()) {
      const batchSize = values.specsBatchSize;
      const told = await specsRound(targets, { dendrite, book, batchSize }, signal);
      log.debug(`${told} of ${targets.length} miners tell what they have`);
    }
    if (values.rounds !== undefined) await this.#gpuRounds?.round(targets, signal);
    if (values.checker && !signal.aborted && this.#isCheckTime()) {
      await this.#check(targets, signal);
    }
  }

  async #check(targets: readonly MinerTarget[], signal: AbortSignal): Promise<void> {
    const { book, penalties, log } = this.options;
    const rented = await book.allocated();
    const free = targets.filter(({ hotkey }) => !rented.has(hotkey));
    const found = await this.#checker.check(free, signal);
    if (signal.aborted) return;
    for (const { hotkey, statusCode } of found) log.info(`${hotkey} is penalised: ${statusCode}`);
    await penalties.write(found);
  }

  async #known(
    hotkeys: readonly string[],
    bestScore: number,
  ): Promise<ReadonlyMap<string, KnownMiner>> {
    const { book, values, penalties } = this.options;
    return await knownMiners(hotkeys, bestScore, {
      ...{ book, asksSpecs: values.hardwareQuery, penalties: await penalties.read() },
    });
  }
}

/** As published; within a number of rounds nobody waits for further tries. */
function gpuRounds(
  prove: GpuProver,
  { values, book, clock, randomBytes, log, report }: ComputeDutiesOptions,
): GpuRounds {
  const tries = values.rounds === undefined ? PUBLISHED_GPU_ROUNDS.tries : 1;
  return new GpuRounds({
    ...{ prove, book, clock, randomBytes, log },
    settings: { ...PUBLISHED_GPU_ROUNDS, tries },
    onProof: (miner) => report.proof(miner),
  });
}

/** Says yes at once, and then when so much time has passed since the last yes. */
function onceIn(clock: Clock, intervalMs: number): () => boolean {
  let lastMs = -Infinity;
  return () => {
    if (clock.nowMs() - lastMs < intervalMs) return false;
    lastMs = clock.nowMs();
    return true;
  };
}

/**
 * A validator of the compute network: challenges the registered miners in rounds, keeps what came of
 * it, scores them and sets weights.
 *
 * Source: neuralinternet/compute-subnet v1.5.3, `neurons/validator.py`.
 *
 * @module
 */

import type { Chain } from "../../chain/chain.ts";
import type { Metagraph } from "../../chain/metagraph.ts";
import { emittedWeights } from "../../chain/weights_emission.ts";
import type { Clock, Log, RandomBytes, WallClock } from "../../host.ts";
import type { Signer } from "../../wallet/signer.ts";
import type { Dendrite } from "../dendrite.ts";
import type { ChallengeBook, ChallengeRow } from "./challenge_book.ts";
import { challengeRound, type RoundResult } from "./challenge_round.ts";
import { type KnownMiner, UNASKED } from "./known_miner.ts";
import { type MinerTarget, minerTargets, type TargetSettings } from "./targets.ts";

/** Of the compute network's 1.8.3. */
const WEIGHTS_VERSION = 183n;
/** Rows that judges get to see: sixty count, but the last twenty successes may lie further back. */
const JUDGED_ROWS = 600;

/** How miners are judged by their rows, the newest first. */
export interface Judge {
  /** Of the next challenge; undefined where miners are not judged by challenges. */
  readonly difficulty?: (rows: readonly ChallengeRow[]) => number;
  /** 0 or more. */
  score(rows: readonly ChallengeRow[], known: KnownMiner): number;
}

/** What an operator may choose. */
export interface ComputeValidatorSettings extends TargetSettings {
  readonly netuid: number;
  /** Miners that are asked at once. */
  readonly batchSize: number;
  /** From the end of a round to the next one: some time between these, in milliseconds. */
  readonly pauseMs: { readonly least: number; readonly most: number };
  /** The largest share of the time that rounds may take, where the miners do other work too. */
  readonly mostShare: number;
  /** Between two settings of weights. */
  readonly weightsIntervalMs: number;
}

/** A registered miner. */
export interface MinerName {
  readonly uid: number;
  readonly hotkey: string;
}

/** What a miner is worth. */
export interface Scored extends MinerName {
  readonly score: number;
}

/** What came of a miner in a round, and what is known of it. */
export interface RoundLine extends Scored {
  readonly known: KnownMiner;
  /** Undefined for one that got no challenge, or has not been heard of before the stop. */
  readonly result: RoundResult | undefined;
}

/** What a validator is made of. */
export interface ComputeValidatorOptions {
  readonly signer: Signer;
  readonly dendrite: Pick<Dendrite, "call">;
  readonly metagraph: () => Promise<Pick<Metagraph, "neurons">>;
  /** Undefined where there is no chain to set weights on. */
  readonly chain: Pick<Chain, "setWeights"> | undefined;
  readonly book: ChallengeBook;
  readonly judge: Judge;
  readonly settings: ComputeValidatorSettings;
  readonly clock: Clock;
  readonly wallClock: WallClock;
  readonly randomBytes: RandomBytes;
  readonly log: Log;
  /** Done before the challenges of a round, with those who get one. */
  readonly prepare?: (targets: readonly MinerTarget[], signal: AbortSignal) => Promise<void>;
  /**
   * What is known of miners, given the best score of the round before.
   * @default nothing but their challenges
   */
  readonly known?: (
    hotkeys: readonly string[],
    bestScore: number,
  ) => Promise<ReadonlyMap<string, KnownMiner>>;
  /** Hears of each answer with the miner's score after it. */
  readonly onResult?: (result: RoundResult & Pick<Scored, "score">) => void;
  /** Hears of all miners at the end of a round. */
  readonly onRound?: (lines: readonly RoundLine[]) => Promise<void>;
}

/** See the module. */
export class ComputeValidator {
  #weightsSetMs = -Infinity;
  /** Of all miners in the round before. */
  #bestScore = 0;

  constructor(readonly options: ComputeValidatorOptions) {}

  /**
   * Challenges all miners once. What a miner does wrong is its own; only what concerns the validator
   * itself is thrown.
   *
   * @returns how many were asked
   * @throws {WeftError} if chain or book do not answer
   */
  async round(signal: AbortSignal): Promise<number> {
    const { book, metagraph, signer, settings, prepare, onRound } = this.options;
    const { neurons } = await metagraph();
    await book.keepOnly(new Set(neurons.map(({ hotkey }) => hotkey)));
    const targets = minerTargets(neurons, signer.address, settings);
    await prepare?.(targets, signal);
    const known = await this.#known(targets);
    const results = await this.#challenge(targets, known, signal);
    const lines = await Promise.all(targets.map(async (target): Promise<RoundLine> => {
      const { uid, hotkey } = target;
      const about = known.get(hotkey) ?? UNASKED;
      const score = await this.#scoreOf(target, about);
      return { uid, hotkey, score, known: about, result: results.get(hotkey) };
    }));
    this.#bestScore = Math.max(0, ...lines.map(({ score }) => score));
    if (!signal.aborted) await onRound?.(lines);
    return targets.length;
  }

  /** Who is asked, as the chain has it now. @throws {WeftError} if the chain does not answer */
  async targets(): Promise<MinerTarget[]> {
    const { metagraph, signer, settings } = this.options;
    return minerTargets((await metagraph()).neurons, signer.address, settings);
  }

  /** What each registered miner is worth now. @throws {WeftError} as `round` */
  async scores(): Promise<Scored[]> {
    const targets = await this.targets();
    const known = await this.#known(targets);
    return await Promise.all(targets.map(async (target) => {
      const score = await this.#scoreOf(target, known.get(target.hotkey) ?? UNASKED);
      return { uid: target.uid, hotkey: target.hotkey, score };
    }));
  }

  /** Goes on with rounds, and sets weights when it is time, until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.options;
    while (!signal.aborted) {
      const startMs = clock.nowMs();
      try {
        await this.round(signal);
        if (!signal.aborted) await this.setWeights();
      } catch (error) {
        if (signal.aborted) return;
        log.warn(`a round has failed: ${error instanceof Error ? error.message : error}`);
      }
      await clock.sleep(this.#pauseMs(clock.nowMs() - startMs), signal);
    }
  }

  get #roundOptions(): Parameters<typeof challengeRound>[2] {
    const { dendrite, clock, wallClock, randomBytes, settings: { batchSize } } = this.options;
    return { dendrite, clock, wallClock, randomBytes, batchSize };
  }

  async #known(targets: readonly MinerTarget[]): Promise<ReadonlyMap<string, KnownMiner>> {
    const hotkeys = targets.map(({ hotkey }) => hotkey);
    return await this.options.known?.(hotkeys, this.#bestScore) ?? new Map();
  }

  async #challenge(
    targets: readonly MinerTarget[],
    known: ReadonlyMap<string, KnownMiner>,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, RoundResult>> {
    const { book, judge, onResult } = this.options;
    const results = new Map<string, RoundResult>();
    const { difficulty } = judge;
    if (!difficulty) return results;
    const difficultyOf = async ({ uid, hotkey }: MinerName): Promise<number> =>
      difficulty(await book.lastRows(uid, hotkey, JUDGED_ROWS));
    for await (const result of challengeRound(targets, difficultyOf, this.#roundOptions, signal)) {
      await book.add([result]);
      results.set(result.hotkey, result);
      const score = await this.#scoreOf(result, known.get(result.hotkey) ?? UNASKED);
      onResult?.({ ...result, score });
    }
    return results;
  }

  async #scoreOf({ uid, hotkey }: MinerName, known: KnownMiner): Promise<number> {
    const { book, judge } = this.options;
    const score = judge.score(await book.lastRows(uid, hotkey, JUDGED_ROWS), known);
    // A formula of old may be broken; a weight must be a number.
    return Number.isFinite(score) ? Math.max(0, score) : 0;
  }

  /**
   * Sets weights by the scores, at most once in an interval. All zeros are no message.
   * @throws {WeftError} if the chain does not take them
   */
  async setWeights(): Promise<void> {
    const { chain, clock, log, settings: { netuid, weightsIntervalMs }, signer } = this.options;
    const nowMs = clock.nowMs();
    if (!chain || nowMs - this.#weightsSetMs < weightsIntervalMs) return;
    const scores = await this.scores();
    const sum = scores.reduce((total, { score }) => total + score, 0);
    if (sum === 0) return;
    const { uids, values } = emittedWeights(
      scores.map(({ uid }) => uid),
      scores.map(({ score }) => score / sum),
    );
    await chain.setWeights(signer, { netuid, uids, values, versionKey: WEIGHTS_VERSION });
    this.#weightsSetMs = nowMs;
    log.info(`weights of ${uids.length} miners are on the chain`);
  }

  #pauseMs(roundMs: number): number {
    const { randomBytes, settings: { pauseMs: { least, most }, mostShare } } = this.options;
    const pause = least + (most - least) * randomBytes(1)[0] / 255;
    return Math.max(pause, roundMs * (1 / mostShare - 1));
  }
}

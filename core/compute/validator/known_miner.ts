/**
 * What a validator knows of a miner beside its challenges, for the formulas that ask for it.
 *
 * @module
 */

import type { ScoreInput } from "../scores/score_input.ts";
import type { MinerBook, ProvenGpu } from "./miner_book.ts";
import type { MinerSpecs } from "./miner_specs.ts";

/** See the module. */
export interface KnownMiner
  extends
    Pick<ScoreInput, "hasDocker" | "returnsSpecs" | "isAllocated" | "penalties" | "bestScore"> {
  /** What it has proven; undefined for nothing. */
  readonly gpu: ProvenGpu | undefined;
  /** What it told; undefined for nothing. */
  readonly specs: MinerSpecs | undefined;
}

/** Where nothing is asked of a miner but challenges, what else there is counts for it. */
export const UNASKED: KnownMiner = {
  ...{ hasDocker: true, returnsSpecs: true, isAllocated: false, bestScore: 0 },
  ...{ penalties: { count: 0, validators: 1 }, gpu: undefined, specs: undefined },
};

/** How a validator gets to know its miners. */
export interface KnowledgeOptions {
  readonly book: Pick<MinerBook, "specsOf" | "gpuOf" | "allocated">;
  /** Whether miners are asked what they have; else they are taken to have docker. */
  readonly asksSpecs: boolean;
  readonly penalties: {
    readonly counts: ReadonlyMap<string, number>;
    /** Whose lists were read. */
    readonly validators: number;
  };
}

/** What is known of miners now. @throws {WeftError} if the book cannot be read */
export async function knownMiners(
  hotkeys: readonly string[],
  bestScore: number,
  { book, asksSpecs, penalties: { counts, validators } }: KnowledgeOptions,
): Promise<ReadonlyMap<string, KnownMiner>> {
  const rented = await book.allocated();
  const entries = hotkeys.map(async (hotkey): Promise<[string, KnownMiner]> => {
    const [specs, gpu] = await Promise.all([book.specsOf(hotkey), book.gpuOf(hotkey)]);
    return [hotkey, {
      hasDocker: asksSpecs ? specs?.has_docker ?? false : true,
      returnsSpecs: asksSpecs ? specs !== undefined : true,
      isAllocated: rented.has(hotkey),
      penalties: { count: counts.get(hotkey) ?? 0, validators },
      ...{ bestScore, gpu, specs },
    }];
  });
  return new Map(await Promise.all(entries));
}

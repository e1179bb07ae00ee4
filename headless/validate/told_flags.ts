/**
 * Flags beside what an orchestrator tells: they win, and the user hears where they differ.
 *
 * @module
 */

import type { Log } from "../../core/host.ts";
import { modelFields } from "../../core/iota/orchestrator/overview.ts";
import type { ModelConfig } from "../../core/model/config.ts";
import type { SwarmFacts } from "../../core/node/swarm_facts.ts";
import type { TrainingValues } from "./training.ts";

/** Flags of which an orchestrator may tell another value; undefined where the user said nothing. */
export interface ToldValues extends TrainingValues {
  readonly seed: number | undefined;
  /** Of a miner only. */
  readonly cacheSize?: number | undefined;
}

/**
 * Warns of each flag that is not what the orchestrator tells, in one line.
 *
 * @param model that the flags came to
 */
export function warnOfOtherFlags(
  values: ToldValues,
  model: ModelConfig,
  facts: SwarmFacts,
  log: Log,
): void {
  const { batch, seq, batchesBeforeMerging, localSteps, weightsDtype, cacheSize, seed } = values;
  const { maxCachedActivations, localOptimizerSteps, globalOptimizerSteps } = facts;
  const pairs: readonly (readonly [string, Told | undefined, Told | null])[] = [
    ...otherModel(values, model, facts),
    ["--batch", batch, facts.batch],
    ["--seq", seq, facts.seq],
    ["--batches-before-merging", batchesBeforeMerging, globalOptimizerSteps],
    ["--local-steps", localSteps, localOptimizerSteps],
    ["--weights-dtype", weightsDtype, facts.weightsDtype],
    ["--cache.size", cacheSize, maxCachedActivations],
    ["--seed", seed, facts.seed],
  ];
  for (const [flag, ours, theirs] of pairs) {
    if (ours === undefined || theirs === null || ours === theirs) continue;
    log.warn(`${flag} ${ours} is used, though the orchestrator tells ${theirs}`);
  }
}

type Told = string | number;

/** The flags by which the model is another one, or cut into other layers. */
function otherModel(
  { model: name, splits }: ToldValues,
  model: ModelConfig,
  facts: SwarmFacts,
): (readonly [flag: string, ours: string, theirs: string])[] {
  const [cuts, toldCuts] = [model, facts.model].map(cutsOf);
  const isOther = sizesOf(model) !== sizesOf(facts.model);
  const told = isOther ? `another model, ${facts.model.name}` : `it cut at ${toldCuts}`;
  const hasOwnCuts = cuts !== toldCuts;
  return [
    ...name !== undefined && (isOther || hasOwnCuts && !splits)
      ? [["--model", name, told] as const]
      : [],
    ...splits && hasOwnCuts ? [["--splits", cuts, toldCuts] as const] : [],
  ];
}

/** As `--splits` takes them. */
function cutsOf({ splits }: ModelConfig): string {
  return splits.slice(1).map(([start]) => start).join();
}

/** All but the cuts, and the name, which may be any. */
function sizesOf(model: ModelConfig): string {
  return JSON.stringify({ ...modelFields(model), model_name: "", splits: [] });
}

/**
 * What a run told before the page was loaded.
 *
 * @module
 */

import * as v from "valibot";
import type { Storage } from "../../core/host.ts";
import type { ChallengeEvent, RunEvent } from "./node_api.ts";

/** Where the session of training keeps its steps, and the tab its challenges. */
const STEP_LOG = "metrics.jsonl";
/** Where challenges of a run are kept. */
export const CHALLENGE_LOG = "challenges";

const GpuTime = v.object({
  forward: v.number(),
  loss: v.number(),
  backward: v.number(),
  optimizer: v.number(),
});

const Step = v.object({
  kind: v.literal("step"),
  step: v.number(),
  /** JSON has no NaN: a step whose loss was none has null. */
  loss: v.fallback(v.number(), NaN),
  validationLoss: v.fallback(v.optional(v.number()), undefined),
  learningRate: v.number(),
  gradientNorms: v.array(v.fallback(v.number(), NaN)),
  tokensPerSecond: v.number(),
  stepMs: v.number(),
  gpuMs: v.optional(GpuTime),
  memoryBytes: v.number(),
  secondsLeft: v.number(),
});

const Challenge = v.object({
  kind: v.literal("challenge"),
  difficulty: v.number(),
  success: v.boolean(),
  elapsedS: v.number(),
  score: v.number(),
  reason: v.string(),
});

/** Steps and challenges of earlier, in their order; what cannot be read is left out. */
export async function keptEvents(storage: Storage): Promise<RunEvent[]> {
  const steps = (await storage.readRecords(STEP_LOG)).flatMap((record) => {
    const step = v.safeParse(Step, record);
    if (!step.success) return [];
    const { validationLoss, gpuMs, ...rest } = step.output;
    return [{ ...rest, validationLoss, gpuMs }];
  });
  const challenges: ChallengeEvent[] = (await storage.readRecords(CHALLENGE_LOG))
    .flatMap((record) => {
      const challenge = v.safeParse(Challenge, record);
      return challenge.success ? [challenge.output] : [];
    });
  return [...steps, ...challenges];
}

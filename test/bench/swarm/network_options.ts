/**
 * How the networks of a benchmark are set up.
 *
 * @module
 */

import type { PrecisionName } from "../../../core/model/parameters.ts";
import type { Preset } from "../../../core/model/presets.ts";
import { PUBLISHED_SCHEDULE } from "../../../core/model/schedule.ts";
import type { Tuning } from "../../../core/model/tuning.ts";
import type { NetworkOptions } from "../../../core/node/training_network.ts";

const WARMUP_STEPS = 20;

/** All stages train; no validator takes time from them. */
export function networkOptions(
  preset: Preset,
  how: {
    readonly precision: PrecisionName;
    readonly tuning: Tuning;
    readonly seed: number;
    readonly minersPerLayer: number;
    readonly mergeEvery: number;
  },
): NetworkOptions {
  return {
    ...preset,
    ...how,
    trainedStages: new Set(preset.model.splits.keys()),
    schedule: { peak: preset.learningRate, warmupSteps: WARMUP_STEPS, ...PUBLISHED_SCHEDULE },
    checkedShare: 0,
  };
}

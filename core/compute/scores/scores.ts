/**
 * Every formula by which validators of the compute network have scored challenges.
 *
 * @module
 */

import {
  SHARE_A,
  SHARE_A_LENIENT,
  SHARE_B,
  SHARE_B_BEST,
  SHARE_B_PATIENT,
  SHARE_B_PENALISED,
} from "./difficulty_share.ts";
import type { ScoreFormula } from "./score_input.ts";
import { SINGLE_4, SINGLE_6 } from "./single_challenge.ts";
import {
  RATIO_FIFTH,
  RATIO_FIRST,
  RATIO_FOURTH,
  RATIO_SECOND,
  RATIO_THIRD,
} from "./success_ratio.ts";

const BROKEN: ScoreFormula = {
  commit: "a167295",
  description: "1.4.1 as it was for a while: a name was missing, and every score was 0.",
  score: () => 0,
};

/** By version; `guide` is what the published guide describes. */
export const SCORES = {
  guide: SINGLE_4,
  "1.1.0": SINGLE_4,
  "1.2.0": SINGLE_6,
  "1.3.0-first": RATIO_FIRST,
  "1.3.0-second": RATIO_SECOND,
  "1.3.0": RATIO_THIRD,
  "1.3.9": RATIO_FOURTH,
  "1.3.10": RATIO_FIFTH,
  "1.3.11": SHARE_A,
  "1.4.1": SHARE_A_LENIENT,
  "1.4.1-broken": BROKEN,
  "1.4.2": SHARE_B,
  "1.4.3": SHARE_B_PATIENT,
  "1.4.4": SHARE_B_BEST,
  "1.5.3": SHARE_B_PENALISED,
} as const satisfies Readonly<Record<string, ScoreFormula>>;

/** A formula's name. */
export type ScoreName = keyof typeof SCORES;

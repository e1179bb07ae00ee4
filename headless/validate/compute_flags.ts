/**
 * Flags of `validate compute`.
 *
 * @module
 */

import { GPU_SCORES, type GpuScoreName } from "../../core/compute/scores/gpu_scores.ts";
import { type ScoreName, SCORES } from "../../core/compute/scores/scores.ts";
import { AXON_FLAGS } from "../axon_flags.ts";
import { json, loggingDebug } from "../common_flags.ts";
import { ACCEPTED_VALIDATOR_FLAGS, COMPUTE_VALIDATOR_FLAGS, netuid } from "../compute/flags.ts";
import { choice, type Flag, integer, text, toggle, type Values } from "../flags.ts";
import { CHAIN_FLAGS, WALLET_FLAGS } from "../wallet/flags.ts";

const SCORE_NAMES = [
  ...Object.keys(SCORES) as ScoreName[],
  ...Object.keys(GPU_SCORES) as GpuScoreName[],
];

const { axonPort, axonExternalIp, axonExternalPort } = AXON_FLAGS;

/** What the validator announces of itself; nothing is served there. */
const ANNOUNCED_FLAGS = {
  axonPort: { ...axonPort, description: "Port that the validator announces on the chain." },
  axonExternalIp: {
    ...axonExternalIp,
    defaultText: "nothing is announced",
    description: "Address under which the validator announces its version on the chain, as the " +
      "published one does (serve_prometheus). Nothing listens there.",
  },
  axonExternalPort: {
    ...axonExternalPort,
    description: "Port that the validator announces instead.",
  },
} as const;

/** See the module. */
export const VALIDATE_COMPUTE_FLAGS = {
  ...WALLET_FLAGS,
  ...CHAIN_FLAGS,
  netuid,
  ...COMPUTE_VALIDATOR_FLAGS,
  ...ANNOUNCED_FLAGS,
  score: choice({
    name: "score",
    words: SCORE_NAMES,
    default: "1.5.3",
    expected: `one of ${SCORE_NAMES.join(", ")}`,
    description:
      "Formula by which miners are scored, by the version that had it; guide is that of " +
      "the published guide. Those from 1.6.0 on score the GPUs that miners have proven, and send " +
      "no challenges.",
  }),
  rounds: integer({
    name: "rounds",
    min: 1,
    default: undefined,
    defaultText: "until Ctrl-C",
    description: "Rounds after which it ends, one right after the other.",
  }),
  database: text({
    name: "database",
    placeholder: "FILE",
    default: "database.db",
    description: "File with what came of challenges, in the published tables.",
  }),
  weights: toggle({
    name: "weights",
    default: true,
    description: "Sets weights on the chain; without it miners are only scored.",
  }),
  onePerAddress: toggle({
    name: "one-per-address",
    default: true,
    description: "Asks one miner of each address only, as published; off for several on a machine.",
  }),
  penalizedHotkeys: files(
    "penalized.hotkeys",
    "penalized_hotkeys.json, if it is there",
    "Lists of hotkeys to be punished, one of each validator, with commas between them. Formulas " +
      "from 1.4.8 on give a miner less by the share of lists that have it.",
  ),
  checker: toggle({
    name: "checker",
    default: false,
    description: "Every 15 minutes rents each free machine for a moment, looks whether SSH " +
      "answers, gives it back, and writes who fails to the first list of --penalized.hotkeys.",
  }),
  json,
  loggingDebug,
  ...ACCEPTED_VALIDATOR_FLAGS,
} as const;

/** The values of {@linkcode VALIDATE_COMPUTE_FLAGS}. */
export type ValidateComputeValues = Values<typeof VALIDATE_COMPUTE_FLAGS>;

function files(
  name: string,
  defaultText: string,
  description: string,
): Flag<readonly string[] | undefined> {
  return {
    ...{ name, description, placeholder: "FILES", default: undefined, defaultText },
    expected: "files with commas between them",
    parse: (text) => {
      const found = text.split(",").map((each) => each.trim()).filter((each) => each !== "");
      return found.length === 0 ? undefined : found;
    },
  };
}

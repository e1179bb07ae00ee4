/**
 * The rules of a ledger's subnets.
 *
 * @module
 */

import * as v from "valibot";
import { UsageError } from "../../errors.ts";
import { rao, u16, u64, wholeNumber } from "./schemas.ts";

/** What a subnet's owner may set. Names and meanings are those of Subtensor's hyperparameters. */
export interface SubnetRules {
  readonly registrationAllowed: boolean;
  readonly powRegistrationAllowed: boolean;
  /** What the first registration costs. */
  readonly initialBurnRao: bigint;
  readonly minBurnRao: bigint;
  readonly maxBurnRao: bigint;
  /** Blocks in which the price halves; 0 if it never falls. */
  readonly burnHalfLifeBlocks: number;
  /** What a registration multiplies the price by, in millionths. */
  readonly burnIncreaseMillionths: number;
  /** Of registration by work. */
  readonly difficulty: bigint;
  readonly maxNeuronCount: number;
  readonly immunityBlocks: number;
  /** A neuron is replaced only while more than so many are not immune. Subtensor: 10. */
  readonly minNonImmuneCount: number;
  /** Whether an immune neuron is replaced when no other can be, as Subtensor does. */
  readonly replacesImmune: boolean;
  /** Blocks from epoch to epoch; 0 if there are none. */
  readonly tempoBlocks: number;
  /** A validator's stake counts so long after its last weights. */
  readonly activityCutoffBlocks: number;
  readonly servingRateLimitBlocks: number;
  readonly weightsRateLimitBlocks: number;
  readonly weightsVersionKey: bigint;
  readonly minAllowedWeights: number;
  readonly commitRevealEnabled: boolean;
  readonly revealPeriodEpochs: number;
  /** So many of the largest stakes may set weights. */
  readonly maxValidatorCount: number;
  /** Stake that setting weights takes. On Subtensor one for all subnets. */
  readonly stakeThresholdRao: bigint;
  /** Majority that the consensus takes, of 65535. */
  readonly kappa: number;
  /** Part of the bonds that an epoch keeps, in millionths. */
  readonly bondsKeptMillionths: number;
  /** How much bonds follow clipped weights, of 65535. */
  readonly bondsPenalty: number;
  /** Alpha rao that come into being in each block, before any halving. */
  readonly emissionPerBlockRao: bigint;
}

/** A tempo of the local subnets, in blocks. */
const LOCAL_TEMPO = 20;

/**
 * Rules fit for a local network: Subtensor's own defaults, but a registration costs a hundredth,
 * epochs come every 20 blocks and not every 360, and immunity and rate limits are as much shorter.
 */
export const LOCAL_RULES: SubnetRules = {
  registrationAllowed: true,
  powRegistrationAllowed: true,
  initialBurnRao: 1_000_000n,
  minBurnRao: 500_000n,
  maxBurnRao: 100_000_000_000n,
  burnHalfLifeBlocks: 360,
  burnIncreaseMillionths: 1_260_000,
  difficulty: 10_000n,
  maxNeuronCount: 256,
  immunityBlocks: 5 * LOCAL_TEMPO,
  minNonImmuneCount: 0,
  replacesImmune: false,
  tempoBlocks: LOCAL_TEMPO,
  activityCutoffBlocks: 14 * LOCAL_TEMPO,
  servingRateLimitBlocks: 5,
  weightsRateLimitBlocks: LOCAL_TEMPO / 2,
  weightsVersionKey: 0n,
  minAllowedWeights: 1,
  commitRevealEnabled: false,
  revealPeriodEpochs: 1,
  maxValidatorCount: 64,
  stakeThresholdRao: 0n,
  kappa: 32767,
  bondsKeptMillionths: 900_000,
  bondsPenalty: 65535,
  emissionPerBlockRao: 1_000_000_000n,
};

const millionths = v.pipe(wholeNumber, v.maxValue(1_000_000));

/** The rules as they are kept. */
export const rulesSchema = v.object({
  registrationAllowed: v.boolean(),
  powRegistrationAllowed: v.boolean(),
  initialBurnRao: rao,
  minBurnRao: rao,
  maxBurnRao: rao,
  burnHalfLifeBlocks: u16,
  burnIncreaseMillionths: v.pipe(wholeNumber, v.minValue(1_000_000), v.maxValue(3_000_000)),
  difficulty: v.pipe(u64, v.minValue(1n)),
  maxNeuronCount: v.pipe(u16, v.maxValue(4096)),
  immunityBlocks: wholeNumber,
  minNonImmuneCount: u16,
  replacesImmune: v.boolean(),
  tempoBlocks: u16,
  activityCutoffBlocks: wholeNumber,
  servingRateLimitBlocks: wholeNumber,
  weightsRateLimitBlocks: wholeNumber,
  weightsVersionKey: u64,
  minAllowedWeights: u16,
  commitRevealEnabled: v.boolean(),
  revealPeriodEpochs: v.pipe(wholeNumber, v.minValue(1), v.maxValue(100)),
  maxValidatorCount: u16,
  stakeThresholdRao: rao,
  kappa: u16,
  bondsKeptMillionths: millionths,
  bondsPenalty: u16,
  emissionPerBlockRao: v.pipe(rao, v.maxValue(1_000_000_000_000n)),
});

/**
 * {@linkcode LOCAL_RULES} with some of them changed.
 *
 * @throws {UsageError} that names the rule that cannot be so
 */
export function localRules(changes: Partial<SubnetRules>): SubnetRules {
  const rules = { ...LOCAL_RULES, ...changes };
  const asKept: unknown = Object.fromEntries(
    Object.entries(rules).map(([name, value]) => [
      name,
      typeof value === "bigint" ? String(value) : value,
    ]),
  );
  const parsed = v.safeParse(rulesSchema, asKept);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw new UsageError(`The rule ${v.getDotPath(issue)} cannot be ${issue.received}.`);
  }
  if (rules.minBurnRao > rules.maxBurnRao) {
    throw new UsageError("The rule minBurnRao is above maxBurnRao.");
  }
  return parsed.output;
}

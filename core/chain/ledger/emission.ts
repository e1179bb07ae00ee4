/**
 * How much comes into being, and how it is divided.
 *
 * Source: Subtensor spec 425, `get_block_emission_for_issuance`, `emit_to_subnets` and
 * `distribute_emission`: 18% to the owner, of the rest half to miners and half to validators.
 *
 * @module
 */

import type { SubnetRules } from "./rules.ts";

/** All alpha that a subnet ever emits: 21 million. Each half of what is left is emitted at half pace. */
const SUPPLY_RAO = 21_000_000_000_000_000n;

/** The owner's part, and a validator's take of its stakers' dividends: 11796 of 65535, 18%. */
const EIGHTEEN_PERCENT = 11_796n;
const PERCENT_ONE = 65_535n;

/** Shares are made whole numbers of this many before rao are divided by them. */
const SHARE_STEPS = 2 ** 48;

/** What an epoch has to give, in alpha rao. */
export interface EpochPots {
  readonly ownerRao: bigint;
  readonly minersRao: bigint;
  readonly validatorsRao: bigint;
}

/** Alpha rao of a block, when so much has come into being before. */
export function blockEmissionRao(emittedRao: bigint, rules: SubnetRules): bigint {
  let pace = rules.emissionPerBlockRao;
  for (let left = SUPPLY_RAO / 2n; pace > 0n && SUPPLY_RAO - emittedRao <= left; left /= 2n) {
    pace /= 2n;
  }
  return pace;
}

/** What some blocks bring, in three pots. */
export function epochPots(emittedRao: bigint, blocks: number, rules: SubnetRules): EpochPots {
  const wanted = blockEmissionRao(emittedRao, rules) * BigInt(blocks);
  const left = SUPPLY_RAO - emittedRao;
  const emission = wanted < left ? wanted : left;
  const ownerRao = eighteenPercent(emission);
  const minersRao = (emission - ownerRao) / 2n;
  return { ownerRao, minersRao, validatorsRao: emission - ownerRao - minersRao };
}

/** 18% of an amount, rounded down. */
export function eighteenPercent(amountRao: bigint): bigint {
  return amountRao * EIGHTEEN_PERCENT / PERCENT_ONE;
}

/** A pot divided by shares, each part rounded down; all 0 where no share is above 0. */
export function divided(potRao: bigint, shares: readonly number[]): bigint[] {
  const sum = shares.reduce((a, b) => a + b, 0);
  if (sum === 0) return shares.map(() => 0n);
  return dividedBy(potRao, shares.map((share) => BigInt(Math.floor(share / sum * SHARE_STEPS))));
}

/** A pot divided in proportion to whole numbers, each part rounded down. */
export function dividedBy(potRao: bigint, parts: readonly bigint[]): bigint[] {
  const sum = parts.reduce((a, b) => a + b, 0n);
  return parts.map((part) => part === 0n ? 0n : potRao * part / sum);
}

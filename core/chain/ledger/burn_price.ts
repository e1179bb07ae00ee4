/**
 * What a registration costs: each multiplies the price, each block lets it fall a little.
 *
 * Source: Subtensor spec 425, `update_registration_prices_for_networks`,
 * `bump_registration_price_after_registration` and `decay_factor_q32`; the same whole numbers.
 *
 * @module
 */

import type { SubnetRules } from "./rules.ts";

/** 1 in numbers with 32 binary digits behind the point. */
const ONE_Q32 = 1n << 32n;
const MILLION = 1_000_000n;

const factors = new Map<number, bigint>();

/** What a block multiplies the price by, 2^(-1/halfLife), with 32 binary digits behind the point. */
export function decayFactorQ32(halfLifeBlocks: number): bigint {
  if (halfLifeBlocks === 0) return ONE_Q32;
  let factor = factors.get(halfLifeBlocks);
  if (factor === undefined) {
    factor = findDecayFactor(halfLifeBlocks);
    factors.set(halfLifeBlocks, factor);
  }
  return factor;
}

/** The price after some blocks without a registration. */
export function decayedBurnRao(burnRao: bigint, blocks: number, rules: SubnetRules): bigint {
  const factor = decayFactorQ32(rules.burnHalfLifeBlocks);
  let price = burnRao;
  for (let i = 0; i < blocks; i++) {
    const next = withinBounds(price * factor >> 32n, rules);
    // Where one block changes nothing, none after it does.
    if (next === price) break;
    price = next;
  }
  return price;
}

/** The price after a registration, in the same block. */
export function raisedBurnRao(burnRao: bigint, rules: SubnetRules): bigint {
  return withinBounds(burnRao * BigInt(rules.burnIncreaseMillionths) / MILLION, rules);
}

function withinBounds(price: bigint, { minBurnRao, maxBurnRao }: SubnetRules): bigint {
  if (price < minBurnRao) return minBurnRao;
  return price > maxBurnRao ? maxBurnRao : price;
}

/** The largest factor whose power `halfLifeBlocks`, rounded down at each step, is at most a half. */
function findDecayFactor(halfLifeBlocks: number): bigint {
  let low = 0n;
  let high = ONE_Q32;
  while (low + 1n < high) {
    const middle = low + (high - low) / 2n;
    if (powerQ32(middle, halfLifeBlocks) > ONE_Q32 / 2n) high = middle;
    else low = middle;
  }
  return low;
}

function powerQ32(base: bigint, exponent: number): bigint {
  let result = ONE_Q32;
  let factor = base;
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = result * factor >> 32n;
    factor = factor * factor >> 32n;
  }
  return result;
}

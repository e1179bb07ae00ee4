/**
 * The worst price at which stake may be moved. A subnet's pool prices alpha by what is in it, and
 * others see a call before it is executed: without a limit they can move the price first.
 *
 * @module
 */

import type { ApiPromise } from "@polkadot/api";
import * as v from "valibot";
import { UsageError } from "../../errors.ts";
import type { StakeChange } from "../chain.ts";

/** `rate_tolerance` of the Python SDK, with which btcli stakes "safely" unless told otherwise. */
const DEFAULT_TOLERANCE = 0.005;
const PARTS = 1_000_000;

const PRICE = v.pipe(
  v.union([v.pipe(v.number(), v.safeInteger()), v.pipe(v.string(), v.regex(/^0x[0-9a-f]+$/))]),
  v.transform((price) => BigInt(price)),
);

/**
 * The limit for `add_stake_limit` ("most") or `remove_stake_limit` ("least"), in rao per alpha.
 * Undefined where any price is taken: when asked for, on the root subnet, whose price is fixed, and
 * on runtimes that do not tell the price.
 *
 * @throws {UsageError} for a tolerance that is none
 */
export async function stakePriceLimit(
  api: Pick<ApiPromise, "call">,
  { netuid, priceTolerance = DEFAULT_TOLERANCE }: StakeChange,
  bound: "most" | "least",
): Promise<bigint | undefined> {
  if (!(priceTolerance >= 0)) {
    throw new UsageError(`${priceTolerance} is no tolerance of a price: a share such as 0.005`);
  }
  const currentPrice = api.call.swapRuntimeApi?.currentAlphaPrice;
  if (netuid === 0 || priceTolerance === Infinity || currentPrice === undefined) return undefined;
  const price = v.parse(PRICE, (await currentPrice(netuid)).toJSON());
  return limitOf(price, priceTolerance, bound);
}

/** A price made worse by a share, rounded in favour of the one who pays or sells. */
export function limitOf(price: bigint, tolerance: number, bound: "most" | "least"): bigint {
  const parts = BigInt(PARTS);
  const share = BigInt(Math.round(tolerance * PARTS));
  if (bound === "most") return price * (parts + share) / parts;
  return share >= parts ? 0n : (price * (parts - share) + parts - 1n) / parts;
}

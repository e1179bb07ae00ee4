/**
 * Which subnet a command means.
 *
 * @module
 */

import type { Chain } from "../../core/chain/chain.ts";
import { UsageError } from "../../core/errors.ts";

/**
 * The subnet of `--netuid`.
 *
 * @throws {UsageError} if none was named
 */
export function requireNetuid({ netuid }: { readonly netuid: number | undefined }): number {
  if (netuid === undefined) throw new UsageError("no subnet was named: add --netuid N");
  return netuid;
}

/**
 * Refuses subnets that the chain does not have.
 *
 * @throws {UsageError} for the first of them
 */
export async function requireSubnets(chain: Chain, netuids: readonly number[]): Promise<void> {
  const known = await chain.netuids();
  const missing = netuids.find((netuid) => !known.includes(netuid));
  if (missing === undefined) return;
  const range = known.length === 0 ? "it has none" : `it has ${rangesText(known)}`;
  throw new UsageError(`there is no subnet ${missing} on this chain: ${range}`);
}

/** Ascending numbers with runs drawn together: `0 to 3, 9`. */
function rangesText(numbers: readonly number[]): string {
  const runs: [from: number, to: number][] = [];
  for (const number of numbers) {
    const last = runs.at(-1);
    if (last && number === last[1] + 1) last[1] = number;
    else runs.push([number, number]);
  }
  return runs.map(([from, to]) => from === to ? `${from}` : `${from} to ${to}`).join(", ");
}

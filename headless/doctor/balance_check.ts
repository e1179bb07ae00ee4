/**
 * Whether the coldkey can pay the registrations that are still to be made.
 *
 * @module
 */

import { formatTao } from "../../core/chain/amounts.ts";
import type { Chain } from "../../core/chain/chain.ts";
import { type Check, fail, type Finding, ok, warning } from "./check.ts";
import { walletCommand } from "./commands.ts";
import type { CheckContext } from "./context.ts";
import { ROOT_NETUID } from "./subnets.ts";

/** One registration before ours multiplies the price by 1.26 by default (protocol 4, section 3). */
const PRICE_STEP_PERCENT = 126n;

/** Compares what the coldkey holds with the prices. */
export const balanceCheck: Check = {
  name: "balance",
  async run(context): Promise<Finding[]> {
    const coldkey = await context.coldkeyAddress();
    const chain = await context.chain();
    const missing = (await context.registrations())
      .filter(({ netuid, uid }) => uid === undefined && netuid !== ROOT_NETUID)
      .map(({ netuid }) => netuid);
    // What may be spent leaves the existential deposit where it is.
    const { transferableRao } = await chain.balance(coldkey);
    const holds = `${formatTao(transferableRao)} to spend`;
    if (missing.length === 0) return [ok("balance", `${holds}; no registration is to be paid`)];
    const costs = await Promise.all(missing.map((netuid) => costOf(chain, coldkey, netuid)));
    const cost = {
      priceRao: costs.reduce((sum, { priceRao }) => sum + priceRao, 0n),
      feeRao: costs.reduce((sum, { feeRao }) => sum + feeRao, 0n),
    };
    const message = `${holds}; registering on ${subnets(missing)} costs ${costText(cost)}`;
    const lackingRao = cost.priceRao + cost.feeRao - transferableRao;
    if (lackingRao > 0n) {
      const work = await workInstead(context, chain, missing, message);
      const advice = `Send at least ${formatTao(lackingRao)} more to ${coldkey}.`;
      return [work ?? fail("balance", message, advice)];
    }
    return [transferableRao < afterOneMore(cost) ? tight(message) : ok("balance", message)];
  },
};

/** What a registration takes from the coldkey. */
interface Cost {
  readonly priceRao: bigint;
  /** That of a transfer, which is as long a call. */
  readonly feeRao: bigint;
}

async function costOf(chain: Chain, coldkey: string, netuid: number): Promise<Cost> {
  const { burnRao } = await chain.subnet(netuid);
  const feeRao = await chain.transferFeeRao(coldkey, coldkey, burnRao);
  return { priceRao: burnRao, feeRao };
}

function costText({ priceRao, feeRao }: Cost): string {
  const fee = feeRao === 0n ? "no fee" : `a fee of about ${formatTao(feeRao)}`;
  return `${formatTao(priceRao)} now, and ${fee}`;
}

function afterOneMore({ priceRao, feeRao }: Cost): bigint {
  return priceRao * PRICE_STEP_PERCENT / 100n + feeRao;
}

function tight(message: string): Finding {
  return warning(
    "balance",
    message,
    "It is enough only while no one registers before you: each registration raises the price by " +
      "a quarter or so.",
  );
}

/** What to do where TAO are too few but every one of the subnets takes work; else undefined. */
async function workInstead(
  { settings }: CheckContext,
  chain: Chain,
  netuids: readonly number[],
  message: string,
): Promise<Finding | undefined> {
  const tasks = await Promise.all(netuids.map((netuid) => chain.powTask(netuid)));
  if (tasks.includes(undefined)) return undefined;
  return warning(
    "balance",
    message,
    "Here work is taken instead, which costs nothing:",
    walletCommand(settings, "register --pow", { hotkey: true, netuid: netuids[0] }),
  );
}

function subnets(netuids: readonly number[]): string {
  return netuids.length === 1 ? `subnet ${netuids[0]}` : `subnets ${netuids.join(", ")}`;
}

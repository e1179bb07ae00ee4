/**
 * `deno task wallet stake remove`: takes stake back from a hotkey.
 *
 * @module
 */

import type { Chain } from "../../core/chain/chain.ts";
import { formatTao } from "../../core/chain/amounts.ts";
import { WeftError } from "../../core/errors.ts";
import { readyKeys } from "../../core/wallet/ready.ts";
import type { Command } from "../command.ts";
import { amount } from "./amount_flag.ts";
import { stoppable, withChain } from "./chain_session.ts";
import { requireConsent } from "./confirm.ts";
import type { MoneyPlan, Outcome } from "./money_plan.ts";
import { pay, type Payment } from "./pay.ts";
import {
  allFlag,
  hotkeyText,
  priceRisk,
  STAKE_FLAGS,
  type StakeChoice,
  stakeChoice,
  stakedNow,
  stakeText,
  toleranceField,
} from "./stake_choice.ts";
import { requireSubnets } from "./subnet_choice.ts";
import type { WalletSystem } from "./system.ts";
import { coldkeySigner } from "./unlock.ts";

const STAKE_REMOVE_FLAGS = {
  amount: amount({
    name: "amount",
    placeholder: "ALPHA",
    description: "How much to take back: in the subnet's alpha, on subnet 0 in TAO.",
  }),
  all: allFlag("All that the coldkey has staked on the hotkey in the subnet."),
  ...STAKE_FLAGS,
};

/** The command, in these surroundings. */
export function stakeRemoveCommand(system: WalletSystem): Command<typeof STAKE_REMOVE_FLAGS> {
  return {
    name: "stake remove",
    summary: "Takes stake of a coldkey back from a hotkey in a subnet. What comes back is TAO; " +
      "outside of subnet 0, the root, alpha is changed into it.",
    flags: STAKE_REMOVE_FLAGS,
    async run(context): Promise<number> {
      await readyKeys();
      const { values, signal } = context;
      requireConsent(values, system.prompter);
      const choice = stakeChoice(values, system);
      return await withChain(system, context, async (chain) => {
        const payment = await stoppable(signal, removePayment(chain, choice, system));
        return await pay(system, context, chain, payment);
      });
    },
  };
}

/** What the chain says before it. */
interface RemoveView {
  readonly network: string;
  readonly amountRao: bigint;
  readonly stakeBeforeRao: bigint;
  readonly remainingStakeRao: bigint;
  readonly freeRao: bigint;
}

async function removePayment(
  chain: Chain,
  choice: StakeChoice,
  system: WalletSystem,
): Promise<Payment> {
  const { netuid, hotkey, coldkey, wallet, priceTolerance } = choice;
  const view = await readRemove(chain, choice);
  const { amountRao } = view;
  const change = { netuid, hotkey, amountRao, priceTolerance };
  return {
    ...removePlan(choice, view),
    question: `Take ${stakeText(netuid, amountRao)} back from subnet ${netuid}?`,
    signerAddress: coldkey,
    lookCommand: "deno task wallet balance",
    unlock: () => coldkeySigner(wallet, system),
    send: (signer, options) => chain.removeStake(signer, change, options),
    outcome: () => removeOutcome(chain, choice, view),
  };
}

/** @throws {WeftError} if less is staked there than was asked for */
async function readRemove(chain: Chain, choice: StakeChoice): Promise<RemoveView> {
  const { netuid, hotkey, coldkey } = choice;
  await requireSubnets(chain, [netuid]);
  const [{ network }, { freeRao }, stakeBeforeRao] = await Promise.all([
    chain.identity(),
    chain.balance(coldkey),
    stakedNow(chain, choice),
  ]);
  if (stakeBeforeRao === 0n) {
    throw new WeftError(
      `coldkey ${coldkey} has nothing staked on hotkey ${hotkey} in subnet ${netuid}: deno task ` +
        "wallet balance shows where it has",
    );
  }
  const amountRao = choice.amountRao ?? stakeBeforeRao;
  const remainingStakeRao = stakeBeforeRao - amountRao;
  if (remainingStakeRao >= 0n) {
    return { network, amountRao, stakeBeforeRao, remainingStakeRao, freeRao };
  }
  throw new WeftError(
    `${stakeText(netuid, stakeBeforeRao)} is staked there, and ${stakeText(netuid, amountRao)} ` +
      "was asked for: ask for less, or for --all",
  );
}

function removePlan(choice: StakeChoice, view: RemoveView): MoneyPlan {
  const { netuid, hotkey, coldkey, wallet } = choice;
  const { network, amountRao, stakeBeforeRao, remainingStakeRao, freeRao } = view;
  const remaining = stakeText(netuid, remainingStakeRao);
  return {
    action: "stakeRemove",
    title: `Stake back from subnet ${netuid}`,
    facts: [
      ["chain", network],
      ["hotkey", hotkeyText(choice)],
      ["coldkey", `${coldkey} (${wallet.name})`],
      ["amount", stakeText(netuid, amountRao)],
      ["staked", `${stakeText(netuid, stakeBeforeRao)}, of which ${remaining} would remain`],
      ["balance", `${formatTao(freeRao)} free before it`],
    ],
    fields: { netuid, hotkey, coldkey, priceTolerance: toleranceField(choice), ...view },
    risk: priceRisk(choice),
  };
}

async function removeOutcome(
  chain: Chain,
  choice: StakeChoice,
  { amountRao, freeRao: freeBeforeRao }: RemoveView,
): Promise<Outcome> {
  const { netuid, hotkey, coldkey } = choice;
  const [stakeRao, { freeRao }] = await Promise.all([
    stakedNow(chain, choice),
    chain.balance(coldkey),
  ]);
  return {
    facts: [
      ["staked", stakeText(netuid, stakeRao)],
      ["balance", `${formatTao(freeRao)} free, ${formatTao(freeRao - freeBeforeRao)} more`],
    ],
    fields: { netuid, hotkey, amountRao, stakeRao, freeRao },
  };
}

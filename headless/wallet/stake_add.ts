/**
 * `deno task wallet stake add`: stakes TAO on a hotkey.
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
import { type MoneyPlan, type Outcome, remainsText } from "./money_plan.ts";
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

/** What `--all` leaves for fees, in rao. A thousandth of a TAO is several times the usual fee. */
export const FEE_RESERVE_RAO = 1_000_000n;

const STAKE_ADD_FLAGS = {
  amount: amount({ name: "amount", description: "How much to stake, in TAO." }),
  all: allFlag(`All that can be spent, less ${formatTao(FEE_RESERVE_RAO)} for fees.`),
  ...STAKE_FLAGS,
};

/** The command, in these surroundings. */
export function stakeAddCommand(system: WalletSystem): Command<typeof STAKE_ADD_FLAGS> {
  return {
    name: "stake add",
    summary: "Stakes TAO of a coldkey on a hotkey in a subnet. On subnet 0, the root, it stays " +
      "TAO; elsewhere it is changed into the subnet's alpha.",
    flags: STAKE_ADD_FLAGS,
    async run(context): Promise<number> {
      await readyKeys();
      const { values, signal } = context;
      requireConsent(values, system.prompter);
      const choice = stakeChoice(values, system);
      return await withChain(system, context, async (chain) => {
        const payment = await stoppable(signal, addPayment(chain, choice, system));
        return await pay(system, context, chain, payment);
      });
    },
  };
}

/** What the chain says before it. */
interface AddView {
  readonly network: string;
  readonly amountRao: bigint;
  readonly stakeBeforeRao: bigint;
  readonly balanceRao: bigint;
  readonly remainingRao: bigint;
}

async function addPayment(
  chain: Chain,
  choice: StakeChoice,
  system: WalletSystem,
): Promise<Payment> {
  const { netuid, hotkey, coldkey, wallet, priceTolerance } = choice;
  const view = await readAdd(chain, choice);
  const { amountRao } = view;
  const change = { netuid, hotkey, amountRao, priceTolerance };
  return {
    ...addPlan(choice, view),
    question: `Stake ${formatTao(amountRao)} on subnet ${netuid}?`,
    signerAddress: coldkey,
    lookCommand: "deno task wallet balance",
    unlock: () => coldkeySigner(wallet, system),
    send: (signer, options) => chain.addStake(signer, change, options),
    outcome: () => addOutcome(chain, choice, view),
  };
}

/** @throws {WeftError} if the balance is too small, or the chain never met the hotkey */
async function readAdd(chain: Chain, choice: StakeChoice): Promise<AddView> {
  const { netuid, hotkey, coldkey } = choice;
  await requireSubnets(chain, [netuid]);
  const [{ network }, owner, { transferableRao: balanceRao }, stakeBeforeRao] = await Promise.all([
    chain.identity(),
    chain.ownerOf(hotkey),
    chain.balance(coldkey),
    stakedNow(chain, choice),
  ]);
  if (owner === undefined) {
    throw new WeftError(`the chain has never met hotkey ${hotkey}: register it on a subnet first`);
  }
  const amountRao = choice.amountRao ?? balanceRao - FEE_RESERVE_RAO;
  const remainingRao = balanceRao - amountRao;
  if (amountRao <= 0n || remainingRao < 0n) {
    const wanted = choice.amountRao === undefined
      ? `${formatTao(FEE_RESERVE_RAO)} has to remain for fees`
      : `${formatTao(amountRao)} was asked for`;
    throw new WeftError(`coldkey ${coldkey} can spend ${formatTao(balanceRao)}, and ${wanted}`);
  }
  return { network, amountRao, stakeBeforeRao, balanceRao, remainingRao };
}

function addPlan(choice: StakeChoice, view: AddView): MoneyPlan {
  const { netuid, hotkey, coldkey, wallet } = choice;
  const { network, amountRao, stakeBeforeRao, balanceRao, remainingRao } = view;
  return {
    action: "stakeAdd",
    title: `Stake on subnet ${netuid}`,
    facts: [
      ["chain", network],
      ["hotkey", hotkeyText(choice)],
      ["coldkey", `${coldkey} (${wallet.name})`],
      ["amount", formatTao(amountRao)],
      ["staked", `${stakeText(netuid, stakeBeforeRao)} before it`],
      ["balance", `${remainsText(balanceRao, remainingRao)}, less any fee`],
    ],
    fields: { netuid, hotkey, coldkey, priceTolerance: toleranceField(choice), ...view },
    risk: priceRisk(choice),
  };
}

async function addOutcome(
  chain: Chain,
  choice: StakeChoice,
  { amountRao, stakeBeforeRao }: AddView,
): Promise<Outcome> {
  const { netuid, hotkey, coldkey } = choice;
  const [stakeRao, { freeRao }] = await Promise.all([
    stakedNow(chain, choice),
    chain.balance(coldkey),
  ]);
  const more = stakeText(netuid, stakeRao - stakeBeforeRao);
  return {
    facts: [
      ["staked", `${stakeText(netuid, stakeRao)}, ${more} more`],
      ["balance", `${formatTao(freeRao)} free`],
    ],
    fields: { netuid, hotkey, amountRao, stakeRao, freeRao },
  };
}

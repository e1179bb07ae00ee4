/**
 * `deno task wallet transfer`: sends TAO.
 *
 * @module
 */

import type { Chain } from "../../core/chain/chain.ts";
import { formatTao } from "../../core/chain/amounts.ts";
import { UsageError, WeftError } from "../../core/errors.ts";
import { plainAddress } from "../../core/wallet/address.ts";
import type { Signer } from "../../core/wallet/signer.ts";
import { readyKeys } from "../../core/wallet/ready.ts";
import type { Command } from "../command.ts";
import { json, loggingDebug } from "../common_flags.ts";
import { text, type Values } from "../flags.ts";
import { amount } from "./amount_flag.ts";
import { stoppable, withChain } from "./chain_session.ts";
import { requireConsent } from "./confirm.ts";
import { CHAIN_FLAGS, dryRun, walletName, walletPath, yes } from "./flags.ts";
import { type MoneyPlan, type Outcome, remainsText } from "./money_plan.ts";
import { pay, type Payment } from "./pay.ts";
import type { WalletSystem } from "./system.ts";
import { coldkeySigner } from "./unlock.ts";
import { walletFolder } from "./wallet_folder.ts";

const TRANSFER_FLAGS = {
  walletName,
  walletPath,
  dest: text({
    name: "dest",
    placeholder: "ADDRESS",
    default: undefined,
    description: "Address of the account that receives.",
  }),
  amount: amount({ name: "amount", description: "How much it receives, to the ninth digit." }),
  ...CHAIN_FLAGS,
  dryRun,
  yes,
  json,
  loggingDebug,
};

/** Who sends what to whom. */
interface Order {
  readonly walletName: string;
  readonly from: string;
  readonly to: string;
  readonly amountRao: bigint;
}

/** The command, in these surroundings. */
export function transferCommand(system: WalletSystem): Command<typeof TRANSFER_FLAGS> {
  return {
    name: "transfer",
    summary: "Sends TAO from a coldkey to an address. Shows both, the fee and what remains, and " +
      "asks before it sends. The sender's account stays alive.",
    flags: TRANSFER_FLAGS,
    async run(context): Promise<number> {
      await readyKeys();
      const { values, signal } = context;
      requireConsent(values, system.prompter);
      const { to, amountRao } = orderOf(values);
      const wallet = walletFolder(values, system);
      const from = wallet.coldkeyAddress();
      if (from === to) throw new UsageError("--dest is the wallet's own coldkey: name another one");
      const order = { walletName: wallet.name, from, to, amountRao };
      return await withChain(system, context, async (chain) => {
        const payment = await stoppable(signal, transferPayment(chain, order));
        const unlock = (): Promise<Signer> => coldkeySigner(wallet, system);
        return await pay(system, context, chain, { ...payment, unlock });
      });
    },
  };
}

function orderOf(
  { dest, amount }: Values<typeof TRANSFER_FLAGS>,
): Pick<Order, "to" | "amountRao"> {
  if (dest === undefined) throw new UsageError("no recipient was named: add --dest ADDRESS");
  if (amount === undefined) throw new UsageError("no amount was named: add --amount TAO");
  return { to: plainAddress(dest), amountRao: amount };
}

/** What the chain says before it. */
interface TransferView {
  readonly network: string;
  readonly balanceRao: bigint;
  readonly feeRao: bigint;
  readonly remainingRao: bigint;
}

async function transferPayment(chain: Chain, order: Order): Promise<Omit<Payment, "unlock">> {
  const view = await readTransfer(chain, order);
  const { from, to, amountRao } = order;
  return {
    ...transferPlan(order, view),
    question: `Send ${formatTao(amountRao)} to ${to}?`,
    signerAddress: from,
    lookCommand: `deno task wallet balance --ss58 ${to}`,
    send: (signer, options) => chain.transfer(signer, to, amountRao, options),
    outcome: () => transferOutcome(chain, order),
  };
}

/** @throws {WeftError} if the balance is too small, or the recipient could not live with it */
async function readTransfer(
  chain: Chain,
  { from, to, amountRao }: Order,
): Promise<TransferView> {
  const [{ network }, { transferableRao: balanceRao }, recipient, feeRao, depositRao] =
    await Promise.all([
      chain.identity(),
      chain.balance(from),
      chain.balance(to),
      chain.transferFeeRao(from, to, amountRao),
      chain.existentialDepositRao(),
    ]);
  const remainingRao = balanceRao - amountRao - feeRao;
  if (remainingRao < 0n) {
    throw new WeftError(
      `coldkey ${from} can spend ${formatTao(balanceRao)}, and ${
        formatTao(amountRao)
      } with a fee ` +
        `of ${formatTao(feeRao)} was asked for: ${formatTao(-remainingRao)} is missing`,
    );
  }
  if (recipient.freeRao + amountRao < depositRao) {
    throw new WeftError(
      `${to} would hold less than ${formatTao(depositRao)}, with which no account lives: send more`,
    );
  }
  return { network, balanceRao, feeRao, remainingRao };
}

function transferPlan({ walletName, from, to, amountRao }: Order, view: TransferView): MoneyPlan {
  const { network, balanceRao, feeRao, remainingRao } = view;
  return {
    action: "transfer",
    title: "Transfer",
    facts: [
      ["chain", network],
      ["from", `${from} (${walletName})`],
      ["to", to],
      ["amount", formatTao(amountRao)],
      ["fee", formatTao(feeRao)],
      ["balance", remainsText(balanceRao, remainingRao)],
    ],
    fields: { from, to, amountRao, ...view },
  };
}

async function transferOutcome(chain: Chain, { from, to, amountRao }: Order): Promise<Outcome> {
  const [{ freeRao }, { freeRao: recipientFreeRao }] = await Promise.all([
    chain.balance(from),
    chain.balance(to),
  ]);
  return {
    facts: [
      ["balance", `${formatTao(freeRao)} free`],
      ["recipient", `${formatTao(recipientFreeRao)} free`],
    ],
    fields: { from, to, amountRao, freeRao, recipientFreeRao },
  };
}

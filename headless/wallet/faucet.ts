/**
 * `deno task wallet faucet`: TAO for nothing, where TAO are worth nothing.
 *
 * @module
 */

import { formatTao, RAO_PER_TAO } from "../../core/chain/amounts.ts";
import { Ledger } from "../../core/chain/ledger/ledger.ts";
import { UsageError } from "../../core/errors.ts";
import { readyKeys } from "../../core/wallet/ready.ts";
import type { Command } from "../command.ts";
import { json, loggingDebug } from "../common_flags.ts";
import { amount } from "./amount_flag.ts";
import { stoppable, withChain } from "./chain_session.ts";
import { CHAIN_FLAGS, walletName, walletPath } from "./flags.ts";
import { printFields } from "./money_plan.ts";
import type { WalletSystem } from "./system.ts";
import { walletFolder } from "./wallet_folder.ts";

/** What btcli's faucet gives. */
const DEFAULT_AMOUNT_RAO = 1000n * RAO_PER_TAO;

const FAUCET_FLAGS = {
  walletName,
  walletPath,
  amount: amount({
    name: "amount",
    defaultText: formatTao(DEFAULT_AMOUNT_RAO),
    description: "How much the coldkey receives.",
  }),
  ...CHAIN_FLAGS,
  json,
  loggingDebug,
};

/** The command, in these surroundings. */
export function faucetCommand(system: WalletSystem): Command<typeof FAUCET_FLAGS> {
  return {
    name: "faucet",
    summary: "Gives TAO to a coldkey on a local ledger. No other chain gives them away.",
    flags: FAUCET_FLAGS,
    async run(context): Promise<number> {
      await readyKeys();
      const { values, screen, signal } = context;
      const coldkey = walletFolder(values, system).coldkeyAddress();
      const amountRao = values.amount ?? DEFAULT_AMOUNT_RAO;
      const freeRao = await withChain(system, context, async (chain) => {
        if (!(chain instanceof Ledger)) {
          throw new UsageError(
            "only a local ledger has a faucet: name one by --subtensor.network ledger:FILE",
          );
        }
        await chain.faucet(coldkey, amountRao);
        return (await stoppable(signal, chain.balance(coldkey), "stopped")).freeRao;
      });
      if (values.json) {
        printFields(screen, { event: "result", action: "faucet", coldkey, amountRao, freeRao });
      } else {screen.print(
          `${coldkey} received ${formatTao(amountRao)} and has ${formatTao(freeRao)} free`,
        );}
      return 0;
    },
  };
}

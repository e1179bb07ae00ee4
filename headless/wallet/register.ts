/**
 * `deno task wallet register`: registers a hotkey on a subnet, for TAO or for work.
 *
 * @module
 */

import { UsageError } from "../../core/errors.ts";
import { readyKeys } from "../../core/wallet/ready.ts";
import type { Signer } from "../../core/wallet/signer.ts";
import type { Command, CommandContext } from "../command.ts";
import { gpuBackend, json, loggingDebug } from "../common_flags.ts";
import { toggle, type Values } from "../flags.ts";
import type { Screen } from "../screen.ts";
import { amount } from "./amount_flag.ts";
import { burnedRegistration } from "./burned_registration.ts";
import { stoppable, withChain } from "./chain_session.ts";
import { requireConsent } from "./confirm.ts";
import { CHAIN_FLAGS, dryRun, netuid, WALLET_FLAGS, yes } from "./flags.ts";
import { printFields } from "./money_plan.ts";
import { pay } from "./pay.ts";
import { type OpenSealFinder, openSealFinder } from "./seal_finder.ts";
import { readRegistration, type Registrant } from "./registration.ts";
import { requireNetuid } from "./subnet_choice.ts";
import type { WalletSystem } from "./system.ts";
import { coldkeySigner, hotkeySigner } from "./unlock.ts";
import { type WalletFolder, walletFolder } from "./wallet_folder.ts";
import { registerByWork } from "./work_registration.ts";

const REGISTER_FLAGS = {
  ...WALLET_FLAGS,
  netuid,
  limit: amount({
    name: "limit",
    defaultText: "a twentieth above the price shown",
    description: "The most that the registration may cost, should the price rise meanwhile.",
  }),
  pow: toggle({
    name: "pow",
    default: false,
    description: "Pays with work of the GPU instead, on chains that still take it.",
  }),
  ...CHAIN_FLAGS,
  dryRun,
  yes,
  json,
  gpuBackend,
  loggingDebug,
};

type Context = CommandContext<typeof REGISTER_FLAGS>;

/**
 * The command, in these surroundings. A hotkey that is registered already is no failure, as with
 * btcli: the exit code is 0.
 *
 * @param openFinder opens what searches for work
 */
export function registerCommand(
  system: WalletSystem,
  openFinder: OpenSealFinder = openSealFinder,
): Command<typeof REGISTER_FLAGS> {
  return {
    name: "register",
    summary: "Registers a hotkey on a subnet. Shows price, balance and what remains, and asks " +
      "before it pays. The price is burned. It is no failure if the hotkey is registered already.",
    flags: REGISTER_FLAGS,
    async run(context): Promise<number> {
      await readyKeys();
      return await register(system, context, openFinder);
    },
  };
}

async function register(
  system: WalletSystem,
  context: Context,
  openFinder: OpenSealFinder,
): Promise<number> {
  const { values, screen, signal } = context;
  requireConsent(values, system.prompter);
  if (values.pow && values.limit !== undefined) {
    throw new UsageError("--limit and --pow: work costs no TAO, so leave --limit out");
  }
  const wallet = walletFolder(values, system);
  const registrant = registrantOf(wallet, values);
  return await withChain(system, context, async (chain) => {
    const view = await stoppable(signal, readRegistration(chain, registrant));
    if (view.uid !== undefined) {
      showRegistered(screen, values, registrant, view.uid);
      return 0;
    }
    if (values.pow) {
      const unlock = (): Promise<Signer> => hotkeySigner(wallet, values.walletHotkey, system);
      return await registerByWork(system, context, chain, { registrant, view, unlock, openFinder });
    }
    const unlock = (): Promise<Signer> => coldkeySigner(wallet, system);
    const payment = burnedRegistration(chain, registrant, view, values.limit, unlock);
    return await pay(system, context, chain, payment);
  });
}

function registrantOf(
  wallet: WalletFolder,
  values: Values<typeof REGISTER_FLAGS>,
): Registrant {
  return {
    netuid: requireNetuid(values),
    walletName: wallet.name,
    hotkeyName: values.walletHotkey,
    coldkey: wallet.coldkeyAddress(),
    hotkey: wallet.hotkeyAddress(values.walletHotkey),
  };
}

function showRegistered(
  screen: Screen,
  { json }: { readonly json: boolean },
  { netuid, hotkey, hotkeyName }: Registrant,
  uid: number,
): void {
  const known = { netuid, hotkey, uid, alreadyRegistered: true };
  if (json) printFields(screen, { event: "result", action: "register", ...known });
  else screen.print(`hotkey ${hotkeyName} is already registered on subnet ${netuid} as uid ${uid}`);
}

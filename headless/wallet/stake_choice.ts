/**
 * What `wallet stake add` and `wallet stake remove` have in common: flags, and which stake is meant.
 *
 * @module
 */

import { formatAlpha, formatTao } from "../../core/chain/amounts.ts";
import type { Chain } from "../../core/chain/chain.ts";
import { UsageError } from "../../core/errors.ts";
import { plainAddress } from "../../core/wallet/address.ts";
import { json, loggingDebug } from "../common_flags.ts";
import { type Flag, positive, text, toggle } from "../flags.ts";
import { CHAIN_FLAGS, dryRun, netuid, WALLET_FLAGS, yes } from "./flags.ts";
import { requireNetuid } from "./subnet_choice.ts";
import type { WalletSystem } from "./system.ts";
import { type WalletFolder, walletFolder } from "./wallet_folder.ts";

/** Flags of both. */
export const STAKE_FLAGS = {
  ...WALLET_FLAGS,
  netuid,
  hotkey: text({
    name: "hotkey",
    placeholder: "ADDRESS",
    default: undefined,
    defaultText: "that of --wallet.hotkey",
    description: "Address of the hotkey, which may be anyone's.",
  }),
  tolerance: positive({
    name: "tolerance",
    default: 0.005,
    description: "By what share the price of alpha may get worse before nothing is moved, what " +
      "the amount itself does to it included.",
  }),
  unsafe: toggle({
    name: "unsafe",
    default: false,
    description: "Takes any price instead.",
  }),
  ...CHAIN_FLAGS,
  dryRun,
  yes,
  json,
  loggingDebug,
} as const;

/** `--all`, with what all means. */
export function allFlag(description: string): Flag<boolean> {
  return toggle({ name: "all", default: false, description });
}

/** The values that say which stake, and how much. */
export interface StakeValues {
  readonly netuid: number | undefined;
  readonly hotkey: string | undefined;
  readonly walletHotkey: string;
  readonly walletName: string;
  readonly walletPath: string;
  readonly amount: bigint | undefined;
  readonly all: boolean;
  readonly tolerance: number;
  readonly unsafe: boolean;
}

/** Which stake, and how much. */
export interface StakeChoice {
  readonly netuid: number;
  readonly wallet: WalletFolder;
  readonly coldkey: string;
  readonly hotkey: string;
  /** The hotkey's name in the wallet; undefined for an address. */
  readonly hotkeyName: string | undefined;
  /** Rao or alpha rao; undefined for all. */
  readonly amountRao: bigint | undefined;
  /** By what share the price may get worse; Infinity for any price. */
  readonly priceTolerance: number;
}

/**
 * Reads the flags.
 *
 * @throws {UsageError} if there is no subnet, not just one of amount and all, or no address
 * @throws {WeftError} if a key of the wallet cannot be read
 */
export function stakeChoice(values: StakeValues, system: WalletSystem): StakeChoice {
  const { amount, all, hotkey, walletHotkey } = values;
  const netuid = requireNetuid(values);
  if (all && amount !== undefined) throw new UsageError("--amount and --all: give one of them");
  if (!all && amount === undefined) {
    throw new UsageError("no amount was named: add --amount or --all");
  }
  const named = hotkey === undefined ? undefined : plainAddress(hotkey);
  const wallet = walletFolder(values, system);
  return {
    ...{ netuid, wallet, amountRao: amount },
    coldkey: wallet.coldkeyAddress(),
    hotkey: named ?? wallet.hotkeyAddress(walletHotkey),
    hotkeyName: named === undefined ? walletHotkey : undefined,
    priceTolerance: values.unsafe ? Infinity : values.tolerance,
  };
}

/** The hotkey for a person: its address, and its name if it has one. */
export function hotkeyText({ hotkey, hotkeyName }: StakeChoice): string {
  return hotkeyName === undefined ? hotkey : `${hotkey} (${hotkeyName})`;
}

/** What the coldkey has staked there, in alpha rao. */
export async function stakedNow(
  chain: Chain,
  { coldkey, hotkey, netuid }: StakeChoice,
): Promise<bigint> {
  const positions = await chain.stakesOf(coldkey);
  const position = positions.find((each) => each.hotkey === hotkey && each.netuid === netuid);
  return position?.stakeAlphaRao ?? 0n;
}

/** An amount of stake: in TAO on the root, in the subnet's alpha elsewhere. */
export function stakeText(netuid: number, rao: bigint): string {
  return netuid === 0 ? formatTao(rao) : formatAlpha(rao);
}

/** What is to be known of the price before saying yes; the root has none. */
export function priceRisk({ netuid, priceTolerance }: StakeChoice): string | undefined {
  if (netuid === 0) return undefined;
  const pool =
    "The subnet's pool sets the price when the call is executed, and the amount itself " +
    "moves it. ";
  if (priceTolerance === Infinity) return `${pool}Any price is taken.`;
  const percent = Number((priceTolerance * 100).toPrecision(6));
  return `${pool}If it gets worse by more than ${percent} %, nothing is moved; old runtimes and ` +
    "local ledgers know no such limit.";
}

/** The tolerance for `--json`: null where any price is taken. */
export function toleranceField({ priceTolerance }: StakeChoice): number | null {
  return Number.isFinite(priceTolerance) ? priceTolerance : null;
}

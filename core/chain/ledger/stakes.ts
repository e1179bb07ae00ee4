/**
 * Stake: what coldkeys have put on hotkeys, by subnet. A TAO is always worth one alpha here.
 *
 * @module
 */

import { formatAlpha, formatTao } from "../amounts.ts";
import type { StakeChange, StakePosition } from "../chain.ts";
import { checkAmount, credit, debit } from "./accounts.ts";
import { refusal } from "./refusal.ts";
import type { LedgerState } from "./state.ts";
import { existingSubnet } from "./subnets.ts";

/** The least that may be staked, and taken out unless it is all. Subtensor's `InitialMinStake`. */
export const MIN_STAKE_RAO = 2_000_000n;

/** The subnet of those who stake TAO itself. */
export const ROOT_NETUID = 0;

/** What TAO on root counts in a subnet, of 2^64 - 1: Subtensor's `InitialTaoWeight`, 5.27%. */
const TAO_WEIGHT = 971_718_665_099_567_868n;
const TAO_WEIGHT_ONE = (1n << 64n) - 1n;

/** Stake of each hotkey in a subnet, by its coldkeys. */
export type StakeBook = Map<string, Map<string, bigint>>;

/** The key of a position. */
export function stakeKey(netuid: number, hotkey: string, coldkey: string): string {
  return `${netuid}/${hotkey}/${coldkey}`;
}

/** All stake of a subnet. */
export function stakeBook(state: LedgerState, netuid: number): StakeBook {
  const book: StakeBook = new Map();
  for (const [key, amountRao] of state.stakes.entries(`${netuid}/`)) {
    const [, hotkey, coldkey] = key.split("/");
    const positions = book.get(hotkey) ?? new Map<string, bigint>();
    book.set(hotkey, positions.set(coldkey, amountRao));
  }
  return book;
}

/** Alpha staked on a hotkey, by whomever. */
export function hotkeyStakeRao(book: StakeBook, hotkey: string): bigint {
  return [...book.get(hotkey)?.values() ?? []].reduce((sum, amount) => sum + amount, 0n);
}

/** Stake as validators need it: alpha, and TAO on root by its weight. */
export function stakeWeightRao(alphaRao: bigint, taoRao: bigint): bigint {
  return alphaRao + taoRao * TAO_WEIGHT / TAO_WEIGHT_ONE;
}

/** {@linkcode stakeWeightRao} of one hotkey. */
export function stakeWeightOf(state: LedgerState, netuid: number, hotkey: string): bigint {
  const sum = (of: number): bigint =>
    state.stakes.entries(`${of}/${hotkey}/`).reduce((total, [, amount]) => total + amount, 0n);
  return stakeWeightRao(sum(netuid), sum(ROOT_NETUID));
}

/** What a coldkey has staked, by netuid and hotkey. */
export function stakesOf(state: LedgerState, coldkey: string): StakePosition[] {
  return state.stakes.entries()
    .map(([key, stakeAlphaRao]) => ({ key: key.split("/"), stakeAlphaRao }))
    .filter(({ key }) => key[2] === coldkey)
    .map(({ key, stakeAlphaRao }) => ({ netuid: Number(key[0]), hotkey: key[1], stakeAlphaRao }))
    .sort((a, b) => a.netuid - b.netuid || (a.hotkey < b.hotkey ? -1 : 1));
}

/** Turns TAO into stake. */
export function addStake(state: LedgerState, coldkey: string, change: StakeChange): void {
  const { netuid, hotkey, amountRao } = change;
  checkAmount(amountRao);
  existingSubnet(state, netuid);
  if (amountRao < MIN_STAKE_RAO) {
    throw refusal("AmountTooLow", `the least to stake is ${formatTao(MIN_STAKE_RAO)}`);
  }
  requireHotkey(state, hotkey);
  debit(state, coldkey, amountRao, "you want to stake", "NotEnoughBalanceToStake");
  const key = stakeKey(netuid, hotkey, coldkey);
  state.stakes.put(key, (state.stakes.get(key) ?? 0n) + amountRao);
}

/** Turns stake into TAO. */
export function removeStake(state: LedgerState, coldkey: string, change: StakeChange): void {
  const { netuid, hotkey, amountRao } = change;
  checkAmount(amountRao);
  existingSubnet(state, netuid);
  requireHotkey(state, hotkey);
  const key = stakeKey(netuid, hotkey, coldkey);
  const staked = state.stakes.get(key) ?? 0n;
  if (staked < amountRao) {
    throw refusal(
      "NotEnoughStakeToWithdraw",
      `${coldkey} has ${formatAlpha(staked)} on this hotkey in subnet ${netuid}, ` +
        `not ${formatAlpha(amountRao)}`,
    );
  }
  if (amountRao < MIN_STAKE_RAO && amountRao !== staked) {
    throw refusal(
      "AmountTooLow",
      `the least to take out is ${formatAlpha(MIN_STAKE_RAO)}, or all of ${formatAlpha(staked)}`,
    );
  }
  if (staked === amountRao) state.stakes.delete(key);
  else state.stakes.put(key, staked - amountRao);
  credit(state, coldkey, amountRao);
}

function requireHotkey(state: LedgerState, hotkey: string): void {
  if (state.owners.get(hotkey) !== undefined) return;
  throw refusal(
    "HotKeyAccountNotExists",
    `the ledger does not know the hotkey ${hotkey}: it must register on a subnet first`,
  );
}

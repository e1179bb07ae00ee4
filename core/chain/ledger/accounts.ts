/**
 * Rao in accounts: what comes in, what goes out, and what may not.
 *
 * @module
 */

import { UsageError } from "../../errors.ts";
import { formatTao, MAX_RAO } from "../amounts.ts";
import { refusal } from "./refusal.ts";
import type { LedgerState } from "./state.ts";

/** The least balance of an account that lives. */
export const EXISTENTIAL_DEPOSIT_RAO = 500n;

/**
 * The most that the faucet gives in all, so that no sum of balance, stake and emission can outgrow
 * a u64.
 */
export const FAUCET_LIMIT_RAO = 1n << 63n;

/** @throws {UsageError} if it is not an amount from 1 rao to what a u64 holds */
export function checkAmount(amountRao: bigint): void {
  if (amountRao > 0n && amountRao <= MAX_RAO) return;
  throw new UsageError(`An amount of ${amountRao} rao cannot be: give 1 to ${MAX_RAO}.`);
}

/** What an address holds. */
export function freeRao(state: LedgerState, address: string): bigint {
  return state.accounts.get(address)?.freeRao ?? 0n;
}

/** What an address may send away and live on. */
export function transferableRao(state: LedgerState, address: string): bigint {
  const free = freeRao(state, address);
  return free > EXISTENTIAL_DEPOSIT_RAO ? free - EXISTENTIAL_DEPOSIT_RAO : 0n;
}

/** @throws {WeftError} if the account would not live with so little, or not hold so much */
export function credit(state: LedgerState, address: string, amountRao: bigint): void {
  const account = state.accounts.get(address) ?? { freeRao: 0n, nonce: 0 };
  const after = account.freeRao + amountRao;
  if (after < EXISTENTIAL_DEPOSIT_RAO) {
    throw refusal(
      "BelowMinimum",
      `${address} would have ${after} rao, and an account lives from ${EXISTENTIAL_DEPOSIT_RAO} on`,
    );
  }
  if (after > MAX_RAO) throw refusal("Overflow", `${address} cannot hold ${formatTao(after)}`);
  state.accounts.put(address, { ...account, freeRao: after });
}

/**
 * Takes from an account that lives on.
 *
 * @param purpose begins the sentence that says no: "a registration on subnet 9 costs"
 * @param errorName what Subtensor calls it when this purpose finds too little
 * @throws {WeftError} if too little is there
 */
export function debit(
  state: LedgerState,
  address: string,
  amountRao: bigint,
  purpose: string,
  errorName: string,
): void {
  if (amountRao > transferableRao(state, address)) {
    throw refusal(
      errorName,
      `${purpose} ${formatTao(amountRao)}, and ${address} has ` +
        `${formatTao(freeRao(state, address))}, of which ${EXISTENTIAL_DEPOSIT_RAO} rao must stay`,
    );
  }
  const account = state.accounts.get(address) ?? { freeRao: 0n, nonce: 0 };
  state.accounts.put(address, { ...account, freeRao: account.freeRao - amountRao });
}

/** Sends rao; the sender's account lives on. */
export function transferKeepAlive(
  state: LedgerState,
  from: string,
  to: string,
  amountRao: bigint,
): void {
  checkAmount(amountRao);
  const errorName = amountRao > freeRao(state, from) ? "FundsUnavailable" : "NotExpendable";
  debit(state, from, amountRao, "you want to send", errorName);
  credit(state, to, amountRao);
}

/** Makes rao. */
export function mint(state: LedgerState, address: string, amountRao: bigint): void {
  checkAmount(amountRao);
  if (state.header.issuedRao + amountRao > FAUCET_LIMIT_RAO) {
    throw refusal("Overflow", `all accounts together cannot hold ${formatTao(amountRao)} more`);
  }
  state.header.issuedRao += amountRao;
  credit(state, address, amountRao);
}

/** The number of the next call that an address signs. */
export function nonceOf(state: LedgerState, address: string): number {
  return state.accounts.get(address)?.nonce ?? 0;
}

/** A call of the address was executed. */
export function raiseNonce(state: LedgerState, address: string): void {
  const account = state.accounts.get(address) ?? { freeRao: 0n, nonce: 0 };
  state.accounts.put(address, { ...account, nonce: account.nonce + 1 });
}

/**
 * The way of everything that costs money: shown, agreed to, unlocked, looked at once more, sent once,
 * and told how it went.
 *
 * @module
 */

import type { Chain } from "../../core/chain/chain.ts";
import type { CallOptions, Receipt } from "../../core/chain/receipt.ts";
import { WeftError } from "../../core/errors.ts";
import type { Signer } from "../../core/wallet/signer.ts";
import type { Screen } from "../screen.ts";
import { stoppable } from "./chain_session.ts";
import { agrees } from "./confirm.ts";
import {
  type MoneyPlan,
  type Outcome,
  type PlanStyle,
  showNothingSent,
  showOutcome,
  showPlan,
} from "./money_plan.ts";
import { sendOnce } from "./send_once.ts";
import type { WalletSystem } from "./system.ts";

/** A plan, and how it is carried out. */
export interface Payment extends MoneyPlan {
  /** What is asked, without its answers. */
  readonly question: string;
  /** The address that must sign. */
  readonly signerAddress: string;
  /** The command that shows whether it was carried out. */
  readonly lookCommand: string;
  /** Opens the key; may ask for a password. */
  unlock(): Promise<Signer>;
  /** Throws if what was shown no longer holds. */
  checkAgain?(): Promise<void>;
  send(signer: Signer, options: CallOptions): Promise<Receipt>;
  /** What changed, read after it was done. */
  outcome(receipt: Receipt): Promise<Outcome>;
}

/** What a command that pays was called with. */
export interface PayContext {
  readonly values: PlanStyle;
  readonly screen: Screen;
  readonly signal: AbortSignal;
}

/** Carries a payment out; returns the exit code. */
export async function pay(
  system: WalletSystem,
  { values, screen, signal }: PayContext,
  chain: Chain,
  payment: Payment,
): Promise<number> {
  showPlan(screen, payment, values);
  if (values.dryRun) {
    showNothingSent(screen, values);
    return 0;
  }
  if (!await agrees(values, system.prompter, payment.question)) {
    showNothingSent(screen, values);
    return 1;
  }
  const signer = await unlockFor(payment);
  if (payment.checkAgain) await stoppable(signal, payment.checkAgain());
  const { lookCommand } = payment;
  const receipt = await sendOnce({
    ...{ chain, screen, signal, lookCommand },
    send: (options) => payment.send(signer, options),
  });
  const outcome = await readOutcome(payment, receipt, { screen, signal });
  showOutcome(screen, payment.action, receipt, outcome, values);
  return 0;
}

/**
 * The key, which must be the one that the plan speaks of.
 *
 * @throws {WeftError} if it is another
 */
export async function unlockFor(
  { signerAddress, unlock }: Pick<Payment, "signerAddress" | "unlock">,
): Promise<Signer> {
  const signer = await unlock();
  if (signer.address === signerAddress) return signer;
  throw new WeftError(
    `the keyfile holds ${signer.address}, but its public file says ${signerAddress}: nothing was ` +
      "sent; find out which one is yours",
  );
}

/** What changed. That it cannot be read must not look as if nothing had been paid. */
export async function readOutcome(
  payment: Pick<Payment, "lookCommand" | "outcome">,
  receipt: Receipt,
  { screen, signal }: Pick<PayContext, "screen" | "signal">,
): Promise<Outcome> {
  try {
    return await stoppable(signal, payment.outcome(receipt), "stopped");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const text = `it is done, but what it changed could not be read (${reason})`;
    screen.message(screen.style("yellow", `warning: ${text}; ${payment.lookCommand} shows it`));
    return { facts: [], fields: {} };
  }
}

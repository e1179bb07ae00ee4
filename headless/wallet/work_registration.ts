/**
 * Registration that is paid with work.
 *
 * @module
 */

import type { Chain, PowTask } from "../../core/chain/chain.ts";
import type { Signer } from "../../core/wallet/signer.ts";
import type { Screen } from "../screen.ts";
import { formatCount } from "../units.ts";
import { stoppable } from "./chain_session.ts";
import { agrees } from "./confirm.ts";
import {
  type MoneyPlan,
  type PlanStyle,
  showNothingSent,
  showOutcome,
  showPlan,
} from "./money_plan.ts";
import { readOutcome, unlockFor } from "./pay.ts";
import {
  immunityText,
  type Registrant,
  registrationFacts,
  registrationOutcome,
  type RegistrationView,
} from "./registration.ts";
import type { OpenSealFinder, SealFinderOptions } from "./seal_finder.ts";
import type { WalletSystem } from "./system.ts";
import { requireWorkTask, WorkSearch } from "./work_search.ts";

/** What the command was called with. */
export interface WorkContext {
  readonly values: PlanStyle & SealFinderOptions["values"];
  readonly screen: Screen;
  readonly signal: AbortSignal;
}

/** Who registers, and with what. */
export interface WorkRegistration {
  readonly registrant: Registrant;
  readonly view: RegistrationView;
  /** Opens the hotkey, which signs. */
  unlock(): Promise<Signer>;
  readonly openFinder: OpenSealFinder;
}

/**
 * Shows, asks, searches and registers; returns the exit code.
 *
 * @throws {WeftError} if the chain takes no work for this subnet
 */
export async function registerByWork(
  system: WalletSystem,
  context: WorkContext,
  chain: Chain,
  { registrant, view, unlock, openFinder }: WorkRegistration,
): Promise<number> {
  const { values, screen, signal } = context;
  const { netuid, hotkey, hotkeyName, coldkey } = registrant;
  const task = await stoppable(signal, requireWorkTask(chain, netuid));
  const plan = workPlan(registrant, view, task);
  showPlan(screen, plan, values);
  const question = `Search for work to register hotkey ${hotkeyName} on subnet ${netuid}?`;
  if (values.dryRun || !await agrees(values, system.prompter, question)) {
    showNothingSent(screen, values);
    return values.dryRun ? 0 : 1;
  }
  const signer = await unlockFor({ signerAddress: hotkey, unlock });
  const finder = openFinder({ values, screen });
  const lookCommand = `deno task wallet overview --netuid ${netuid}`;
  try {
    const search = new WorkSearch({
      ...{ chain, finder, screen, signal, signer, netuid, coldkey, lookCommand },
      randomBytes: system.randomBytes,
    });
    const receipt = await search.run();
    const outcome = (): ReturnType<typeof registrationOutcome> =>
      registrationOutcome(chain, registrant, receipt);
    const changed = await readOutcome({ lookCommand, outcome }, receipt, context);
    showOutcome(screen, plan.action, receipt, changed, values);
    return 0;
  } finally {
    finder.close();
  }
}

function workPlan(
  registrant: Registrant,
  view: RegistrationView,
  { difficulty }: PowTask,
): MoneyPlan {
  const { netuid, hotkey, hotkeyName, coldkey } = registrant;
  const { network, subnet } = view;
  const { immunityBlocks } = subnet;
  return {
    action: "register",
    title: `Registration on subnet ${netuid} by work`,
    facts: [
      ...registrationFacts(registrant, view),
      ["price", "no TAO"],
      ["work", `about ${formatCount(Number(difficulty))} seals, on average`],
    ],
    fields: { network, netuid, hotkeyName, hotkey, coldkey, immunityBlocks, difficulty },
    risk: immunityText(subnet),
  };
}

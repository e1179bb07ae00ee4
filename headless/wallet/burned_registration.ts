/**
 * Registration that is paid in TAO.
 *
 * @module
 */

import type { BurnedRegistration, Chain } from "../../core/chain/chain.ts";
import { formatTao } from "../../core/chain/amounts.ts";
import { WeftError } from "../../core/errors.ts";
import type { Signer } from "../../core/wallet/signer.ts";
import { type MoneyPlan, remainsText } from "./money_plan.ts";
import type { Payment } from "./pay.ts";
import {
  immunityText,
  type Registrant,
  registrationFacts,
  registrationOutcome,
  type RegistrationView,
} from "./registration.ts";

/** What may be paid above the price shown where `--limit` does not say it: a twentieth. */
const SLACK_DIVISOR = 20n;

/** The most that may be paid by default. */
export function defaultLimitRao(burnRao: bigint): bigint {
  return burnRao + burnRao / SLACK_DIVISOR;
}

/**
 * A registration at the price of now, or up to a limit.
 *
 * @param limit the user's, in rao; undefined for the default
 * @throws {WeftError} if the subnet takes none, the price is above the limit, or the balance too small
 */
export function burnedRegistration(
  chain: Chain,
  registrant: Registrant,
  view: RegistrationView,
  limit: bigint | undefined,
  unlock: () => Promise<Signer>,
): Payment {
  checkPossible(registrant, view, limit);
  const { netuid, hotkey, hotkeyName, coldkey } = registrant;
  const { burnRao } = view.subnet;
  const limitRao = limit ?? defaultLimitRao(burnRao);
  const terms = { netuid, hotkey, limitRao };
  return {
    ...registrationPlan(registrant, view, limitRao),
    question: `Register hotkey ${hotkeyName} on subnet ${netuid} for ${formatTao(burnRao)}, ` +
      `at most ${formatTao(limitRao)}?`,
    signerAddress: coldkey,
    lookCommand: `deno task wallet overview --netuid ${netuid}`,
    unlock,
    checkAgain: () => checkPrice(chain, terms),
    send: (signer, options) => chain.burnedRegister(signer, terms, options),
    outcome: (receipt) => registrationOutcome(chain, registrant, receipt),
  };
}

function checkPossible(
  { netuid, coldkey }: Registrant,
  { subnet: { registrationAllowed, burnRao }, balance: { transferableRao } }: RegistrationView,
  limit: bigint | undefined,
): void {
  if (!registrationAllowed) {
    throw new WeftError(`subnet ${netuid} takes no registrations now: its owner has closed it`);
  }
  if (limit !== undefined && burnRao > limit) {
    throw new WeftError(
      `the registration costs ${formatTao(burnRao)}, more than --limit ${formatTao(limit)}: ` +
        "wait until the price falls, or allow more",
    );
  }
  if (transferableRao >= burnRao) return;
  throw new WeftError(
    `the registration costs ${formatTao(burnRao)}, and coldkey ${coldkey} can spend ` +
      `${formatTao(transferableRao)}: send it ${formatTao(burnRao - transferableRao)} or more`,
  );
}

function registrationPlan(
  registrant: Registrant,
  view: RegistrationView,
  limitRao: bigint,
): MoneyPlan {
  const { netuid, hotkey, hotkeyName, coldkey } = registrant;
  const { network, subnet, balance: { transferableRao: balanceRao } } = view;
  const { burnRao: priceRao, immunityBlocks } = subnet;
  const remainingRao = balanceRao - priceRao;
  return {
    action: "register",
    title: `Registration on subnet ${netuid}`,
    facts: [
      ...registrationFacts(registrant, view),
      ["price", formatTao(priceRao)],
      ["at most", `${formatTao(limitRao)}, should the price rise before it is paid`],
      ["balance", `${remainsText(balanceRao, remainingRao)}, less any fee`],
    ],
    fields: {
      ...{ network, netuid, hotkeyName, hotkey, coldkey, immunityBlocks },
      ...{ priceRao, limitRao, balanceRao, remainingRao },
    },
    risk: `The price is burned and not refundable. ${immunityText(subnet)}`,
  };
}

/** Runtimes that know no limit would take any price, so look as late as can be. */
async function checkPrice(chain: Chain, { netuid, limitRao }: BurnedRegistration): Promise<void> {
  const { burnRao } = await chain.subnet(netuid);
  if (burnRao <= limitRao) return;
  throw new WeftError(
    `the registration price rose to ${formatTao(burnRao)}, more than the limit of ` +
      `${formatTao(limitRao)}: nothing was sent; run it again, or allow more by --limit`,
  );
}

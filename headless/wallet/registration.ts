/**
 * What has to be known before a hotkey is registered, and what stands in its way.
 *
 * @module
 */

import type { Balance, Chain, SubnetParameters } from "../../core/chain/chain.ts";
import { formatTao } from "../../core/chain/amounts.ts";
import type { Receipt } from "../../core/chain/receipt.ts";
import { UsageError, WeftError } from "../../core/errors.ts";
import { formatDuration } from "../units.ts";
import type { Fact, Outcome } from "./money_plan.ts";

/** Who registers where. */
export interface Registrant {
  readonly netuid: number;
  readonly walletName: string;
  readonly hotkeyName: string;
  readonly coldkey: string;
  readonly hotkey: string;
}

/** What the chain says before it. */
export interface RegistrationView {
  readonly network: string;
  readonly subnet: SubnetParameters;
  readonly balance: Balance;
  /** Undefined if the hotkey is not registered there. */
  readonly uid: number | undefined;
}

/** Seconds between two blocks of Subtensor. */
const BLOCK_S = 12;

/**
 * Asks the chain all that is needed.
 *
 * @throws {UsageError} if there is no such subnet, or it is the root, which takes no registrations
 * @throws {WeftError} if the hotkey belongs to another coldkey
 */
export async function readRegistration(
  chain: Chain,
  { netuid, coldkey, hotkey, hotkeyName }: Registrant,
): Promise<RegistrationView> {
  if (netuid === 0) {
    throw new UsageError("subnet 0 is the root, which takes no registrations: name another one");
  }
  const [{ network }, subnet, balance, uid, owner] = await Promise.all([
    chain.identity(),
    chain.subnet(netuid),
    chain.balance(coldkey),
    chain.uidOf(netuid, hotkey),
    chain.ownerOf(hotkey),
  ]);
  if (owner !== undefined && owner !== coldkey) {
    throw new WeftError(
      `the chain knows hotkey ${hotkeyName} (${hotkey}) as one of coldkey ${owner}, not of ` +
        `${coldkey}: register it with the wallet that it belongs to`,
    );
  }
  return { network, subnet, balance, uid };
}

/** What both ways to register show first. */
export function registrationFacts(
  { walletName, hotkeyName, coldkey, hotkey }: Registrant,
  { network, subnet: { neuronCount, maxNeuronCount } }: RegistrationView,
): Fact[] {
  return [
    ["chain", network],
    ["neurons", `${neuronCount} of ${maxNeuronCount}`],
    ["hotkey", `${hotkey} (${hotkeyName})`],
    ["coldkey", `${coldkey} (${walletName})`],
  ];
}

/** What becomes of a neuron later, in a sentence or two. */
export function immunityText(
  { immunityBlocks, neuronCount, maxNeuronCount }: SubnetParameters,
): string {
  const time = formatDuration(immunityBlocks * BLOCK_S);
  const full = neuronCount >= maxNeuronCount
    ? "The subnet is full: the new neuron takes the place of the one that earns least. "
    : "";
  return `${full}For ${immunityBlocks} blocks (about ${time}) the neuron cannot be replaced; after ` +
    "that it can, once it is the one that earns least.";
}

/** The uid that came of it, and what the coldkey holds now. */
export async function registrationOutcome(
  chain: Chain,
  { netuid, hotkey, coldkey }: Registrant,
  receipt: Receipt,
): Promise<Outcome> {
  const [uid, { freeRao }] = await Promise.all([
    receipt.uid ?? chain.uidOf(netuid, hotkey),
    chain.balance(coldkey),
  ]);
  return {
    facts: [
      ["uid", uid === undefined ? "none any more: it was replaced already" : `${uid}`],
      ["balance", `${formatTao(freeRao)} free`],
    ],
    fields: { netuid, hotkey, uid, freeRao },
  };
}

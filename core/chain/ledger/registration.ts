/**
 * Registering a hotkey: paid with TAO that is destroyed, or with work.
 *
 * Source: Subtensor spec 425, `do_register` and `do_register_limit`; for work, spec 353,
 * `do_registration`. The checks come in the same order.
 *
 * @module
 */

import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { boundHashOf, meetsDifficulty, sealOf } from "../../formats/registration_seal.ts";
import { formatTao } from "../amounts.ts";
import type { BurnedRegistration } from "../chain.ts";
import { debit } from "./accounts.ts";
import { blockHashBytes } from "./block_time.ts";
import { raisedBurnRao } from "./burn_price.ts";
import { bindHotkey, hotkeyKey, takeSlot } from "./neurons.ts";
import type { Subnet } from "./records.ts";
import { misuse, refusal } from "./refusal.ts";
import { ROOT_NETUID } from "./stakes.ts";
import type { LedgerState } from "./state.ts";
import { burnRao, existingSubnet } from "./subnets.ts";

/** Work for a block is taken while the block is younger than this. */
const WORK_AGE_BLOCKS = 3;

/** A registration by work, its work in hex without 0x. */
export interface WorkRegistration {
  readonly netuid: number;
  readonly coldkey: string;
  readonly blockNumber: number;
  readonly nonce: bigint;
  readonly workHex: string;
}

/**
 * Registers a hotkey at the coldkey's cost.
 *
 * @returns its uid
 */
export function burnedRegister(
  state: LedgerState,
  coldkey: string,
  { netuid, hotkey, limitRao }: BurnedRegistration,
): number {
  const subnet = registrable(state, netuid);
  const price = burnRao(state, subnet);
  if (price > limitRao) {
    throw refusal(
      "RegistrationPriceLimitExceeded",
      `the registration price rose while you waited: subnet ${netuid} asks ${formatTao(price)} ` +
        `now, and your limit is ${formatTao(limitRao)}`,
    );
  }
  requireOpen(netuid, subnet.rules.registrationAllowed);
  requireUnregistered(state, netuid, hotkey);
  const purpose = `a registration on subnet ${netuid} costs`;
  debit(state, coldkey, price, purpose, "NotEnoughBalanceToStake");
  state.header.burnedRao += price;
  bindHotkey(state, hotkey, coldkey);
  const uid = takeSlot(state, subnet, hotkey, coldkey);
  subnet.burnRao = raisedBurnRao(price, subnet.rules);
  subnet.burnBlock = state.block;
  state.subnets.put(String(netuid), subnet);
  return uid;
}

/**
 * Registers the hotkey that signed for a coldkey, without a price.
 *
 * @param publicKey the hotkey's, 32 bytes
 * @returns its uid
 */
export function workRegister(
  state: LedgerState,
  hotkey: string,
  publicKey: Uint8Array,
  registration: WorkRegistration,
): number {
  const { netuid, coldkey } = registration;
  const subnet = registrable(state, netuid);
  requireOpen(netuid, subnet.rules.powRegistrationAllowed, " by work");
  requireUnregistered(state, netuid, hotkey);
  spendWork(state, subnet, publicKey, registration);
  bindHotkey(state, hotkey, coldkey);
  const uid = takeSlot(state, subnet, hotkey, coldkey);
  state.subnets.put(String(netuid), subnet);
  return uid;
}

function registrable(state: LedgerState, netuid: number): Subnet {
  if (netuid !== ROOT_NETUID) return existingSubnet(state, netuid);
  throw misuse(
    "RegistrationNotPermittedOnRootSubnet",
    "no one registers on the root subnet: name the subnet that you mine",
  );
}

function requireOpen(netuid: number, isAllowed: boolean, how = ""): void {
  if (isAllowed) return;
  throw refusal("SubNetRegistrationDisabled", `subnet ${netuid} takes no registrations${how} now`);
}

function requireUnregistered(state: LedgerState, netuid: number, hotkey: string): void {
  const uid = state.uids.get(hotkeyKey(netuid, hotkey));
  if (uid === undefined) return;
  throw refusal(
    "HotKeyAlreadyRegisteredInSubNet",
    `this hotkey is already registered on subnet ${netuid} as uid ${uid}`,
  );
}

/** Checks the work and notes it down, so that it serves once. */
function spendWork(
  state: LedgerState,
  { rules }: Subnet,
  publicKey: Uint8Array,
  { blockNumber, nonce, workHex }: WorkRegistration,
): void {
  if (blockNumber > state.block || state.block - blockNumber >= WORK_AGE_BLOCKS) {
    throw refusal(
      "InvalidWorkBlock",
      `the work is for block ${blockNumber}, and the chain is at block ${state.block}: ` +
        `it must be younger than ${WORK_AGE_BLOCKS} blocks`,
    );
  }
  const work = hexToBytes(workHex);
  if (!meetsDifficulty(work, rules.difficulty, "little")) {
    throw refusal("InvalidDifficulty", `the work does not meet difficulty ${rules.difficulty}`);
  }
  const blockHash = blockHashBytes(state.genesisHash, blockNumber);
  if (bytesToHex(sealOf(boundHashOf(blockHash, publicKey), nonce)) !== workHex) {
    throw refusal(
      "InvalidSeal",
      "the work is not the seal of its nonce, its block and this hotkey",
    );
  }
  if (state.usedWork.get(workHex) !== undefined) {
    throw refusal("WorkRepeated", "this work was used before");
  }
  // Older work is refused by its block, so it need not be remembered.
  for (const [key, block] of state.usedWork.entries()) {
    if (state.block - block >= WORK_AGE_BLOCKS) state.usedWork.delete(key);
  }
  state.usedWork.put(workHex, state.block);
}

/**
 * Sending money, and staking it.
 *
 * @module
 */

import type { Signer } from "../../wallet/signer.ts";
import { formatAlpha, formatTao } from "../amounts.ts";
import type { StakeChange } from "../chain.ts";
import type { CallOptions, Receipt } from "../receipt.ts";
import { checkAmount, checkFunds, checkNetuid, checkRecipient, checkStake } from "./call_checks.ts";
import { type CallMaker, feeRao } from "./call_maker.ts";
import { plainAddress } from "../../wallet/address.ts";
import * as extrinsics from "./extrinsics.ts";
import { stakePriceLimit } from "./stake_price.ts";

/** Sends rao; the sender's account stays alive. */
export async function transfer(
  maker: CallMaker,
  coldkey: Signer,
  to: string,
  amountRao: bigint,
  options?: CallOptions,
): Promise<Receipt> {
  const recipient = plainAddress(to);
  checkAmount(amountRao);
  const signer = coldkey.address;
  return await maker.make(coldkey, options, {
    context: { call: "transfer", signer, amountRao },
    label: `the transfer of ${formatTao(amountRao)} to ${recipient}`,
    isPayment: true,
    prepare: async (api) => {
      const call = extrinsics.transfer(api, recipient, amountRao);
      await checkFunds(maker.reads, signer, amountRao, await feeRao(call, signer));
      await checkRecipient(maker.reads, recipient, amountRao);
      return call;
    },
  });
}

/** Stakes rao on a hotkey. */
export async function addStake(
  maker: CallMaker,
  coldkey: Signer,
  change: StakeChange,
  options?: CallOptions,
): Promise<Receipt> {
  const stake = checkChange(change);
  const { netuid, hotkey, amountRao } = stake;
  const signer = coldkey.address;
  return await maker.make(coldkey, options, {
    context: { call: "addStake", signer, netuid, hotkey, amountRao },
    label: `the stake of ${formatTao(amountRao)} on ${hotkey} in subnet ${netuid}`,
    isPayment: true,
    prepare: async (api) => {
      const limit = await stakePriceLimit(api, stake, "most");
      const call = extrinsics.addStake(api, stake, limit);
      await checkFunds(maker.reads, signer, amountRao, await feeRao(call, signer));
      return call;
    },
  });
}

/** Takes stake out again. */
export async function removeStake(
  maker: CallMaker,
  coldkey: Signer,
  change: StakeChange,
  options?: CallOptions,
): Promise<Receipt> {
  const stake = checkChange(change);
  const { netuid, hotkey, amountRao } = stake;
  const signer = coldkey.address;
  return await maker.make(coldkey, options, {
    context: { call: "removeStake", signer, netuid, hotkey, amountRao },
    label: `the removal of ${formatAlpha(amountRao)} from ${hotkey} in subnet ${netuid}`,
    isPayment: true,
    prepare: async (api) => {
      await checkStake(maker.reads, signer, stake);
      return extrinsics.removeStake(api, stake, await stakePriceLimit(api, stake, "least"));
    },
  });
}

/** The fee of a transfer, in rao. */
export async function transferFeeRao(
  maker: CallMaker,
  from: string,
  to: string,
  amountRao: bigint,
): Promise<bigint> {
  const call = extrinsics.transfer(await maker.api(), plainAddress(to), amountRao);
  return await feeRao(call, plainAddress(from));
}

function checkChange(change: StakeChange): StakeChange {
  checkNetuid(change.netuid);
  checkAmount(change.amountRao);
  return { ...change, hotkey: plainAddress(change.hotkey) };
}

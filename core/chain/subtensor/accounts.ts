/**
 * What accounts hold, and to whom they belong.
 *
 * @module
 */

import { bytesToHex } from "@noble/hashes/utils.js";
import * as v from "valibot";
import { WeftError } from "../../errors.ts";
import { decodeAddress, encodeAddress, plainAddress } from "../../wallet/address.ts";
import type { Balance, StakePosition } from "../chain.ts";
import { BIG, COUNT, parseAnswer } from "./answers.ts";
import type { ChainState } from "./chain_state.ts";
import type { Connection } from "./connection.ts";

/** `AccountInfo` of Substrate: with `frozen` for all, or as it was before 2023-03. */
const ACCOUNT = v.object({
  data: v.object({
    free: BIG,
    reserved: BIG,
    frozen: v.optional(BIG, 0),
    miscFrozen: v.optional(BIG, 0),
    feeFrozen: v.optional(BIG, 0),
  }),
});

const STAKES = v.array(v.object({ hotkey: v.string(), netuid: COUNT, stake: BIG }));

/** The account that the chain gives where there is none. */
const NOBODY = encodeAddress(new Uint8Array(32));

/** The least balance of an account that lives, in rao. */
export function existentialDepositRao({ api }: Connection): bigint {
  return api.consts.balances.existentialDeposit.toBigInt();
}

/**
 * What an account holds.
 *
 * Source of what may be sent: `reducible_balance` of Substrate's balances pallet, with an account
 * that is to live on.
 *
 * @throws {UsageError} if the address is none
 */
export async function readBalance(
  state: ChainState,
  address: string,
  depositRao: bigint,
): Promise<Balance> {
  const [account] = await state.read([["System.account", plainAddress(address)]]);
  const { data } = parseAnswer(ACCOUNT, account, "for an account");
  const frozen = most(data.frozen, data.miscFrozen, data.feeFrozen);
  const kept = most(frozen - data.reserved, depositRao);
  return { freeRao: data.free, transferableRao: most(data.free - kept, 0n) };
}

/** The coldkey of a hotkey, or undefined. @throws {UsageError} if the address is none */
export async function readOwner(state: ChainState, hotkey: string): Promise<string | undefined> {
  const [owner] = await state.read([["owner", plainAddress(hotkey)]]);
  const coldkey = parseAnswer(v.optional(v.string()), owner, "for a hotkey's owner");
  return coldkey === NOBODY ? undefined : coldkey;
}

/**
 * Where a coldkey has stake.
 *
 * @throws {UsageError} if the address is none
 * @throws {WeftError} if the runtime does not tell
 */
export async function readStakes(state: ChainState, coldkey: string): Promise<StakePosition[]> {
  const name = "StakeInfoRuntimeApi.get_stake_info_for_coldkey";
  const account = `0x${bytesToHex(decodeAddress(coldkey))}`;
  const stakes = await state.call(name, [account], "WeftStakeInfo");
  if (stakes === undefined) {
    throw new WeftError("this chain's runtime does not tell the stakes of a coldkey");
  }
  return parseAnswer(STAKES, stakes, "for a coldkey's stakes")
    .filter(({ stake }) => stake > 0n)
    .map(({ hotkey, netuid, stake }) => ({ hotkey, netuid, stakeAlphaRao: stake }));
}

function most(first: bigint, ...rest: bigint[]): bigint {
  return rest.reduce((most, value) => value > most ? value : most, first);
}

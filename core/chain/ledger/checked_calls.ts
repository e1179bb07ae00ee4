/**
 * From what a caller hands in to calls whose numbers fit and whose addresses have one form.
 *
 * @module
 */

import { bytesToHex } from "@noble/hashes/utils.js";
import { UsageError } from "../../errors.ts";
import { MAX_RAO } from "../amounts.ts";
import type {
  BurnedRegistration,
  PowRegistration,
  SaltedWeights,
  StakeChange,
  Weights,
} from "../chain.ts";
import { weightsCommitHash } from "../weights_commit.ts";
import { plainAddress } from "../../wallet/address.ts";
import { checkAmount } from "./accounts.ts";
import { asHex } from "./block_time.ts";
import type { LedgerCall } from "./calls.ts";

const SEAL_BYTES = 32;

/** @throws {UsageError} if the address is none, or the amount cannot be */
export function transferCall(to: string, amountRao: bigint): LedgerCall {
  checkAmount(amountRao);
  return { call: "transfer_keep_alive", to: plainAddress(to), amountRao };
}

/** @throws {UsageError} if the address is none, or the limit cannot be */
export function burnedRegisterCall(registration: BurnedRegistration): LedgerCall {
  const { netuid, hotkey, limitRao } = registration;
  if (limitRao < 0n || limitRao > MAX_RAO) {
    throw new UsageError(`A limit of ${limitRao} rao cannot be: give 0 to ${MAX_RAO}.`);
  }
  return {
    call: "register_limit",
    registration: { netuid, hotkey: plainAddress(hotkey), limitRao },
  };
}

/** @throws {UsageError} if the address is none, or a number does not fit */
export function workRegisterCall(registration: PowRegistration): LedgerCall {
  const { netuid, coldkey, blockNumber, nonce, work } = registration;
  if (work.length !== SEAL_BYTES) {
    throw new UsageError(`Work has ${SEAL_BYTES} bytes, this has ${work.length}.`);
  }
  if (!Number.isSafeInteger(blockNumber) || blockNumber < 0) {
    throw new UsageError(`${blockNumber} is no number of a block: give a whole number from 0 on.`);
  }
  checkU64(nonce, "nonce");
  return {
    call: "register",
    registration: {
      netuid,
      coldkey: plainAddress(coldkey),
      blockNumber,
      nonce,
      workHex: bytesToHex(work),
    },
  };
}

/** @throws {UsageError} if a number does not fit */
export function setWeightsCall(weights: Weights): LedgerCall {
  const { netuid, uids, values, versionKey } = weights;
  checkWeights(weights);
  return {
    call: "set_weights",
    weights: { netuid, uids: [...uids], values: [...values], versionKey },
  };
}

/**
 * @param publicKey the hotkey's, 32 bytes
 * @throws {UsageError} if a number does not fit
 */
export function commitWeightsCall(publicKey: Uint8Array, weights: SaltedWeights): LedgerCall {
  checkWeights(weights);
  checkU16(weights.salt, "salt");
  return {
    call: "commit_weights",
    netuid: weights.netuid,
    commitHash: asHex(weightsCommitHash(publicKey, weights)),
  };
}

/** @throws {UsageError} if a number does not fit */
export function revealWeightsCall(weights: SaltedWeights): LedgerCall {
  const { netuid, uids, values, salt, versionKey } = weights;
  checkWeights(weights);
  checkU16(salt, "salt");
  return {
    call: "reveal_weights",
    weights: { netuid, uids: [...uids], values: [...values], salt: [...salt], versionKey },
  };
}

/** @throws {UsageError} if the address is none, or the amount cannot be */
export function stakeCall(
  call: "add_stake" | "remove_stake",
  { netuid, hotkey, amountRao }: StakeChange,
): LedgerCall {
  checkAmount(amountRao);
  return { call, change: { netuid, hotkey: plainAddress(hotkey), amountRao } };
}

function checkWeights({ uids, values, versionKey }: Weights): void {
  checkU16(uids, "uid");
  checkU16(values, "weight");
  if (uids.length !== values.length) {
    throw new UsageError(
      `${uids.length} uids with ${values.length} weights: give one for each uid ` +
        "[WeightVecNotEqualSize]",
    );
  }
  checkU64(versionKey, "version key");
}

function checkU16(values: readonly number[], label: string): void {
  const wrong = values.find((value) => !Number.isInteger(value) || value < 0 || value > 65535);
  if (wrong === undefined) return;
  throw new UsageError(`${wrong} is no ${label}: give whole numbers from 0 to 65535.`);
}

function checkU64(value: bigint, label: string): void {
  if (value >= 0n && value <= MAX_RAO) return;
  throw new UsageError(`${value} is no ${label}: give a whole number of 64 bits.`);
}

/**
 * What can be asked of a ledger, and who may ask it.
 *
 * @module
 */

import type {
  AxonAddress,
  BurnedRegistration,
  PrometheusAddress,
  SaltedWeights,
  StakeChange,
  Weights,
} from "../chain.ts";
import { transferKeepAlive } from "./accounts.ts";
import { burnedRegister, workRegister, type WorkRegistration } from "./registration.ts";
import { serveAxon, servePrometheus } from "./serving.ts";
import { addStake, removeStake } from "./stakes.ts";
import type { LedgerState } from "./state.ts";
import { commitWeights, revealWeights } from "./weight_commits.ts";
import { setWeights } from "./weights.ts";

/** One call. Its fields are what its signer signs. Names are those of Subtensor's extrinsics. */
export type LedgerCall =
  | { readonly call: "transfer_keep_alive"; readonly to: string; readonly amountRao: bigint }
  | { readonly call: "register_limit"; readonly registration: BurnedRegistration }
  | { readonly call: "register"; readonly registration: WorkRegistration }
  | { readonly call: "serve_axon"; readonly netuid: number; readonly axon: AxonAddress }
  | {
    readonly call: "serve_prometheus";
    readonly netuid: number;
    readonly address: PrometheusAddress;
  }
  | { readonly call: "set_weights"; readonly weights: Weights }
  | { readonly call: "commit_weights"; readonly netuid: number; readonly commitHash: string }
  | { readonly call: "reveal_weights"; readonly weights: SaltedWeights }
  | { readonly call: "add_stake"; readonly change: StakeChange }
  | { readonly call: "remove_stake"; readonly change: StakeChange };

/** Who signed a call. */
export interface Caller {
  /** With prefix 42. */
  readonly address: string;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
}

/**
 * Does what a call asks for.
 *
 * @returns the uid that a registration gave
 * @throws {WeftError} if the ledger refuses; the transaction must not be kept then
 */
export function execute(state: LedgerState, caller: Caller, call: LedgerCall): number | undefined {
  const { address, publicKey } = caller;
  switch (call.call) {
    case "register_limit":
      return burnedRegister(state, address, call.registration);
    case "register":
      return workRegister(state, address, publicKey, call.registration);
    case "transfer_keep_alive":
      transferKeepAlive(state, address, call.to, call.amountRao);
      break;
    case "serve_axon":
      serveAxon(state, address, call.netuid, call.axon);
      break;
    case "serve_prometheus":
      servePrometheus(state, address, call.netuid, call.address);
      break;
    case "set_weights":
      setWeights(state, address, call.weights);
      break;
    case "commit_weights":
      commitWeights(state, address, call.netuid, call.commitHash);
      break;
    case "reveal_weights":
      revealWeights(state, address, publicKey, call.weights);
      break;
    case "add_stake":
      addStake(state, address, call.change);
      break;
    case "remove_stake":
      removeStake(state, address, call.change);
      break;
  }
  return undefined;
}

/**
 * Builds the calls from a chain's metadata. Which calls there are, and with which numbers, differs
 * from one runtime to the next.
 *
 * @module
 */

import type { ApiPromise } from "@polkadot/api";
import type { SubmittableExtrinsic } from "@polkadot/api/types";
import { WeftError } from "../../errors.ts";
import { decodeAddress } from "../../wallet/address.ts";
import type {
  AxonAddress,
  BurnedRegistration,
  PowRegistration,
  PrometheusAddress,
  SaltedWeights,
  StakeChange,
  Weights,
} from "../chain.ts";
import { parseIp } from "../ip_address.ts";
import { weightsCommitHash } from "../weights_commit.ts";

/** A call that can be signed. */
export type Extrinsic = SubmittableExtrinsic<"promise">;

type Pallet = "subtensorModule" | "balances";

/** Whether the chain's runtime has a call. */
export function hasCall(api: ApiPromise, pallet: Pallet, name: string): boolean {
  return api.tx[pallet]?.[name] !== undefined;
}

/** With `register_limit` where the runtime has it: then the chain itself keeps to the limit. */
export function burnedRegister(
  api: ApiPromise,
  { netuid, hotkey, limitRao }: BurnedRegistration,
): Extrinsic {
  const account = decodeAddress(hotkey);
  return hasCall(api, "subtensorModule", "registerLimit")
    ? make(api, "subtensorModule", "registerLimit", [netuid, account, limitRao])
    : make(api, "subtensorModule", "burnedRegister", [netuid, account]);
}

/** @param hotkey the signer's address */
export function powRegister(
  api: ApiPromise,
  hotkey: string,
  { netuid, coldkey, blockNumber, nonce, work }: PowRegistration,
): Extrinsic {
  const bytes = `0x${work.reduce((hex, byte) => hex + byte.toString(16).padStart(2, "0"), "")}`;
  const accounts = [decodeAddress(hotkey), decodeAddress(coldkey)];
  return make(api, "subtensorModule", "register", [netuid, blockNumber, nonce, bytes, ...accounts]);
}

export function serveAxon(api: ApiPromise, netuid: number, axon: AxonAddress): Extrinsic {
  const { version, port, ipType, protocol } = axon;
  const args = [netuid, version, parseIp(axon.ip).ip, port, ipType, protocol, 0, 0];
  return make(api, "subtensorModule", "serveAxon", args);
}

export function servePrometheus(
  api: ApiPromise,
  netuid: number,
  { version, ip, port, ipType }: PrometheusAddress,
): Extrinsic {
  const args = [netuid, version, parseIp(ip).ip, port, ipType];
  return make(api, "subtensorModule", "servePrometheus", args);
}

export function setWeights(
  api: ApiPromise,
  { netuid, uids, values, versionKey }: Weights,
): Extrinsic {
  return make(api, "subtensorModule", "setWeights", [netuid, uids, values, versionKey]);
}

/** @param hotkey the signer's public key, which is part of what is hashed */
export function commitWeights(
  api: ApiPromise,
  hotkey: Uint8Array,
  weights: SaltedWeights,
): Extrinsic {
  const hash = weightsCommitHash(hotkey, weights);
  return make(api, "subtensorModule", "commitWeights", [weights.netuid, hash]);
}

export function revealWeights(
  api: ApiPromise,
  { netuid, uids, values, salt, versionKey }: SaltedWeights,
): Extrinsic {
  const args = [netuid, uids, values, salt, versionKey];
  return make(api, "subtensorModule", "revealWeights", args);
}

/** Keeps the sender's account alive. */
export function transfer(api: ApiPromise, to: string, amountRao: bigint): Extrinsic {
  return make(api, "balances", "transferKeepAlive", [decodeAddress(to), amountRao]);
}

/**
 * @param limitRaoPerAlpha the most that an alpha may cost at the end; without it, or where the
 *   runtime knows no limits, any price is taken
 */
export function addStake(
  api: ApiPromise,
  { netuid, hotkey, amountRao }: StakeChange,
  limitRaoPerAlpha: bigint | undefined,
): Extrinsic {
  return moveStake(api, "addStake", [decodeAddress(hotkey), netuid, amountRao], limitRaoPerAlpha);
}

/** @param limitRaoPerAlpha the least that an alpha may bring at the end, as in `addStake` */
export function removeStake(
  api: ApiPromise,
  { netuid, hotkey, amountRao }: StakeChange,
  limitRaoPerAlpha: bigint | undefined,
): Extrinsic {
  return moveStake(
    api,
    "removeStake",
    [decodeAddress(hotkey), netuid, amountRao],
    limitRaoPerAlpha,
  );
}

function moveStake(
  api: ApiPromise,
  name: "addStake" | "removeStake",
  args: readonly unknown[],
  limitRaoPerAlpha: bigint | undefined,
): Extrinsic {
  if (limitRaoPerAlpha === undefined || !hasCall(api, "subtensorModule", `${name}Limit`)) {
    return make(api, "subtensorModule", name, args);
  }
  // All or nothing: half a stake is not what was asked for.
  return make(api, "subtensorModule", `${name}Limit`, [...args, limitRaoPerAlpha, false]);
}

/** @throws {WeftError} if the runtime does not have the call, or takes other arguments */
function make(
  api: ApiPromise,
  pallet: Pallet,
  name: string,
  args: readonly unknown[],
): Extrinsic {
  const spec = api.runtimeVersion.specVersion.toString();
  const snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  if (!hasCall(api, pallet, name)) {
    throw new WeftError(`this chain's runtime (spec ${spec}) has no ${snake}`);
  }
  const call = api.tx[pallet][name];
  if (call.meta.args.length !== args.length) {
    throw new WeftError(
      `this chain's runtime (spec ${spec}) has another ${snake} than Weft knows: it takes ` +
        `${call.meta.args.length} values, not ${args.length}`,
    );
  }
  return call(...args);
}

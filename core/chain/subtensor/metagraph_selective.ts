/**
 * A metagraph by the runtime's `get_selective_metagraph`, which current runtimes have: one call, all
 * there is to know.
 *
 * Source: `opentensor/subtensor` 14bc6f9f, `pallets/subtensor/src/rpc_info/metagraph.rs`.
 *
 * @module
 */

import * as v from "valibot";
import type { Metagraph, Neuron } from "../metagraph.ts";
import { AXON, readValidatorTrust } from "./metagraph_fields.ts";
import { BIG, COUNT, SHARE, TEXT } from "./answers.ts";
import { ADDRESS, callRuntime, hasRuntimeCall, type Runtime } from "./runtime_values.ts";

const API = "subnetInfoRuntimeApi";
const METHOD = "getSelectiveMetagraph";

/** Numbers of the fields that a {@linkcode Metagraph} is made of. */
const FIELDS = [0, 1, 7, 52, 53, 55, 56, 57, 59, 60, 61, 62, 63, 64, 65, 66, 67, 68, 69];

const SELECTIVE = v.nullable(v.object({
  name: TEXT,
  block: COUNT,
  hotkeys: v.array(ADDRESS),
  coldkeys: v.array(ADDRESS),
  axons: v.array(AXON),
  active: v.array(v.boolean()),
  validatorPermit: v.array(v.boolean()),
  lastUpdate: v.array(COUNT),
  emission: v.array(BIG),
  dividends: v.array(SHARE),
  incentives: v.array(SHARE),
  consensus: v.array(SHARE),
  trust: v.array(SHARE),
  rank: v.array(SHARE),
  blockAtRegistration: v.array(COUNT),
  alphaStake: v.array(BIG),
  taoStake: v.array(BIG),
  totalStake: v.array(BIG),
}));

/** Whether the runtime knows this call. */
export function hasSelectiveMetagraph(runtime: Runtime): boolean {
  return hasRuntimeCall(runtime, API, METHOD);
}

/** Undefined if there is no such subnet. */
export async function readSelectiveMetagraph(
  runtime: Runtime,
  netuid: number,
): Promise<Metagraph | undefined> {
  const [found, validatorTrust] = await Promise.all([
    callRuntime(runtime, { api: API, method: METHOD, args: [netuid, FIELDS] }, SELECTIVE),
    readValidatorTrust(runtime, netuid),
  ]);
  if (found === null) return undefined;
  const { name, block } = found;
  const neurons = found.hotkeys.map((_, uid) => neuronOf(found, uid, validatorTrust[uid] ?? 0));
  return { netuid, name, block, neurons };
}

function neuronOf(
  found: NonNullable<v.InferOutput<typeof SELECTIVE>>,
  uid: number,
  validatorTrust: number,
): Neuron {
  return {
    validatorTrust,
    uid,
    hotkey: found.hotkeys[uid],
    coldkey: found.coldkeys[uid],
    axon: found.axons[uid],
    active: found.active[uid],
    validatorPermit: found.validatorPermit[uid],
    totalStakeRao: found.totalStake[uid],
    alphaStakeRao: found.alphaStake[uid],
    taoStakeRao: found.taoStake[uid],
    emissionRao: found.emission[uid],
    incentive: found.incentives[uid],
    consensus: found.consensus[uid],
    trust: found.trust[uid],
    dividends: found.dividends[uid],
    rank: found.rank[uid],
    lastUpdate: found.lastUpdate[uid],
    registeredAt: found.blockAtRegistration[uid],
  };
}

/**
 * A metagraph by the runtime's `get_neurons_lite`, with stakes from `get_subnet_state` where the
 * runtime has that too.
 *
 * @module
 */

import * as v from "valibot";
import type { Metagraph, Neuron } from "../metagraph.ts";
import { AXON } from "./metagraph_fields.ts";
import { BIG, COUNT, SHARE } from "./answers.ts";
import { ADDRESS, callRuntime, hasRuntimeCall, type Runtime } from "./runtime_values.ts";

const NEURON = v.object({
  uid: COUNT,
  hotkey: ADDRESS,
  coldkey: ADDRESS,
  axonInfo: AXON,
  active: v.boolean(),
  validatorPermit: v.boolean(),
  stake: v.array(v.tuple([ADDRESS, BIG])),
  emission: BIG,
  incentive: SHARE,
  consensus: SHARE,
  trust: SHARE,
  validatorTrust: SHARE,
  dividends: SHARE,
  rank: SHARE,
  lastUpdate: COUNT,
});

/** The part of a subnet's state that neurons lack, by uid. */
const STATE = v.nullable(v.object({
  hotkeys: v.array(ADDRESS),
  blockAtRegistration: v.array(COUNT),
  alphaStake: v.array(BIG),
  taoStake: v.array(BIG),
  totalStake: v.array(BIG),
}));

type State = v.InferOutput<typeof STATE>;

/** Whether the runtime knows this call. */
export function hasNeuronsLite(runtime: Runtime): boolean {
  return hasRuntimeCall(runtime, "neuronInfoRuntimeApi", "getNeuronsLite");
}

/** The neurons of a subnet that exists. */
export async function readLiteMetagraph(
  runtime: Runtime,
  netuid: number,
  block: number,
): Promise<Metagraph> {
  const [neurons, state] = await Promise.all([
    callRuntime(runtime, {
      api: "neuronInfoRuntimeApi",
      method: "getNeuronsLite",
      args: [netuid],
      oldType: "Vec<WeftNeuronLite>",
    }, v.array(NEURON)),
    readState(runtime, netuid),
  ]);
  return { netuid, name: "", block, neurons: neurons.map((neuron) => neuronOf(neuron, state)) };
}

async function readState(runtime: Runtime, netuid: number): Promise<State> {
  const [api, method] = ["subnetInfoRuntimeApi", "getSubnetState"];
  const oldType = "Option<WeftSubnetState>";
  if (!hasRuntimeCall(runtime, api, method)) return null;
  return await callRuntime(runtime, { api, method, args: [netuid], oldType }, STATE);
}

function neuronOf(
  { stake, axonInfo, emission, ...rest }: v.InferOutput<typeof NEURON>,
  state: State,
): Neuron {
  const alphaStakeRao = stake.reduce((sum, [, alphaRao]) => sum + alphaRao, 0n);
  const { uid } = rest;
  return {
    ...rest,
    axon: axonInfo,
    emissionRao: emission,
    alphaStakeRao: state?.alphaStake[uid] ?? alphaStakeRao,
    taoStakeRao: state?.taoStake[uid],
    totalStakeRao: state?.totalStake[uid] ?? alphaStakeRao,
    registeredAt: state?.blockAtRegistration[uid],
  };
}

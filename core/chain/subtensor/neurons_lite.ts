/**
 * Neurons by the runtime's short list of them, which runtimes have had since 2023. The stakes that
 * count are worked out from storage: the list has only what each hotkey holds itself.
 *
 * @module
 */

import * as v from "valibot";
import { AXON } from "./axons.ts";
import { BIG, COUNT, parseAnswer, SHARE } from "./answers.ts";
import type { ChainState } from "./chain_state.ts";
import type { NamedNeurons } from "./neuron_columns.ts";
import { readStakeWeights } from "./stake_weights.ts";
import { readRegistrationBlocks, readSubnetName } from "./stored_neurons.ts";

const NEURONS = v.array(v.object({
  hotkey: v.string(),
  coldkey: v.string(),
  uid: COUNT,
  active: v.boolean(),
  axonInfo: AXON,
  rank: SHARE,
  emission: BIG,
  incentive: SHARE,
  consensus: SHARE,
  trust: SHARE,
  validatorTrust: SHARE,
  dividends: SHARE,
  lastUpdate: COUNT,
  validatorPermit: v.boolean(),
}));

/** A subnet's neurons; undefined if the runtime does not answer in this way. */
export async function readLiteNeurons(
  state: ChainState,
  netuid: number,
): Promise<NamedNeurons | undefined> {
  const call = "NeuronInfoRuntimeApi.get_neurons_lite";
  const answer = await state.call(call, [netuid], "WeftNeuronLite");
  if (answer === undefined) return undefined;
  const listed = parseAnswer(NEURONS, answer, `for the neurons of subnet ${netuid}`);
  const [name, stakes, registrations] = await Promise.all([
    readSubnetName(state, netuid),
    readStakeWeights(state, netuid, listed.map(({ hotkey }) => hotkey)),
    readRegistrationBlocks(state, netuid, listed.map(({ uid }) => uid)),
  ]);
  const neurons = listed.map(({ axonInfo, emission, ...neuron }, i) => ({
    ...neuron,
    axon: axonInfo,
    emissionRao: emission,
    registeredAt: registrations[i],
    ...stakes[i],
  }));
  return { name, neurons };
}

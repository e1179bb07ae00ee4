/**
 * Neurons by the runtime's selective metagraph: one call, in which the runtime itself weighs the
 * stakes.
 *
 * @module
 */

import * as v from "valibot";
import { AXON } from "./axons.ts";
import { BIG, COUNT, parseAnswer, SHARE, TEXT } from "./answers.ts";
import type { ChainState } from "./chain_state.ts";
import { column, type NamedNeurons, neuronsOf } from "./neuron_columns.ts";

/** The fields that are asked for, as `SelectiveMetagraphIndex` of the runtime numbers them. */
const FIELDS = {
  name: 1,
  hotkeys: 52,
  coldkeys: 53,
  axons: 55,
  active: 56,
  validatorPermit: 57,
  lastUpdate: 59,
  emission: 60,
  dividends: 61,
  incentives: 62,
  consensus: 63,
  trust: 64,
  rank: 65,
  blockAtRegistration: 66,
  alphaStake: 67,
  taoStake: 68,
  totalStake: 69,
};

const METAGRAPH = v.object({
  name: v.nullish(TEXT, []),
  hotkeys: v.array(v.string()),
  coldkeys: v.array(v.string()),
  axons: column(AXON),
  active: column(v.boolean()),
  validatorPermit: column(v.boolean()),
  lastUpdate: column(COUNT),
  emission: column(BIG),
  dividends: column(SHARE),
  incentives: column(SHARE),
  consensus: column(SHARE),
  trust: column(SHARE),
  rank: column(SHARE),
  blockAtRegistration: column(COUNT),
  alphaStake: v.array(BIG),
  taoStake: v.array(BIG),
  totalStake: v.array(BIG),
});

/** A subnet's neurons; undefined if the runtime does not answer in this way. */
export async function readSelectiveNeurons(
  state: ChainState,
  netuid: number,
): Promise<NamedNeurons | undefined> {
  const name = "SubnetInfoRuntimeApi.get_selective_metagraph";
  const [answer, [validatorTrust]] = await Promise.all([
    state.call(name, [netuid, Object.values(FIELDS)]),
    // The one property that the call leaves out.
    state.read([["validatorTrust", netuid]]),
  ]);
  if (answer === undefined) return undefined;
  if (answer === null) return { name: "", neurons: [] };
  const what = `for the metagraph of subnet ${netuid}`;
  const metagraph = parseAnswer(METAGRAPH, answer, what);
  const identities = metagraph.hotkeys.map((hotkey, uid) => ({
    hotkey,
    coldkey: metagraph.coldkeys[uid],
    axon: metagraph.axons[uid],
    registeredAt: metagraph.blockAtRegistration[uid],
    totalStakeRao: metagraph.totalStake[uid],
    alphaStakeRao: metagraph.alphaStake[uid],
    taoStakeRao: metagraph.taoStake[uid],
  }));
  const trusts = parseAnswer(column(SHARE), validatorTrust, what);
  const columns = { ...metagraph, incentive: metagraph.incentives, validatorTrust: trusts };
  return { name: metagraph.name, neurons: neuronsOf(identities, columns) };
}

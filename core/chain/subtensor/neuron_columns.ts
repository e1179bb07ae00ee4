/**
 * Neurons as the chain keeps them: a list of each property, by uid.
 *
 * @module
 */

import * as v from "valibot";
import type { AxonInfo, Neuron } from "../metagraph.ts";
import { BIG, COUNT, SHARE } from "./answers.ts";
import type { StakeWeight } from "./stake_weights.ts";

/** A subnet's neurons, with the name that their source gives to the subnet. */
export interface NamedNeurons {
  readonly name: string;
  readonly neurons: readonly Neuron[];
}

/** A property of all neurons; none at all from runtimes that do not have it any more. */
export function column<S extends v.GenericSchema>(
  schema: S,
): v.GenericSchema<unknown, v.InferOutput<S>[]> {
  return v.pipe(v.nullish(v.array(schema), []), v.transform((values) => values ?? []));
}

/** The lists that the epochs of a subnet leave behind. */
export const EPOCH_COLUMNS = {
  active: column(v.boolean()),
  validatorPermit: column(v.boolean()),
  lastUpdate: column(COUNT),
  emission: column(BIG),
  dividends: column(SHARE),
  incentive: column(SHARE),
  consensus: column(SHARE),
  trust: column(SHARE),
  rank: column(SHARE),
  validatorTrust: column(SHARE),
};

const EPOCH = v.object(EPOCH_COLUMNS);

/** The same, read. */
export type EpochColumns = v.InferOutput<typeof EPOCH>;

/** What else belongs to a neuron. */
export interface NeuronIdentity extends StakeWeight {
  readonly hotkey: string;
  readonly coldkey: string;
  readonly axon: AxonInfo | undefined;
  readonly registeredAt: number | undefined;
}

/** Takes the lists apart. What a list does not have is nothing: no share, not active. */
export function neuronsOf(
  identities: readonly NeuronIdentity[],
  columns: EpochColumns,
): Neuron[] {
  return identities.map((identity, uid) => ({
    uid,
    ...identity,
    active: columns.active[uid] ?? false,
    validatorPermit: columns.validatorPermit[uid] ?? false,
    emissionRao: columns.emission[uid] ?? 0n,
    incentive: columns.incentive[uid] ?? 0,
    consensus: columns.consensus[uid] ?? 0,
    trust: columns.trust[uid] ?? 0,
    validatorTrust: columns.validatorTrust[uid] ?? 0,
    dividends: columns.dividends[uid] ?? 0,
    rank: columns.rank[uid] ?? 0,
    lastUpdate: columns.lastUpdate[uid] ?? 0,
  }));
}

/**
 * Which miners of a metagraph a validator asks.
 *
 * Source: neuralinternet/compute-subnet v1.8.3, `get_queryable` of `neurons/validator.py`.
 *
 * @module
 */

import type { Neuron } from "../../chain/metagraph.ts";
import type { AxonTarget } from "../dendrite.ts";

const NOWHERE = "0.0.0.0";

/** A miner that can be asked. */
export interface MinerTarget extends AxonTarget {
  readonly uid: number;
}

/** What a validator goes by. */
export interface TargetSettings {
  readonly blacklistHotkeys: readonly string[];
  readonly blacklistColdkeys: readonly string[];
  /** Older axons are not asked; undefined asks all. */
  readonly minimalVersion: number | undefined;
  /** With no larger share of all miners in question, in percent, old ones are asked too. */
  readonly updatedThreshold: number;
  /** One miner of each address only, the first. Off where all are on one machine. */
  readonly onePerAddress: boolean;
}

/** Miners with an address, in the metagraph's order; the validator's own hotkey is left out. */
export function minerTargets(
  neurons: readonly Neuron[],
  ownHotkey: string,
  settings: TargetSettings,
): MinerTarget[] {
  const refused = new Set([...settings.blacklistHotkeys, ...settings.blacklistColdkeys]);
  const reachable = neurons.flatMap(({ axon, hotkey, coldkey, uid }) => {
    if (axon === undefined || axon.ip === NOWHERE || hotkey === ownHotkey) return [];
    return refused.has(hotkey) || refused.has(coldkey) ? [] : [{ axon, hotkey, uid }];
  });
  const taken = new Set<string>();
  const asked = reachable.filter(({ axon: { ip } }) => {
    if (settings.onePerAddress && taken.has(ip)) return false;
    taken.add(ip);
    return true;
  });
  const isMost = 100 * asked.length > settings.updatedThreshold * reachable.length;
  const least = isMost ? settings.minimalVersion ?? 0 : 0;
  return asked.filter(({ axon }) => axon.version >= least)
    .map(({ uid, hotkey, axon: { ip, port } }) => ({ uid, hotkey, ip, port }));
}

/**
 * Neurons from plain storage, for runtimes whose functions cannot be asked.
 *
 * @module
 */

import * as v from "valibot";
import { AXON } from "./axons.ts";
import { COUNT, parseAnswer, TEXT } from "./answers.ts";
import type { ChainState, Entry } from "./chain_state.ts";
import { EPOCH_COLUMNS, type NamedNeurons, neuronsOf } from "./neuron_columns.ts";
import { readStakeWeights } from "./stake_weights.ts";

const COLUMNS = v.object({ count: COUNT, ...EPOCH_COLUMNS });
const ADDRESSES = v.array(v.string());
const IDENTITIES = v.array(v.optional(v.object({ subnetName: TEXT })));

/** Where owners describe their subnets, the newest form first. */
const IDENTITY_ITEMS = ["subnetIdentitiesV3", "subnetIdentitiesV2", "subnetIdentities"];

/** A subnet's neurons. */
export async function readStoredNeurons(
  state: ChainState,
  netuid: number,
): Promise<NamedNeurons> {
  const what = `for the neurons of subnet ${netuid}`;
  const items = Object.keys(EPOCH_COLUMNS).map((item): [string, Entry] => [item, [item, netuid]]);
  const entries = { count: ["subnetworkN", netuid] as Entry, ...Object.fromEntries(items) };
  const { count, ...columns } = parseAnswer(COLUMNS, await state.readNamed(entries), what);
  const uids = Array.from({ length: count }, (_, uid) => uid);
  const keys = await state.read(uids.map((uid): Entry => ["keys", netuid, uid]));
  const hotkeys = parseAnswer(ADDRESSES, keys, what);
  const [name, owners, axons, stakes, registrations] = await Promise.all([
    readSubnetName(state, netuid),
    state.read(hotkeys.map((hotkey): Entry => ["owner", hotkey])),
    state.read(hotkeys.map((hotkey): Entry => ["axons", netuid, hotkey])),
    readStakeWeights(state, netuid, hotkeys),
    readRegistrationBlocks(state, netuid, uids),
  ]);
  const coldkeys = parseAnswer(ADDRESSES, owners, what);
  const served = parseAnswer(v.array(AXON), axons, what);
  const identities = hotkeys.map((hotkey, uid) => ({
    hotkey,
    coldkey: coldkeys[uid],
    axon: served[uid],
    registeredAt: registrations[uid],
    ...stakes[uid],
  }));
  return { name, neurons: neuronsOf(identities, columns) };
}

/** The name that a subnet's owner gave to it; empty if none. */
export async function readSubnetName(state: ChainState, netuid: number): Promise<string> {
  const entries = IDENTITY_ITEMS.map((item): Entry => [item, netuid]);
  const identities = parseAnswer(IDENTITIES, await state.read(entries), "for a subnet's name");
  return identities.map((identity) => identity?.subnetName ?? "").find((name) => name !== "") ?? "";
}

/** The blocks in which neurons were registered; undefined where the runtime does not tell. */
export async function readRegistrationBlocks(
  state: ChainState,
  netuid: number,
  uids: readonly number[],
): Promise<(number | undefined)[]> {
  const entries = uids.map((uid): Entry => ["blockAtRegistration", netuid, uid]);
  const blocks = await state.read(entries);
  return parseAnswer(v.array(v.optional(COUNT)), blocks, "for the blocks of registrations");
}

/**
 * Slots of a subnet: who has which uid, and who makes room for a newcomer.
 *
 * @module
 */

import type { NeuronRecord, Subnet } from "./records.ts";
import { refusal } from "./refusal.ts";
import type { LedgerState } from "./state.ts";

/** The key of a neuron and of its weights and bonds. */
export function uidKey(netuid: number, uid: number): string {
  return `${netuid}/${uid}`;
}

/** The key of a hotkey in a subnet. */
export function hotkeyKey(netuid: number, hotkey: string): string {
  return `${netuid}/${hotkey}`;
}

/** All neurons of a subnet, by uid. */
export function neuronsOf(state: LedgerState, netuid: number): NeuronRecord[] {
  return state.neurons.entries(`${netuid}/`).map(([, neuron]) => neuron)
    .sort((a, b) => a.uid - b.uid);
}

/** The neuron of a hotkey, or undefined if it is not registered. */
export function neuronOf(
  state: LedgerState,
  netuid: number,
  hotkey: string,
): NeuronRecord | undefined {
  const uid = state.uids.get(hotkeyKey(netuid, hotkey));
  return uid === undefined ? undefined : state.neurons.get(uidKey(netuid, uid));
}

/**
 * Binds a hotkey that the ledger never met to a coldkey.
 *
 * @throws {WeftError} if it belongs to another
 */
export function bindHotkey(state: LedgerState, hotkey: string, coldkey: string): void {
  const owner = state.owners.get(hotkey);
  if (owner === undefined) state.owners.put(hotkey, coldkey);
  else if (owner !== coldkey) {
    throw refusal(
      "NonAssociatedColdKey",
      `the hotkey ${hotkey} belongs to another coldkey, ${owner}`,
    );
  }
}

/**
 * Gives a hotkey a slot: the next one, or that of a neuron that must go. The caller keeps the
 * subnet, whose count of neurons may have changed.
 *
 * @returns its uid
 * @throws {WeftError} if the subnet is full and all in it are safe
 */
export function takeSlot(
  state: LedgerState,
  subnet: Subnet,
  hotkey: string,
  coldkey: string,
): number {
  if (subnet.neuronCount < subnet.rules.maxNeuronCount) {
    const uid = subnet.neuronCount++;
    putNewNeuron(state, subnet.netuid, uid, hotkey, coldkey);
    return uid;
  }
  const leaving = neuronToReplace(neuronsOf(state, subnet.netuid), subnet, state.block);
  if (!leaving) {
    throw refusal(
      "NoNeuronIdAvailable",
      `subnet ${subnet.netuid} is full, and none of its ${subnet.neuronCount} neurons may be ` +
        "replaced yet: wait until one's immunity ends",
    );
  }
  return replaceNeuron(state, subnet, leaving, hotkey, coldkey);
}

/**
 * Who goes next, as Subtensor's `get_neuron_to_prune` chooses: the least emission, then the earliest
 * registration, then the lowest uid. The owner's own neuron never goes.
 */
export function neuronToReplace(
  neurons: readonly NeuronRecord[],
  subnet: Subnet,
  block: number,
): NeuronRecord | undefined {
  const { immunityBlocks, minNonImmuneCount, replacesImmune } = subnet.rules;
  const safe = ownersNeuron(neurons, subnet);
  const candidates = neurons.filter((neuron) => neuron !== safe).sort(byUrgency);
  const isImmune = (neuron: NeuronRecord) => block - neuron.registeredAt < immunityBlocks;
  const free = candidates.filter((neuron) => !isImmune(neuron));
  if (free.length > minNonImmuneCount) return free[0];
  return replacesImmune ? candidates.find(isImmune) : undefined;
}

/** The owner's hotkey, else the first that the owner's coldkey has registered. */
function ownersNeuron(
  neurons: readonly NeuronRecord[],
  { ownerColdkey, ownerHotkey }: Subnet,
): NeuronRecord | undefined {
  return neurons.find((neuron) => neuron.hotkey === ownerHotkey) ??
    neurons.filter((neuron) => neuron.coldkey === ownerColdkey)
      .sort((a, b) => a.registeredAt - b.registeredAt || a.uid - b.uid)[0];
}

function byUrgency(a: NeuronRecord, b: NeuronRecord): number {
  if (a.emissionRao !== b.emissionRao) return a.emissionRao < b.emissionRao ? -1 : 1;
  return a.registeredAt - b.registeredAt || a.uid - b.uid;
}

/** Puts a newcomer under the uid, and takes away all that was set by the old neuron or for it. */
function replaceNeuron(
  state: LedgerState,
  { netuid }: Subnet,
  leaving: NeuronRecord,
  hotkey: string,
  coldkey: string,
): number {
  const { uid } = leaving;
  state.uids.delete(hotkeyKey(netuid, leaving.hotkey));
  state.commits.delete(hotkeyKey(netuid, leaving.hotkey));
  state.weights.delete(uidKey(netuid, uid));
  state.bonds.delete(uidKey(netuid, uid));
  for (const [key, row] of state.weights.entries(`${netuid}/`)) {
    const place = row.uids.indexOf(uid);
    if (place < 0) continue;
    row.values[place] = 0;
    state.weights.put(key, row);
  }
  putNewNeuron(state, netuid, uid, hotkey, coldkey);
  return uid;
}

function putNewNeuron(
  state: LedgerState,
  netuid: number,
  uid: number,
  hotkey: string,
  coldkey: string,
): void {
  state.uids.put(hotkeyKey(netuid, hotkey), uid);
  state.neurons.put(uidKey(netuid, uid), {
    uid,
    hotkey,
    coldkey,
    registeredAt: state.block,
    lastUpdate: state.block,
    active: true,
    validatorPermit: false,
    emissionRao: 0n,
    rank: 0,
    trust: 0,
    consensus: 0,
    incentive: 0,
    dividends: 0,
    validatorTrust: 0,
  });
}

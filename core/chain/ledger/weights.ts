/**
 * Setting weights.
 *
 * Source: Subtensor spec 425, `internal_set_weights`. The checks come in the same order.
 *
 * @module
 */

import { formatTao } from "../amounts.ts";
import type { Weights } from "../chain.ts";
import { MAX_WEIGHT } from "../weights_emission.ts";
import { neuronOf, uidKey } from "./neurons.ts";
import type { NeuronRecord, Subnet } from "./records.ts";
import { misuse, refusal } from "./refusal.ts";
import { ROOT_NETUID, stakeWeightOf } from "./stakes.ts";
import type { LedgerState } from "./state.ts";
import { existingSubnet } from "./subnets.ts";

/** Sets the weights of a hotkey, in the open. */
export function setWeights(state: LedgerState, hotkey: string, weights: Weights): void {
  const subnet = checkShape(state, weights);
  if (subnet.rules.commitRevealEnabled) {
    throw refusal(
      "CommitRevealEnabled",
      `subnet ${subnet.netuid} takes no open weights: commit to them, and reveal them later`,
    );
  }
  const neuron = registeredValidator(state, subnet, hotkey);
  checkVersion(subnet, weights.versionKey);
  checkWeightsRate(state, subnet, neuron, "SettingWeightsTooFast");
  putWeights(state, subnet, { ...neuron, lastUpdate: state.block }, weights);
}

/** Sets weights that were committed to. Their time was that of the commit. */
export function setRevealedWeights(state: LedgerState, hotkey: string, weights: Weights): void {
  const subnet = checkShape(state, weights);
  const neuron = registeredValidator(state, subnet, hotkey);
  checkVersion(subnet, weights.versionKey);
  putWeights(state, subnet, neuron, weights);
}

/** The neuron of a hotkey that has the stake that weights take. */
export function registeredValidator(
  state: LedgerState,
  subnet: Subnet,
  hotkey: string,
): NeuronRecord {
  const neuron = neuronOf(state, subnet.netuid, hotkey);
  if (!neuron) {
    throw refusal(
      "HotKeyNotRegisteredInSubNet",
      `the hotkey ${hotkey} is not registered on subnet ${subnet.netuid}: register it first`,
    );
  }
  const threshold = subnet.rules.stakeThresholdRao;
  const stake = stakeWeightOf(state, subnet.netuid, hotkey);
  if (hotkey === subnet.ownerHotkey || stake >= threshold) return neuron;
  throw refusal(
    "NotEnoughStakeToSetWeights",
    `setting weights on subnet ${subnet.netuid} takes a stake of ${formatTao(threshold)}, ` +
      `and this hotkey has ${formatTao(stake)}`,
  );
}

/** @throws {WeftError} if the neuron's last weights are too young */
export function checkWeightsRate(
  state: LedgerState,
  { netuid, rules }: Subnet,
  neuron: NeuronRecord,
  errorName: string,
): void {
  const limit = rules.weightsRateLimitBlocks;
  // As on the chain, a registration counts as an update.
  if (state.block - neuron.lastUpdate >= limit) return;
  const wait = neuron.lastUpdate + limit - state.block;
  throw refusal(
    errorName,
    `subnet ${netuid} takes weights every ${limit} blocks, counted from registration: ` +
      `wait ${wait} more`,
  );
}

function checkShape(state: LedgerState, { netuid, uids, values }: Weights): Subnet {
  if (netuid === ROOT_NETUID) {
    throw misuse("CanNotSetRootNetworkWeights", "the root subnet takes no weights");
  }
  if (uids.length !== values.length) {
    throw misuse(
      "WeightVecNotEqualSize",
      `${uids.length} uids with ${values.length} weights: give one for each uid`,
    );
  }
  const subnet = existingSubnet(state, netuid);
  if (uids.length > subnet.neuronCount) {
    throw refusal(
      "UidsLengthExceedUidsInSubNet",
      `${uids.length} weights, and subnet ${netuid} has ${subnet.neuronCount} neurons`,
    );
  }
  return subnet;
}

function checkVersion({ netuid, rules }: Subnet, versionKey: bigint): void {
  if (versionKey >= rules.weightsVersionKey) return;
  throw refusal(
    "IncorrectWeightVersionKey",
    `subnet ${netuid} takes weights of version ${rules.weightsVersionKey} on, ` +
      `these are of ${versionKey}: update the validator`,
  );
}

function putWeights(
  state: LedgerState,
  subnet: Subnet,
  neuron: NeuronRecord,
  { uids, values }: Weights,
): void {
  const { netuid } = subnet;
  const isSelfWeight = uids.length === 1 && uids[0] === neuron.uid;
  if (!isSelfWeight && !neuron.validatorPermit && neuron.hotkey !== subnet.ownerHotkey) {
    throw refusal(
      "NeuronNoValidatorPermit",
      `uid ${neuron.uid} has no validator permit on subnet ${netuid}: stake more, and wait for ` +
        "the next epoch",
    );
  }
  checkUids(subnet, uids);
  const least = Math.min(subnet.rules.minAllowedWeights, subnet.neuronCount);
  if (!isSelfWeight && uids.length < least) {
    throw refusal(
      "WeightVecLengthIsLow",
      `subnet ${netuid} takes at least ${least} weights at once, these are ${uids.length}`,
    );
  }
  state.weights.put(uidKey(netuid, neuron.uid), { uids: [...uids], values: upscaled(values) });
  state.neurons.put(uidKey(netuid, neuron.uid), neuron);
}

function checkUids({ netuid, neuronCount }: Subnet, uids: readonly number[]): void {
  const twice = uids.find((uid, i) => uids.indexOf(uid) !== i);
  if (twice !== undefined) throw refusal("DuplicateUids", `uid ${twice} has two weights`);
  const unknown = uids.find((uid) => uid >= neuronCount);
  if (unknown === undefined) return;
  throw refusal("UidVecContainInvalidOne", `subnet ${netuid} has no uid ${unknown}`);
}

/** Scaled so that the largest is 65535. */
function upscaled(values: readonly number[]): number[] {
  const largest = values.reduce((a, b) => Math.max(a, b), 0);
  if (largest === 0) return [...values];
  return values.map((value) => Math.round(value * MAX_WEIGHT / largest));
}

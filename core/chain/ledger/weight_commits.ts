/**
 * Weights that are committed to by their hash and shown an epoch or more later, so that no one can
 * copy them.
 *
 * Source: Subtensor spec 425, `internal_commit_weights` and `internal_reveal_weights`.
 *
 * @module
 */

import type { SaltedWeights } from "../chain.ts";
import { weightsCommitHash } from "../weights_commit.ts";
import { asHex } from "./block_time.ts";
import { hotkeyKey, uidKey } from "./neurons.ts";
import type { Subnet, WeightCommits } from "./records.ts";
import { refusal } from "./refusal.ts";
import type { LedgerState } from "./state.ts";
import { existingSubnet } from "./subnets.ts";
import { checkWeightsRate, registeredValidator, setRevealedWeights } from "./weights.ts";

/** So many commits of a hotkey may wait to be revealed. */
const MAX_WAITING = 10;

/**
 * Notes down that a hotkey will show weights of this hash.
 *
 * @param commitHash 0x and 64 digits
 */
export function commitWeights(
  state: LedgerState,
  hotkey: string,
  netuid: number,
  commitHash: string,
): void {
  const subnet = commitRevealSubnet(state, netuid);
  const neuron = registeredValidator(state, subnet, hotkey);
  checkWeightsRate(state, subnet, neuron, "CommittingWeightsTooFast");
  const key = hotkeyKey(netuid, hotkey);
  const waiting = unexpired(state.commits.get(key) ?? [], subnet);
  if (waiting.length >= MAX_WAITING) {
    throw refusal(
      "TooManyUnrevealedCommits",
      `${waiting.length} commits of this hotkey wait to be revealed on subnet ${netuid}: ` +
        "reveal them first",
    );
  }
  waiting.push({ hash: commitHash, epoch: subnet.epochIndex, block: state.block });
  state.commits.put(key, waiting);
  state.neurons.put(uidKey(netuid, neuron.uid), { ...neuron, lastUpdate: state.block });
}

/**
 * Shows weights that were committed to. Older commits of the hotkey are dropped.
 *
 * @param publicKey the hotkey's, 32 bytes
 */
export function revealWeights(
  state: LedgerState,
  hotkey: string,
  publicKey: Uint8Array,
  weights: SaltedWeights,
): void {
  const { netuid } = weights;
  const subnet = commitRevealSubnet(state, netuid);
  const key = hotkeyKey(netuid, hotkey);
  const all = state.commits.get(key) ?? [];
  const waiting = unexpired(all, subnet);
  const hash = asHex(weightsCommitHash(publicKey, weights));
  const place = waiting.findIndex((commit) => commit.hash === hash);
  if (place < 0) throw notWaiting(all, waiting, hash);
  const revealEpoch = waiting[place].epoch + subnet.rules.revealPeriodEpochs;
  if (subnet.epochIndex !== revealEpoch) {
    throw refusal(
      "RevealTooEarly",
      `these weights may be revealed in epoch ${revealEpoch} of subnet ${netuid}, ` +
        `and it is in epoch ${subnet.epochIndex}`,
    );
  }
  const later = waiting.slice(place + 1);
  if (later.length === 0) state.commits.delete(key);
  else state.commits.put(key, later);
  setRevealedWeights(state, hotkey, weights);
}

/** Commits that can still be revealed. */
export function unexpired(commits: WeightCommits, { epochIndex, rules }: Subnet): WeightCommits {
  return commits.filter((commit) => epochIndex <= commit.epoch + rules.revealPeriodEpochs);
}

function commitRevealSubnet(state: LedgerState, netuid: number): Subnet {
  const subnet = existingSubnet(state, netuid);
  if (subnet.rules.commitRevealEnabled) return subnet;
  throw refusal(
    "CommitRevealDisabled",
    `subnet ${netuid} takes weights in the open: set them without a commit`,
  );
}

function notWaiting(all: WeightCommits, waiting: WeightCommits, hash: string): Error {
  if (all.some((commit) => commit.hash === hash)) {
    return refusal("ExpiredWeightCommit", "the time to reveal these weights is over");
  }
  return waiting.length === 0
    ? refusal("NoWeightsCommitFound", "this hotkey has committed to no weights here")
    : refusal(
      "InvalidRevealCommitHashNotMatch",
      "this hotkey has committed to other weights: uids, values, salt and version must be the same",
    );
}

/**
 * Epochs: every tempo, weights and stake become emission.
 *
 * What no one earned is not issued. What miners earn under a hotkey of the subnet's owner is
 * destroyed. TAO on root counts as stake but earns its stakers nothing.
 *
 * @module
 */

import { divided, dividedBy, eighteenPercent, epochPots } from "./emission.ts";
import { neuronsOf, uidKey } from "./neurons.ts";
import type { NeuronRecord, SparseRow, Subnet, WeightCommits } from "./records.ts";
import {
  hotkeyStakeRao,
  ROOT_NETUID,
  type StakeBook,
  stakeBook,
  stakeKey,
  stakeWeightRao,
} from "./stakes.ts";
import type { LedgerState } from "./state.ts";
import type { Table } from "./table.ts";
import { unexpired } from "./weight_commits.ts";
import { asU16, runYuma, U16_ONE, type YumaResult } from "./yuma.ts";

const MILLION = 1_000_000;
const NO_ROW: SparseRow = { uids: [], values: [] };

/** Runs all epochs that are due in all subnets, as if each had run in its block. */
export function runDueEpochs(state: LedgerState): void {
  for (const [key, subnet] of state.subnets.entries()) {
    if (dueEpochs(subnet, state.block) === 0) continue;
    const run = new SubnetEpochs(state, subnet);
    run.runAll();
    run.save();
    state.subnets.put(key, subnet);
  }
}

function dueEpochs({ rules, lastEpochBlock }: Subnet, block: number): number {
  if (rules.tempoBlocks === 0) return 0;
  return Math.floor((block - lastEpochBlock) / rules.tempoBlocks);
}

/** A subnet in memory while its epochs run. */
class SubnetEpochs {
  readonly #state: LedgerState;
  readonly #subnet: Subnet;
  readonly #neurons: NeuronRecord[];
  readonly #weights: readonly SparseRow[];
  #bonds: readonly SparseRow[];
  readonly #stakes: StakeBook;
  /** By uid. */
  readonly #rootStakesRao: readonly bigint[];
  /** By hotkey. */
  readonly #commits: ReadonlyMap<string, WeightCommits>;

  constructor(state: LedgerState, subnet: Subnet) {
    const { netuid } = subnet;
    this.#state = state;
    this.#subnet = subnet;
    this.#neurons = neuronsOf(state, netuid);
    this.#weights = this.#rows(state.weights);
    this.#bonds = this.#rows(state.bonds);
    this.#stakes = stakeBook(state, netuid);
    const rootStakes = stakeBook(state, ROOT_NETUID);
    this.#rootStakesRao = this.#neurons.map(({ hotkey }) => hotkeyStakeRao(rootStakes, hotkey));
    this.#commits = new Map(
      state.commits.entries(`${netuid}/`).map(([key, commits]) => [key.split("/")[1], commits]),
    );
  }

  runAll(): void {
    const { rules } = this.#subnet;
    let due = dueEpochs(this.#subnet, this.#state.block);
    while (due > 0) {
      const isIdle = this.#runOne();
      due--;
      if (!isIdle || due < 2) continue;
      // No one has stake and no one gets any, so until someone calls nothing changes but who counts
      // as active, and that the last epoch finds out alone.
      this.#subnet.epochIndex += due - 1;
      this.#subnet.lastEpochBlock += (due - 1) * rules.tempoBlocks;
      due = 1;
    }
  }

  save(): void {
    const { netuid } = this.#subnet;
    this.#neurons.forEach((neuron, uid) => {
      const key = uidKey(netuid, uid);
      this.#state.neurons.put(key, neuron);
      if (this.#bonds[uid].uids.length === 0) this.#state.bonds.delete(key);
      else this.#state.bonds.put(key, this.#bonds[uid]);
    });
    for (const [hotkey, positions] of this.#stakes) {
      for (const [coldkey, amountRao] of positions) {
        this.#state.stakes.put(stakeKey(netuid, hotkey, coldkey), amountRao);
      }
    }
  }

  #rows(table: Table<SparseRow>): SparseRow[] {
    const { netuid } = this.#subnet;
    const rows = new Map(table.entries(`${netuid}/`));
    return this.#neurons.map(({ uid }) => rows.get(uidKey(netuid, uid)) ?? NO_ROW);
  }

  /** Runs the next epoch; true if no stake was there and nothing was issued. */
  #runOne(): boolean {
    const subnet = this.#subnet;
    const previousBlock = subnet.lastEpochBlock;
    const block = previousBlock + subnet.rules.tempoBlocks;
    subnet.lastEpochBlock = block;
    subnet.epochIndex++;
    const result = this.#consensus(block, previousBlock);
    this.#bonds = result.bonds;
    const issued = this.#pay(result);
    return issued === 0n && result.validatorShares.every((share) => share === 0);
  }

  #consensus(block: number, previousBlock: number): YumaResult {
    const { rules, ownerHotkey } = this.#subnet;
    const neurons = this.#neurons;
    const owner = neurons.findIndex(({ hotkey }) => hotkey === ownerHotkey);
    const ownerUid = owner < 0 ? undefined : owner;
    return runYuma({
      block,
      previousBlock,
      ownerUid,
      stakes: neurons.map(({ uid, hotkey }) => {
        const alphaRao = hotkeyStakeRao(this.#stakes, hotkey);
        const stake = stakeWeightRao(alphaRao, this.#rootStakesRao[uid]);
        return uid === ownerUid || stake >= rules.stakeThresholdRao ? Number(stake) : 0;
      }),
      permits: neurons.map((neuron) => neuron.validatorPermit),
      lastUpdates: neurons.map((neuron) => neuron.lastUpdate),
      registeredAt: neurons.map((neuron) => neuron.registeredAt),
      waitingCommits: neurons.map(({ hotkey }) => {
        if (!rules.commitRevealEnabled) return undefined;
        return unexpired(this.#commits.get(hotkey) ?? [], this.#subnet).at(0)?.block;
      }),
      weights: this.#weights,
      bonds: this.#bonds,
      activityCutoffBlocks: rules.activityCutoffBlocks,
      maxValidatorCount: rules.maxValidatorCount,
      kappa: rules.kappa / U16_ONE,
      bondsPenalty: rules.bondsPenalty / U16_ONE,
      bondsKept: rules.bondsKeptMillionths / MILLION,
    });
  }

  /** Pays what was earned and returns what was issued. */
  #pay(result: YumaResult): bigint {
    const { emittedRao, rules } = this.#subnet;
    const { ownerRao, minersRao, validatorsRao } = epochPots(emittedRao, rules.tempoBlocks, rules);
    const toOwner = this.#payOwner(ownerRao);
    const isWeighed = result.incentives.some((share) => share > 0);
    const incentives = divided(minersRao, result.incentives);
    const dividends = divided(
      isWeighed ? validatorsRao : validatorsRao + minersRao,
      result.validatorShares,
    );
    this.#neurons.forEach((neuron, uid) => {
      noteShares(neuron, result, uid);
      neuron.emissionRao = incentives[uid] + dividends[uid];
      this.#payMiner(neuron, incentives[uid]);
      this.#payStakers(neuron, dividends[uid]);
    });
    const issued = [...incentives, ...dividends].reduce((sum, amount) => sum + amount, toOwner);
    this.#subnet.emittedRao += issued;
    this.#state.header.issuedRao += issued;
    return issued;
  }

  #payOwner(amountRao: bigint): bigint {
    const { ownerHotkey, ownerColdkey } = this.#subnet;
    if (ownerHotkey === undefined || ownerColdkey === undefined) return 0n;
    this.#addStake(ownerHotkey, ownerColdkey, amountRao);
    return amountRao;
  }

  #payMiner({ hotkey, coldkey }: NeuronRecord, amountRao: bigint): void {
    const { ownerHotkey, ownerColdkey } = this.#subnet;
    if (hotkey === ownerHotkey || coldkey === ownerColdkey) {
      this.#state.header.burnedRao += amountRao;
    } else {
      this.#addStake(hotkey, coldkey, amountRao);
    }
  }

  /** A take for the validator's owner, the rest to all who staked on it, by their stake. */
  #payStakers({ hotkey, coldkey }: NeuronRecord, amountRao: bigint): void {
    if (amountRao === 0n) return;
    const positions = [...this.#stakes.get(hotkey) ?? []];
    const forAll = amountRao - eighteenPercent(amountRao);
    const parts = dividedBy(forAll, positions.map(([, staked]) => staked));
    positions.forEach(([staker], i) => this.#addStake(hotkey, staker, parts[i]));
    // With the take goes what rounding left over.
    this.#addStake(hotkey, coldkey, parts.reduce((left, part) => left - part, amountRao));
  }

  #addStake(hotkey: string, coldkey: string, amountRao: bigint): void {
    if (amountRao === 0n) return;
    const positions = this.#stakes.get(hotkey) ?? new Map<string, bigint>();
    positions.set(coldkey, (positions.get(coldkey) ?? 0n) + amountRao);
    this.#stakes.set(hotkey, positions);
  }
}

/** Notes down what an epoch found out about a neuron. */
function noteShares(neuron: NeuronRecord, result: YumaResult, uid: number): void {
  neuron.active = result.active[uid];
  neuron.validatorPermit = result.permits[uid];
  neuron.rank = asU16(result.incentives[uid]);
  neuron.trust = asU16(result.trust[uid]);
  neuron.consensus = asU16(result.consensus[uid]);
  neuron.incentive = asU16(result.incentives[uid]);
  neuron.dividends = asU16(result.dividends[uid]);
  neuron.validatorTrust = asU16(result.validatorTrust[uid]);
}

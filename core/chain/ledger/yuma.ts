/**
 * Yuma consensus: from validators' weights and stake to what everyone earned.
 *
 * Each miner's weight is clipped to what a majority of the stake stands behind, so that a validator
 * cannot favour a miner alone. Miners earn by their clipped, stake-weighted weight; validators by
 * bonds, a moving average of how early and how much they stood behind the miners that now earn.
 *
 * Source: "Bittensor: A Peer-to-Peer Intelligence Market" (Rao, Steeves, Shaabana), and Subtensor
 * spec 425, `epoch_mechanism` with Yuma3 and liquid alpha off. Subtensor counts in fixed point
 * with 32 binary digits behind the point, this in f64: shares may differ in the ninth digit.
 *
 * @module
 */

import {
  columnNormalised,
  columnUpscaled,
  denseRows,
  majorityColumns,
  mapMatrix,
  type Matrix,
  mixed,
  normalised,
  rowNormalised,
  rowSums,
  weightedColumnSums,
  weightedRowSums,
} from "./matrix.ts";
import type { SparseRow } from "./records.ts";

/** The chain's 1 in shares of 16 bits. */
export const U16_ONE = 65_535;

/** What an epoch looks at. All lists are (N,), by uid. */
export interface YumaInput {
  /** The epoch's block, and that of the epoch before. */
  readonly block: number;
  readonly previousBlock: number;
  /** Stake by weight, in any unit; 0 where it is below the threshold. */
  readonly stakes: readonly number[];
  /** Who could set weights since the epoch before. */
  readonly permits: readonly boolean[];
  readonly lastUpdates: readonly number[];
  readonly registeredAt: readonly number[];
  /** The block of the oldest commit that waits to be revealed. */
  readonly waitingCommits: readonly (number | undefined)[];
  /** Values from 0 to 65535, rows in any scale. */
  readonly weights: readonly SparseRow[];
  /** Values from 0 to 65535, columns in any scale. */
  readonly bonds: readonly SparseRow[];
  /** Keeps its weight for itself, its permit and its stake below the threshold. */
  readonly ownerUid: number | undefined;
  readonly activityCutoffBlocks: number;
  readonly maxValidatorCount: number;
  /** From 0 to 1. */
  readonly kappa: number;
  /** From 0 to 1. */
  readonly bondsPenalty: number;
  /** From 0 to 1. */
  readonly bondsKept: number;
}

/** What an epoch finds. All lists are (N,), by uid; shares are from 0 to 1. */
export interface YumaResult {
  readonly active: boolean[];
  /** Who may set weights from now on. */
  readonly permits: boolean[];
  readonly consensus: number[];
  /** How much of a validator's weights the consensus left standing. */
  readonly validatorTrust: number[];
  /** How much of a miner's rank the consensus left standing. */
  readonly trust: number[];
  /** Sums to 1, or is all 0. */
  readonly incentives: number[];
  /** Sums to 1, or is all 0. */
  readonly dividends: number[];
  /** What validators are paid by: dividends; their stake where nothing was weighed. */
  readonly validatorShares: number[];
  /** Values from 0 to 65535, each column's largest 65535. */
  readonly bonds: SparseRow[];
}

/** One epoch. */
export function runYuma(input: YumaInput): YumaResult {
  const stakes = normalised(input.stakes);
  const active = input.lastUpdates.map((at) => at + input.activityCutoffBlocks >= input.block);
  const permits = withOwner(largestStakes(stakes, input.maxValidatorCount), input.ownerUid);
  const mayWeigh = withOwner(input.permits, input.ownerUid);
  const activeStakes = normalised(
    stakes.map((stake, i) => active[i] && mayWeigh[i] ? stake : 0),
  );
  if (isZero(activeStakes)) return unweighed(input, active, permits, stakes);
  const weights = standingWeights(input, mayWeigh);
  const consensus = majorityColumns(weights, activeStakes, input.kappa);
  const clipped = mapMatrix(weights, (value, _i, j) => Math.min(value, consensus[j]));
  const ranks = weightedColumnSums(clipped, activeStakes);
  const unclippedRanks = weightedColumnSums(weights, activeStakes);
  const incentives = normalised(ranks);

  const bonds = movedBonds(input, mixed(clipped, weights, input.bondsPenalty), activeStakes);
  const dividends = normalised(weightedRowSums(bonds, incentives));
  return {
    active,
    permits,
    consensus,
    validatorTrust: rowSums(clipped),
    trust: ranks.map((rank, j) => unclippedRanks[j] === 0 ? 0 : rank / unclippedRanks[j]),
    incentives,
    dividends,
    validatorShares: isZero(incentives) && isZero(dividends) ? activeStakes : dividends,
    bonds: keptBonds(bonds, permits),
  };
}

/** An epoch in which no one has a say: by their stake, validators are paid all the same. */
function unweighed(
  input: YumaInput,
  active: boolean[],
  permits: boolean[],
  stakes: readonly number[],
): YumaResult {
  const none = (): number[] => stakes.map(() => 0);
  const came = input.registeredAt.map((at) => at > input.previousBlock);
  return {
    active,
    permits,
    consensus: none(),
    validatorTrust: none(),
    trust: none(),
    incentives: none(),
    dividends: none(),
    validatorShares: [...stakes],
    bonds: input.bonds.map((row, i) => {
      if (!permits[i]) return { uids: [], values: [] };
      return came.includes(true) ? withoutUids(row, came) : row;
    }),
  };
}

function withoutUids({ uids, values }: SparseRow, isGone: readonly boolean[]): SparseRow {
  const stays = (_: number, place: number): boolean => !isGone[uids[place]];
  return { uids: uids.filter(stays), values: values.filter(stays) };
}

/** Weights that count, each row summing to 1 or empty. */
function standingWeights(input: YumaInput, mayWeigh: readonly boolean[]): Matrix {
  const { lastUpdates, registeredAt, waitingCommits, ownerUid } = input;
  const permitted = input.weights.map((row, i) => mayWeigh[i] ? row : { uids: [], values: [] });
  return rowNormalised(
    mapMatrix(denseRows(permitted, permitted.length), (value, i, j) => {
      const isOwnSelfWeight = i === j && i !== ownerUid;
      // Set before the neuron came that has the uid now: meant for another.
      const isOutdated = lastUpdates[i] <= registeredAt[j] ||
        (waitingCommits[i] ?? Infinity) < registeredAt[j];
      return isOwnSelfWeight || isOutdated ? 0 : value;
    }),
  );
}

/** Bonds moved towards the stake that now stands behind each miner; each column sums to 1 or is 0. */
function movedBonds(input: YumaInput, weights: Matrix, activeStakes: readonly number[]): Matrix {
  const { previousBlock, registeredAt, bonds, bondsKept } = input;
  const before = columnNormalised(
    // Bonds with a neuron that came since are bonds with the one before it.
    mapMatrix(
      denseRows(bonds, bonds.length),
      (value, _i, j) => registeredAt[j] > previousBlock ? 0 : value,
    ),
  );
  const now = columnNormalised(mapMatrix(weights, (value, i) => value * activeStakes[i]));
  return columnNormalised(mixed(before, now, bondsKept));
}

function keptBonds(bonds: Matrix, permits: readonly boolean[]): SparseRow[] {
  return columnUpscaled(bonds).map((row, i) => {
    const kept: SparseRow = { uids: [], values: [] };
    if (!permits[i]) return kept;
    row?.forEach((value, j) => {
      // Rounded to the nearest, so that bonds that do not move stay as they are.
      const bond = Math.round(value * U16_ONE);
      if (bond === 0) return;
      kept.uids.push(j);
      kept.values.push(bond);
    });
    return kept;
  });
}

/** Who is among the largest stakes; of equal ones the higher uid, as Subtensor sorts them. */
function largestStakes(stakes: readonly number[], count: number): boolean[] {
  const left = stakes.map((_, uid) => uid).sort((a, b) => stakes[a] - stakes[b])
    .slice(0, Math.max(0, stakes.length - count));
  const isLeft = new Set(left);
  return stakes.map((stake, uid) => stake !== 0 && !isLeft.has(uid));
}

function withOwner(permits: readonly boolean[], ownerUid: number | undefined): boolean[] {
  return permits.map((permit, uid) => permit || uid === ownerUid);
}

/** A share from 0 to 1 as the chain keeps it, rounded down. */
export function asU16(share: number): number {
  return Math.min(U16_ONE, Math.floor(share * U16_ONE));
}

function isZero(list: readonly number[]): boolean {
  return list.every((value) => value === 0);
}

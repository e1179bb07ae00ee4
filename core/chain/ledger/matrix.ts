/**
 * Small matrices of an epoch: one row for each neuron, of which most are empty.
 *
 * @module
 */

import type { SparseRow } from "./records.ts";

/** Rows of (N,) f64; an undefined row is all zeros. */
export type Matrix = readonly (Float64Array | undefined)[];

/** Rows written out to `size` columns; those without an entry stay undefined. */
export function denseRows(rows: readonly SparseRow[], size: number): Matrix {
  return rows.map(({ uids, values }) => {
    if (uids.length === 0) return undefined;
    const row = new Float64Array(size);
    uids.forEach((uid, i) => {
      if (uid < size) row[uid] = values[i];
    });
    return row;
  });
}

/** Each element replaced. */
export function mapMatrix(
  matrix: Matrix,
  change: (value: number, row: number, column: number) => number,
): Matrix {
  return matrix.map((row, i) => {
    if (!row) return undefined;
    const changed = new Float64Array(row.length);
    for (let j = 0; j < row.length; j++) changed[j] = change(row[j], i, j);
    return changed;
  });
}

/** The vector divided by its sum; as it is where that is 0. */
export function normalised(vector: readonly number[]): number[] {
  const sum = vector.reduce((a, b) => a + b, 0);
  return sum === 0 ? [...vector] : vector.map((value) => value / sum);
}

/** Each row divided by its sum. */
export function rowNormalised(matrix: Matrix): Matrix {
  const sums = rowSums(matrix);
  return mapMatrix(matrix, (value, i) => sums[i] === 0 ? value : value / sums[i]);
}

/** Each column divided by its sum. */
export function columnNormalised(matrix: Matrix): Matrix {
  const sums = weightedColumnSums(matrix, matrix.map(() => 1));
  return mapMatrix(matrix, (value, _i, j) => sums[j] === 0 ? value : value / sums[j]);
}

/** Each column divided by its largest element. */
export function columnUpscaled(matrix: Matrix): Matrix {
  const largest: number[] = matrix.map(() => 0);
  for (const row of matrix) {
    for (let j = 0; row && j < row.length; j++) largest[j] = Math.max(largest[j], row[j]);
  }
  return mapMatrix(matrix, (value, _i, j) => largest[j] === 0 ? value : value / largest[j]);
}

/** (N,): the sum of each row. */
export function rowSums(matrix: Matrix): number[] {
  return weightedRowSums(matrix, matrix.map(() => 1));
}

/** (N,): for each column j the sum over i of `factors[i] * matrix[i][j]`. */
export function weightedColumnSums(matrix: Matrix, factors: readonly number[]): number[] {
  const sums: number[] = matrix.map(() => 0);
  matrix.forEach((row, i) => {
    for (let j = 0; row && j < row.length; j++) sums[j] += factors[i] * row[j];
  });
  return sums;
}

/** (N,): for each row i the sum over j of `matrix[i][j] * factors[j]`. */
export function weightedRowSums(matrix: Matrix, factors: readonly number[]): number[] {
  return matrix.map((row) => {
    let sum = 0;
    for (let j = 0; row && j < row.length; j++) sum += row[j] * factors[j];
    return sum;
  });
}

/**
 * `share * a + (1 - share) * b`, element by element.
 *
 * @param share from 0 to 1
 */
export function mixed(a: Matrix, b: Matrix, share: number): Matrix {
  return a.map((rowA, i) => {
    const rowB = b[i];
    if (!rowA) return rowB?.map((value) => (1 - share) * value);
    return rowA.map((value, j) => share * value + (rowB ? (1 - share) * rowB[j] : 0));
  });
}

/**
 * (N,): for each column the weight that a majority of the stake stands behind: the least value such
 * that those below it have at most `1 - majority` of the stake.
 *
 * @param stakes (N,), summing to 1; rows without stake have no say
 * @param majority from 0 to 1
 */
export function majorityColumns(
  matrix: Matrix,
  stakes: readonly number[],
  majority: number,
): number[] {
  const voters = stakes.flatMap((stake, i) => stake > 0 ? [{ stake, row: matrix[i] }] : []);
  const minority = voters.reduce((sum, { stake }) => sum + stake, 0) - majority;
  const values = new Float64Array(voters.length);
  const order = new Uint16Array(voters.length);
  return matrix.map((_, column) => {
    voters.forEach(({ row }, voter) => {
      values[voter] = row?.[column] ?? 0;
      order[voter] = voter;
    });
    order.sort((a, b) => values[a] - values[b]);
    let stake = 0;
    const decisive = order.find((voter) => (stake += voters[voter].stake) > minority) ??
      order.at(-1);
    return decisive === undefined ? 0 : values[decisive];
  });
}

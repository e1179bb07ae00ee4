/**
 * Compares a matrix product with the plain loops of core/reference, whole where it is small and on
 * rows and columns spread over all of it where it is large.
 *
 * @module
 */
import { matmul } from "../../reference/matmul.ts";
import { seededRandom } from "../../data/random.ts";
import type { ProductShape } from "./product.ts";

/** Multiplications and additions that one check may cost, about. */
const CHECK_WORK = 2 ** 23;

/**
 * Error allowed for each term of a sum. Rounding adds up to about K/4 half units in the last place
 * for values within (-1, 1), and 2^-22 a term is sixteen times that, in whatever order they come.
 */
const ERROR_PER_TERM = 2 ** -22;

/** Operands of a product. */
export interface Operands {
  /** As many values as the shape asks for, within (-1, 1). */
  a: Float32Array;
  b: Float32Array;
}

/** Repeatable operands of a product. */
export function operandsOf({ M, N, K }: ProductShape): Operands {
  const random = seededRandom(M + N + K);
  const values = (length: number): Float32Array =>
    Float32Array.from({ length }, () => 2 * random() - 1);
  return { a: values(M * K), b: values(K * N) };
}

/** Up to `most` of the numbers below `count`, spread evenly, the first and the last among them. */
export function spread(count: number, most: number): number[] {
  if (most >= count) return Array.from({ length: count }, (_, index) => index);
  return Array.from({ length: most }, (_, at) => Math.floor(at * (count - 1) / (most - 1)));
}

/**
 * Why y (M, N) is not the product, in one line; undefined if it is.
 */
export function wrongProduct(
  shape: ProductShape,
  { a, b }: Operands,
  y: Float32Array,
): string | undefined {
  const { M, N, K, transposeA, transposeB } = shape;
  if (y.length !== M * N) return `it has ${y.length} values, expected ${M} x ${N}`;
  const side = Math.max(2, Math.floor(Math.sqrt(CHECK_WORK / K)));
  const rows = spread(M, Math.max(side, Math.floor(CHECK_WORK / K / N)));
  const columns = spread(N, Math.max(side, Math.floor(CHECK_WORK / K / rows.length)));
  const expected = new Float32Array(rows.length * columns.length);
  const someA = gather(a, rows, K, transposeA ? [1, M] : [K, 1]);
  const someB = gather(b, columns, K, transposeB ? [K, 1] : [1, N]);
  matmul(expected, someA, someB, rows.length, columns.length, K, { transposeB: true });
  for (const [i, row] of rows.entries()) {
    for (const [j, column] of columns.entries()) {
      const want = expected[i * columns.length + j];
      const got = y[row * N + column];
      // Written so that NaN is wrong.
      if (!(Math.abs(got - want) <= K * ERROR_PER_TERM)) {
        return `row ${row}, column ${column} is ${got}, expected ${want}`;
      }
    }
  }
  return undefined;
}

/** The chosen vectors of length K, one after the other. */
function gather(
  from: Float32Array,
  chosen: readonly number[],
  K: number,
  [strideVector, strideK]: readonly [number, number],
): Float32Array {
  const out = new Float32Array(chosen.length * K);
  chosen.forEach((vector, at) => {
    for (let k = 0; k < K; k++) out[at * K + k] = from[vector * strideVector + k * strideK];
  });
  return out;
}

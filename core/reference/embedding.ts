/**
 * Token embedding: row `tokens[r]` of a table becomes row r of the activations.
 *
 * @module
 */

/**
 * `out[r, c] = weight[tokens[r], c]`
 *
 * @param out (R, C), `=`
 * @param tokens (R), integers in [0, V)
 * @param weight (V, C)
 * @throws RangeError if a token is outside the table
 */
export function embeddingForward(
  out: Float32Array,
  tokens: ArrayLike<number>,
  weight: Float32Array,
  R: number,
  C: number,
): void {
  for (let r = 0; r < R; r++) {
    const row = tokenRow(tokens[r], weight.length / C);
    for (let c = 0; c < C; c++) out[r * C + c] = weight[row * C + c];
  }
}

/**
 * `dweight[v, c] += sum over the rows r with tokens[r] = v of dout[r, c]`
 *
 * @param dweight (V, C), `+=`
 * @param tokens (R), integers in [0, V)
 * @param dout (R, C)
 * @throws RangeError if a token is outside the table
 */
export function embeddingBackward(
  dweight: Float32Array,
  tokens: ArrayLike<number>,
  dout: Float32Array,
  R: number,
  C: number,
): void {
  const rowsOf = new Map<number, number[]>();
  for (let r = 0; r < R; r++) {
    const row = tokenRow(tokens[r], dweight.length / C);
    const rows = rowsOf.get(row);
    if (rows) rows.push(r);
    else rowsOf.set(row, [r]);
  }
  for (const [row, rows] of rowsOf) {
    for (let c = 0; c < C; c++) {
      let sum = 0;
      for (const r of rows) sum += dout[r * C + c];
      dweight[row * C + c] += sum;
    }
  }
}

function tokenRow(token: number, V: number): number {
  if (Number.isInteger(token) && token >= 0 && token < V) return token;
  throw new RangeError(
    `token ${token} is outside the vocabulary: expected an integer in 0..${V - 1}`,
  );
}

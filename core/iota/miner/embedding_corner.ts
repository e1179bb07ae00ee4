/**
 * What layer 0 shows of a backward in place of a gradient of its input, for there is none of tokens:
 * a corner of the embedding's gradient.
 *
 * Source: macrocosm-os/iota @ 56aee24, `backward` of `miner/miner.py`.
 *
 * @module
 */

import { bytesOf, decodeElements } from "../../gpu/tensor.ts";
import type { Stage } from "../../model/stage.ts";

/** The first T rows and K (or C) columns of the gradient as added up so far. */
export interface EmbeddingCorner {
  readonly rows: number;
  readonly cols: number;
  readonly values: Float32Array<ArrayBuffer>;
}

/** Reads a head's corner as it is after all work submitted so far; of V rows if those are fewer. */
export async function readEmbeddingCorner(stage: Stage): Promise<EmbeddingCorner> {
  const { shape: { T, V }, outputWidth: cols, gpu } = stage;
  const rows = Math.min(T, V);
  const { parts, stride, dtype } = stage.parameters.tensor("embedding", "gradient");
  const rowBytes = stride * bytesOf(dtype);
  const wanted = parts.filter(({ firstRow }) => firstRow < rows).map((part) => ({
    ...part,
    sizeBytes: Math.min(part.rows, rows - part.firstRow) * rowBytes,
  }));
  const read = await gpu.readback.read(wanted);
  const values = new Float32Array(rows * cols);
  for (const [index, { firstRow }] of wanted.entries()) {
    const part = decodeElements(read[index], dtype);
    for (let row = 0; row < part.length / stride; row++) {
      const from = row * stride;
      values.set(part.subarray(from, from + cols), (firstRow + row) * cols);
    }
  }
  return { rows, cols, values };
}

/**
 * A stage's weights and optimizer state as flat vectors, as they go over the wire: parameters in
 * wire order without padding, raw little-endian elements; of the optimizer `exp_avg`, then
 * `exp_avg_sq` of each parameter. bf16 between miners, f32 where nothing may be lost.
 *
 * @module
 */
import { bytesOf, decodeElements, encodeElements } from "../gpu/tensor.ts";
import { elementsOf, type ParameterArray, type Parameters } from "./parameters.ts";

/** How elements are written. */
export type FlatDtype = "f32" | "bf16";

/** All weights; from the f32 masters where they are kept. */
export async function exportWeights(
  parameters: Parameters,
  dtype: FlatDtype,
): Promise<Uint8Array<ArrayBuffer>> {
  return await exportArrays(parameters, [weightArray(parameters)], dtype);
}

/**
 * Replaces all weights, masters included.
 * @throws {RangeError} if the length is wrong; nothing is changed then.
 */
export function importWeights(
  parameters: Parameters,
  bytes: Uint8Array<ArrayBuffer>,
  dtype: FlatDtype,
): void {
  const values = decoded(parameters, bytes, dtype, 1);
  let at = 0;
  for (const view of parameters.layout.views) {
    parameters.writeParameter(view, values.subarray(at, at += elementsOf(view)));
  }
}

/** Both moments of all parameters. The step count does not travel. */
export async function exportOptimizerState(
  parameters: Parameters,
  dtype: FlatDtype,
): Promise<Uint8Array<ArrayBuffer>> {
  return await exportArrays(parameters, ["m", "v"], dtype);
}

/**
 * Replaces both moments of all parameters.
 * @throws {RangeError} if the length is wrong; nothing is changed then.
 */
export function importOptimizerState(
  parameters: Parameters,
  bytes: Uint8Array<ArrayBuffer>,
  dtype: FlatDtype,
): void {
  const values = decoded(parameters, bytes, dtype, 2);
  let at = 0;
  for (const view of parameters.layout.views) {
    for (const array of ["m", "v"] as const) {
      parameters.write(array, view, values.subarray(at, at += elementsOf(view)));
    }
  }
}

function weightArray({ precision }: Parameters): ParameterArray {
  return precision.master ? "master" : "param";
}

/** Parameter by parameter, all arrays of one before the next. */
async function exportArrays(
  parameters: Parameters,
  arrays: readonly ParameterArray[],
  dtype: FlatDtype,
): Promise<Uint8Array<ArrayBuffer>> {
  const values = new Float32Array(parameters.count * arrays.length);
  for (const [index, array] of arrays.entries()) {
    let at = 0;
    for await (const { view, values: own } of parameters.read(array)) {
      values.set(own, at + index * own.length);
      at += elementsOf(view) * arrays.length;
    }
  }
  return encodeElements(values, dtype);
}

function decoded(
  parameters: Parameters,
  bytes: Uint8Array<ArrayBuffer>,
  dtype: FlatDtype,
  arrays: number,
): Float32Array {
  const expected = parameters.count * arrays * bytesOf(dtype);
  if (bytes.length !== expected) {
    throw new RangeError(
      `expected ${expected} bytes of ${dtype} for this stage, got ${bytes.length}`,
    );
  }
  return decodeElements(bytes.slice(), dtype);
}

/**
 * What a stage in float32 makes of merged values in bfloat16.
 *
 * All miners of a layer must hold the same merged bytes, and a step is often smaller than half the
 * distance of two bfloat16 numbers: a miner that took over just those bytes would take the same step
 * again and again and never get anywhere. So it keeps its own float32 value wherever that rounds to
 * the merged one. What others see of it, activations and exported bytes, is then what they hold
 * themselves, and what rounding took from its step is not lost but adds up, as in training with
 * float32 masters. If the layer has one miner, that is exactly what it is.
 *
 * Where the miner's value rounds to a neighbour of the merged one, it is moved as little as makes it
 * round to it, so that on average over the miners of a layer nothing is lost either. Anything
 * further away, such as the fresh weights of who joins, is replaced.
 *
 * The moments need it as much: per step a second moment decays by a thousandth, a quarter of the
 * distance of two bfloat16 numbers, and would stand still.
 *
 * @module
 */

/** Half the distance of two bfloat16 numbers, in units of the last place of a float32. */
const HALF = 0x8000;
/** Ties round to even and may go either way. */
const WITHIN = HALF - 1;
/** The far edge of the neighbours' range. */
const NEIGHBOURS = 3 * HALF - 1;

/**
 * Float32 values that round to the merged ones and are as near to our own as sense permits.
 *
 * @param own ours before the merge
 * @param merged bfloat16 bits
 * @throws {RangeError} if there are not as many of both
 */
export function keepRounding(own: Float32Array, merged: Uint16Array): Float32Array<ArrayBuffer> {
  if (own.length !== merged.length) {
    throw new RangeError(`${merged.length} merged values for ${own.length}`);
  }
  const ownBits = new Int32Array(own.buffer, own.byteOffset, own.length);
  const out = new Int32Array(own.length);
  for (let i = 0; i < out.length; i++) {
    const exact = merged[i] << 16;
    // Numbers of one sign are ordered as their bits are; those of different signs are far apart.
    const distance = ownBits[i] - exact;
    out[i] = Math.abs(distance) > NEIGHBOURS
      ? exact
      : exact + Math.max(-WITHIN, Math.min(WITHIN, distance));
  }
  return new Float32Array(out.buffer);
}

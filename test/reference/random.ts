/**
 * Repeatable test numbers.
 *
 * @module
 */

/** A generator of numbers in [0, 1) (mulberry32): the same seed gives the same numbers. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `length` values spread evenly over (-size, size). */
export function randomArray(length: number, random: () => number, size: number = 1): Float32Array {
  return Float32Array.from({ length }, () => (2 * random() - 1) * size);
}

/** Like {@link randomArray}, but no value is nearer to 0 than size / 2. */
export function randomAwayFromZero(
  length: number,
  random: () => number,
  size: number = 1,
): Float32Array {
  return randomArray(length, random, size / 2).map((x) => x + (x < 0 ? -size / 2 : size / 2));
}

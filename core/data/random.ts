/**
 * Seeded randomness that is the same on every machine. Not for secrets.
 *
 * @module
 */

/**
 * The numbers 0 to `count - 1` in an order decided by `seed` and `round`: Fisher-Yates over splitmix32.
 *
 * @throws {RangeError} if `seed` is not a safe integer
 */
export function shuffledOrder(count: number, seed: number, round: number): Uint32Array {
  if (!Number.isSafeInteger(seed)) {
    throw new RangeError(`seed must be a whole number within 2^53, got ${seed}`);
  }
  const nextUint32 = splitmix32(mixWords([seed, Math.floor(seed / 2 ** 32), round]));
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor((nextUint32() / 2 ** 32) * (last + 1));
    const swapped = order[last];
    order[last] = order[other];
    order[other] = swapped;
  }
  return order;
}

/** An endless row of numbers from 0 to below 1, decided by `seed`. Not for secrets. */
export function seededRandom(seed: number): () => number {
  const nextUint32 = splitmix32(mixWords([seed, Math.floor(seed / 2 ** 32)]));
  return () => nextUint32() / 2 ** 32;
}

/** Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014, at 32 bits. */
function splitmix32(state: number): () => number {
  return () => {
    state = (state + 0x9e3779b9) | 0;
    return finalMix(state);
  };
}

function mixWords(words: readonly number[]): number {
  return words.reduce((hash, word) => finalMix((hash ^ word) + 0x9e3779b9), 0);
}

/** The finalizer of MurmurHash3: every input bit reaches every output bit. */
function finalMix(word: number): number {
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
  return (word ^ (word >>> 16)) >>> 0;
}

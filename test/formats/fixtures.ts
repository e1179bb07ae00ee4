/**
 * What the tests of this room share: files that other programs wrote, and seeded random bytes.
 *
 * @module
 */

/** The bytes of a file beside the tests. Goes through fetch, which works on both hosts. */
export async function readFixture(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(new URL(path, import.meta.url));
  return new Uint8Array(await response.arrayBuffer());
}

/** Numbers in [0, 1) that are the same in every run: mulberry32. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Random bytes of a length. */
export function randomBytes(random: () => number, length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, () => Math.floor(random() * 256));
}

/** A copy with a few bytes replaced by random ones, or cut at a random place. */
export function damage(random: () => number, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes);
  if (random() < 0.2) return copy.slice(0, Math.floor(random() * copy.length));
  const count = 1 + Math.floor(random() * 4);
  for (let i = 0; i < count; i++) {
    copy[Math.floor(random() * copy.length)] = Math.floor(random() * 256);
  }
  return copy;
}

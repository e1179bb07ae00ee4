/**
 * Who merges what: every chunk falls to two miners, so that one may fail and each checks the other.
 *
 * Up to a bound every pair of a layer has a chunk of its own, as published; above it neighbours in a
 * ring share one, lest the chunks of hundreds of miners become dust. Either way a miner moves a
 * bounded number of layer sizes, whatever their number (the butterfly of the IOTA paper).
 *
 * Source: macrocosm-os/iota @ 56aee24, `orchestrator/orchestrator.py`.
 *
 * @module
 */

/** Sections that a layer with so many miners is cut in. */
export function sectionsFor(miners: number, allPairsUpTo: number): number {
  return Math.max(1, pairsOf(miners, allPairsUpTo).length);
}

/**
 * The chunks of each miner. Every chunk falls to two, or to the only one; where fewer miners than
 * were expected take part, each has more.
 */
export function assignChunks(
  hotkeys: readonly string[],
  sections: number,
  allPairsUpTo: number,
): Record<string, number[]> {
  const chunks: Record<string, number[]> = Object.fromEntries(
    hotkeys.map((hotkey) => [hotkey, []]),
  );
  const pairs = pairsOf(hotkeys.length, allPairsUpTo);
  for (let chunk = 0; chunk < sections; chunk++) {
    for (const member of pairs[chunk % pairs.length] ?? []) chunks[hotkeys[member]].push(chunk);
  }
  return chunks;
}

/**
 * The most that a miner moves in a merge when all take part, in bytes.
 *
 * @param layerBytes weights and optimizer state of the layer
 */
export function bytesMoved(miners: number, layerBytes: number, allPairsUpTo: number): number {
  const sections = sectionsFor(miners, allPairsUpTo);
  const own = miners === 1 ? 1 : miners <= allPairsUpTo ? miners - 1 : 2;
  // Up: all of it, and the merged chunks. Down: the chunks of all others, and the merged layer. The
  // last section takes up to `sections - 1` elements more, of 4 bytes at most, in each of 3 vectors.
  const chunk = layerBytes / sections + 12 * sections;
  return layerBytes + own * chunk + own * (miners - 1) * chunk + layerBytes;
}

/** Pairs of members by number; one alone is a pair of its own. */
function pairsOf(count: number, allPairsUpTo: number): readonly (readonly number[])[] {
  if (count === 0) return [];
  if (count === 1) return [[0]];
  const members = Array.from({ length: count }, (_, index) => index);
  if (count > allPairsUpTo) return members.map((member) => [member, (member + 1) % count]);
  return members.flatMap((member) => members.slice(member + 1).map((other) => [member, other]));
}

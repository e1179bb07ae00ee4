/**
 * Finds the name that was probably meant.
 *
 * @module
 */

/**
 * The one of `names` that differs from `name` by at most a third of its letters, or whose last part
 * is `name` (`name` for `wallet.name`); undefined if there is none. `.`, `-` and `_` count as equal.
 */
export function nearestName(name: string, names: readonly string[]): string | undefined {
  const plain = flatName(name).toLowerCase();
  const lastPart = names.filter((each) => flatName(each).toLowerCase().endsWith(`-${plain}`));
  if (lastPart.length === 1) return lastPart[0];
  const near = names
    .map((each) => ({ each, distance: editDistance(plain, flatName(each).toLowerCase()) }))
    .filter(({ distance }) => distance <= Math.max(1, Math.floor(plain.length / 3)))
    .sort((a, b) => a.distance - b.distance);
  return near[0]?.each;
}

/** A name with `.`, `-` and `_` made equal. */
export function flatName(name: string): string {
  return name.replace(/[._]/g, "-");
}

/** Letters to insert, drop or replace, and neighbours to swap, to turn one text into the other. */
function editDistance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1];
      row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1));
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      if (swapped) row[j] = Math.min(row[j], beforeLast[j - 2] + 1);
    }
    [beforeLast, last] = [last, row];
  }
  return last[to.length];
}

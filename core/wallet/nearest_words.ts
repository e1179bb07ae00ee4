/**
 * Which words of a list someone may have meant.
 *
 * @module
 */

/** Two mistyped letters in a word of at most eight; with three, half the list would do. */
const MAX_EDITS = 2;
const MAX_WORDS = 3;

/** The words with the fewest edits from `typed`, three at most; none if all take more than two. */
export function nearestWords(typed: string, words: readonly string[]): string[] {
  let nearest: string[] = [];
  let fewest = MAX_EDITS;
  for (const word of words) {
    if (Math.abs(word.length - typed.length) > fewest) continue;
    const edits = editsBetween(typed, word);
    if (edits > fewest) continue;
    if (edits < fewest) nearest = [];
    fewest = edits;
    nearest.push(word);
  }
  return nearest.slice(0, MAX_WORDS);
}

/**
 * Letters to insert, delete, replace, or swap with their neighbour, to make one text the other: the
 * optimal string alignment distance.
 */
function editsBetween(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = last[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      row[j] = Math.min(last[j] + 1, row[j - 1] + 1, replaced);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        row[j] = Math.min(row[j], beforeLast[j - 2] + 1);
      }
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length];
}

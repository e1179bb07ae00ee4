/**
 * Arithmetic on the words of a hash algorithm, whatever stands for a word: a number, or a value of a
 * kernel that is still to be made.
 *
 * @module
 */

/** Words of one width; all arithmetic is modulo two to that width. */
export interface WordArithmetic<Word> {
  constant(value: bigint): Word;
  /** Sum of all terms. What is known early is best added early: give the latest term last. */
  sum(...terms: readonly Word[]): Word;
  xor(left: Word, right: Word): Word;
  and(left: Word, right: Word): Word;
  /** @param bits 1 to the width less one */
  rotateRight(word: Word, bits: number): Word;
  /** @param bits 1 to the width less one */
  shiftRight(word: Word, bits: number): Word;
}

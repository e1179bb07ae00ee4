/**
 * Text to token ids and back. The byte tokenizer needs no vocabulary file and serves small models.
 *
 * @module
 */

/** Turns text into token ids and back. Ids run from 0 to `vocabSize - 1`. */
export interface Tokenizer {
  readonly vocabSize: number;
  /** The id that ends every document. `encode` never produces it. */
  readonly endOfText: number;
  /** The ids of a text, without an end-of-text id. */
  encode(text: string): Int32Array;
  /**
   * The text of ids; end-of-text ids are left out.
   *
   * @throws {RangeError} if an id is not in the vocabulary
   */
  decode(ids: ArrayLike<number>): string;
}

const BYTE_COUNT = 256;
const END_OF_TEXT = 0;

/**
 * One token for each byte of UTF-8. Byte 0 ends a text: it stands for the character NUL, which does
 * not occur in text, so that the vocabulary stays at 256 and every row of it aligned. NULs in a text
 * are dropped. Bytes that are not UTF-8, as a model may produce, decode to U+FFFD.
 */
export const byteTokenizer: Tokenizer = {
  vocabSize: BYTE_COUNT,
  endOfText: END_OF_TEXT,

  encode(text: string): Int32Array {
    return new Int32Array(new TextEncoder().encode(text.replaceAll("\0", "")));
  },

  decode(ids: ArrayLike<number>): string {
    const bytes: number[] = [];
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i];
      if (!Number.isInteger(id) || id < 0 || id >= BYTE_COUNT) {
        throw new RangeError(`token ${i} must be a whole number from 0 to 255, got ${id}`);
      }
      if (id !== END_OF_TEXT) bytes.push(id);
    }
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(bytes));
  },
};

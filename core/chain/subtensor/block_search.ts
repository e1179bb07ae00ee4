/**
 * Looks for a call in the blocks that may hold it. Blocks tell what happened, whatever the node's
 * statuses said or the connection swallowed.
 *
 * @module
 */

import type { BlockRef, Inclusion, SignedCall, SubmissionNode } from "./submission.ts";

/** What a look at the blocks shows. */
export interface Sight {
  /** Where the call is, or undefined. */
  readonly inclusion: Inclusion | undefined;
  /** Whether it will stay there; for no inclusion, whether no final block has it. */
  readonly isFinal: boolean;
}

/** The blocks of a call's mortality; what was read once is remembered. */
export class BlockSearch {
  readonly #call: SignedCall;
  readonly #node: SubmissionNode;
  /** From a block's hash to the call's place in it, -1 when it is not there. */
  readonly #places = new Map<string, number>();
  /** Up to here every block is final, and without the call. */
  #clearedTo: number;

  constructor(call: SignedCall, node: SubmissionNode) {
    this.#call = call;
    this.#node = node;
    this.#clearedTo = call.birthBlock;
  }

  /**
   * Looks through the best chain as it is now.
   *
   * @param final a final head that was read before
   */
  async look(final: BlockRef): Promise<Sight> {
    const head = await this.#node.head();
    const last = Math.min(head.number, this.#call.deathBlock - 1);
    const inclusion = await this.#find(head, last);
    // An address may stand for several nodes. What this one shows holds for good where its chain
    // goes through the final block.
    const isSettled = head.number >= final.number &&
      await this.#node.blockHashAt(final.number) === final.hash;
    if (inclusion !== undefined) {
      return { inclusion, isFinal: isSettled && final.number >= inclusion.number };
    }
    if (isSettled) this.#clearedTo = Math.max(this.#clearedTo, Math.min(final.number, last));
    return { inclusion, isFinal: isSettled };
  }

  async #find(head: BlockRef, last: number): Promise<Inclusion | undefined> {
    // Newest first: that is where a call is that was just sent.
    for (let number = last; number > this.#clearedTo; number--) {
      const hash = number === head.number ? head.hash : await this.#node.blockHashAt(number);
      const index = await this.#placeIn(hash);
      if (index >= 0) return { number, hash, index };
    }
    return undefined;
  }

  async #placeIn(hash: string): Promise<number> {
    const known = this.#places.get(hash);
    if (known !== undefined) return known;
    const place = (await this.#node.extrinsicsOf(hash)).indexOf(this.#call.bytes);
    this.#places.set(hash, place);
    return place;
  }
}

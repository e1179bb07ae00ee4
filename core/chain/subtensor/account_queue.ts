/**
 * One call of an account after the other. Two at once would ask for the same nonce, and the second
 * would take the first one's place.
 *
 * @module
 */

import { WeftError } from "../../errors.ts";

/** Queues by account. */
export class AccountQueue {
  /** The last call of each account that has any; settles when that is done. */
  readonly #tails = new Map<string, Promise<unknown>>();
  /** What is queued or at work and must not be there twice. */
  readonly #unique = new Set<string>();

  /**
   * Runs `work` when the account's calls before it are done, whether they went well or not.
   *
   * @param unique names a call that may be in the queue only once; undefined for one that may repeat
   * @throws {WeftError} if a call of that name is under way
   */
  async run<T>(
    account: string,
    unique: string | undefined,
    work: () => Promise<T>,
  ): Promise<T> {
    if (unique === undefined) return await this.#enqueue(account, work);
    const key = `${account} ${unique}`;
    if (this.#unique.has(key)) {
      throw new WeftError(`${unique} is under way already: wait until it is done`);
    }
    this.#unique.add(key);
    try {
      return await this.#enqueue(account, work);
    } finally {
      this.#unique.delete(key);
    }
  }

  async #enqueue<T>(account: string, work: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(account) ?? Promise.resolve();
    const done = before.then(work);
    const tail = done.catch(() => {});
    this.#tails.set(account, tail);
    try {
      return await done;
    } finally {
      if (this.#tails.get(account) === tail) this.#tails.delete(account);
    }
  }
}

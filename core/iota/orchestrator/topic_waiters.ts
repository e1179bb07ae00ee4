/**
 * Those in this process who wait for signals.
 *
 * @module
 */

import { checkedName } from "./state_names.ts";
import type { Signals } from "./state.ts";

/** The signals of one process; a state that spans several passes on what it hears of others. */
export class TopicWaiters implements Signals {
  readonly #waiting = new Map<string, Set<() => void>>();

  /** Whether anybody waits. */
  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  raise(topic: string): void {
    for (const wake of [...this.#waiting.get(checkedName("topic", topic)) ?? []]) wake();
  }

  /** Wakes everybody: something may have been missed. */
  raiseAll(): void {
    for (const waiting of [...this.#waiting.values()]) for (const wake of [...waiting]) wake();
  }

  next(topics: readonly string[], signal: AbortSignal): Promise<void> {
    for (const topic of topics) checkedName("topic", topic);
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        signal.removeEventListener("abort", wake);
        for (const topic of topics) this.#remove(topic, wake);
        resolve();
      };
      signal.addEventListener("abort", wake);
      for (const topic of topics) this.#add(topic, wake);
    });
  }

  #add(topic: string, wake: () => void): void {
    const waiting = this.#waiting.get(topic);
    if (waiting) waiting.add(wake);
    else this.#waiting.set(topic, new Set([wake]));
  }

  #remove(topic: string, wake: () => void): void {
    const waiting = this.#waiting.get(topic);
    waiting?.delete(wake);
    if (waiting?.size === 0) this.#waiting.delete(topic);
  }
}

/**
 * Signals over NATS: a plain subject for each topic, which nobody keeps.
 *
 * @module
 */

import type { Signals } from "../../core/iota/orchestrator/state.ts";
import { checkedName } from "../../core/iota/orchestrator/state_names.ts";
import { TopicWaiters } from "../../core/iota/orchestrator/topic_waiters.ts";
import type { NatsLink } from "./link.ts";

/** See the module. Within the process a signal arrives at once. */
export class NatsSignals implements Signals {
  readonly #link: NatsLink;
  readonly #prefix: string;
  readonly #waiters = new TopicWaiters();

  private constructor(link: NatsLink) {
    this.#link = link;
    this.#prefix = `${link.address.name}.signal.`;
  }

  /** Begins to listen to the other processes. */
  static async open(link: NatsLink): Promise<NatsSignals> {
    const signals = new NatsSignals(link);
    signals.#listen();
    await link.ask(() => link.nc.flush());
    // While there was no connection, signals of others went by.
    link.onReconnect(() => signals.#waiters.raiseAll());
    return signals;
  }

  raise(topic: string): void {
    checkedName("topic", topic);
    this.#link.tell(this.#prefix + topic);
    this.#waiters.raise(topic);
  }

  next(topics: readonly string[], signal: AbortSignal): Promise<void> {
    return this.#waiters.next(topics, signal);
  }

  #listen(): void {
    this.#link.nc.subscribe(`${this.#prefix}>`, {
      callback: (error, message) => {
        if (error) return;
        try {
          this.#waiters.raise(message.subject.slice(this.#prefix.length));
        } catch {
          // Anybody may publish there; what is no topic wakes nobody.
        }
      },
    });
  }
}

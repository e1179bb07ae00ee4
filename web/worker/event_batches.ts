/**
 * Events on their way to the page, a few times a second: the page draws no faster, and each message
 * interrupts it.
 *
 * @module
 */

import type { Clock } from "../../core/host.ts";
import type { RunEvent } from "./node_api.ts";

const PAUSE_MS = 200;

/** See the module. */
export class EventBatches {
  #waiting: RunEvent[] = [];
  #isDue = false;

  constructor(readonly clock: Clock, readonly tell: (events: readonly RunEvent[]) => void) {}

  /** The event goes soon, together with those that come meanwhile. */
  add(event: RunEvent): void {
    this.#waiting.push(event);
    if (this.#isDue) return;
    this.#isDue = true;
    void this.clock.sleep(PAUSE_MS).then(() => this.flush());
  }

  /** What waits goes now. */
  flush(): void {
    this.#isDue = false;
    if (this.#waiting.length === 0) return;
    const events = this.#waiting;
    this.#waiting = [];
    this.tell(events);
  }
}

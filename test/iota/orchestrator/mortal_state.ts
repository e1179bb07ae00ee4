/**
 * A connection to a state that is cut at a chosen call, as if its process had been killed there.
 *
 * @module
 */

import type { SwarmState } from "../../../core/iota/orchestrator/state.ts";

/** The process is dead. */
export class KilledError extends Error {
  override name = "KilledError";
}

/** When a process dies. */
export interface Death {
  /** At which call, from 1; infinity for never. */
  readonly call: number;
  /** Whether the call is still carried out, though nobody hears of it. */
  readonly isCarriedOut: boolean;
}

/** See the module. */
export class MortalState implements SwarmState {
  calls = 0;
  readonly records: SwarmState["records"];
  readonly queues: SwarmState["queues"];
  readonly journals: SwarmState["journals"];
  readonly signals: SwarmState["signals"];

  constructor(state: SwarmState, readonly death: Death) {
    this.records = this.#mortal(state.records);
    this.queues = this.#mortal(state.queues);
    this.journals = this.#mortal(state.journals);
    this.signals = state.signals;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #mortal<Part extends object>(part: Part): Part {
    return new Proxy(part, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== "function") return method;
        return async (...args: unknown[]): Promise<unknown> => {
          this.calls += 1;
          const { call, isCarriedOut } = this.death;
          if (this.calls === call && isCarriedOut) await Reflect.apply(method, target, args);
          if (this.calls >= call) throw new KilledError();
          return await Reflect.apply(method, target, args);
        };
      },
    });
  }
}

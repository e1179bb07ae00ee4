/**
 * Where tests of a state in NATS run.
 *
 * @module
 */

import { assert } from "chai";
import { WeftError } from "../../../core/errors.ts";
import type { Clock } from "../../../core/host.ts";
import type { SwarmState } from "../../../core/iota/orchestrator/state.ts";
import { processClock, processWallClock } from "../../../headless/deno_host.ts";
import { openNatsState } from "../../../headless/nats_state.ts";

/** The server ends leases by its own clock, which no test can move: short ones, really waited for. */
export const LEASE_MS = 50;
/** By so much later the server ends them, and a little for a loaded machine. */
const GRACE_MS = 1000 + 100;
/** A name on a server, and the connections to it. */
export class Place {
  readonly #opened: SwarmState[] = [];
  readonly address: string;
  readonly leaseMs = LEASE_MS;

  constructor(url: string) {
    this.address = `${url}?name=${crypto.randomUUID().slice(0, 13)}`;
  }

  async open(options: { patienceMs?: number; clock?: Clock } = {}): Promise<SwarmState> {
    const time = { clock: processClock, wallClock: processWallClock };
    const state = await openNatsState(this.address, { ...time, ...options });
    this.#opened.push(state);
    return state;
  }

  async passLease(): Promise<void> {
    await processClock.sleep(LEASE_MS + GRACE_MS);
  }

  async close(): Promise<void> {
    for (const state of this.#opened.splice(0)) await state.close();
  }
}

/** The one-line message with which something fails. */
export async function failure(action: () => Promise<unknown>): Promise<string> {
  try {
    await action();
  } catch (error) {
    assert.instanceOf(error, WeftError, String(error));
    assert.notInclude(error.message, "\n");
    return error.message;
  }
  assert.fail("nothing failed");
}

/**
 * Waiting for blocks that the clock makes.
 *
 * @module
 */

import type { Clock } from "../../host.ts";

/** A sleep is no longer than this, so that an ended watch holds no process up. */
const LONGEST_SLEEP_MS = 200;

/**
 * Calls with the newest block's number whenever there is a newer one, until the signal. Blocks that
 * passed while the machine slept are left out.
 *
 * @param seen the newest block that is known already
 * @param newest the newest block's number by the clock, which may be set back
 * @param blockMs time from block to block
 */
export async function watchBlocks(
  seen: number,
  newest: () => number,
  blockMs: number,
  clock: Clock,
  signal: AbortSignal,
  listener: (blockNumber: number) => void,
): Promise<void> {
  let last = seen;
  while (!signal.aborted) {
    await clock.sleep(Math.min(blockMs, LONGEST_SLEEP_MS));
    const blockNumber = newest();
    if (signal.aborted || blockNumber <= last) continue;
    last = blockNumber;
    listener(blockNumber);
  }
}

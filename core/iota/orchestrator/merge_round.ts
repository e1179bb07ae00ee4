/**
 * The miners of a layer at the end of a merge: their backwards are counted anew, and what they kept
 * between forward and backward is gone.
 *
 * @module
 */

import type { Phases } from "./phases.ts";
import type { LayerRecord, MinerRecord } from "./records.ts";
import type { MinerBook } from "./merging.ts";

/**
 * Readies the miners for the next round, before the layer trains again.
 *
 * Another process may have done so already, and the miners be at work since: those are left alone.
 *
 * @param from the layer in the phase that is about to end
 * @param done whose weights are in which merge; undefined if it came to nothing
 */
export async function beginRound(
  { miners, phases }: { readonly miners: MinerBook; readonly phases: Pick<Phases, "layer"> },
  from: LayerRecord,
  done?: { readonly merges: number; readonly hotkeys: readonly string[] },
): Promise<void> {
  const isOver = async (): Promise<boolean> =>
    (await phases.layer(from.layer)).phaseSinceMs !== from.phaseSinceMs;
  let waiting = (await miners.all()).filter(({ layer }) => layer === from.layer);
  while (waiting.length > 0 && !await isOver()) {
    // What was read before the look above is of before the next round.
    const changed: string[] = [];
    for (const seen of waiting) {
      await miners.change(seen.hotkey, (now) => {
        if (!isSameWork(now, seen)) {
          changed.push(seen.hotkey);
          return now;
        }
        const lastMerge = done?.hotkeys.includes(now.hotkey) ? done.merges : now.lastMerge;
        return { ...now, backwards: 0, cached: [], lastMerge };
      });
    }
    const all = changed.length > 0 ? await miners.all() : [];
    waiting = all.filter(({ hotkey, layer }) => layer === from.layer && changed.includes(hotkey));
  }
}

function isSameWork(a: MinerRecord, b: MinerRecord): boolean {
  const work = ({ layer, backwards, cached }: MinerRecord): string =>
    JSON.stringify([layer, backwards, cached]);
  return work(a) === work(b);
}

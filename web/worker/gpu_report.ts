/**
 * Tells the page, time and again, whom the GPU works for and what waits for it.
 *
 * @module
 */

import type { Clock } from "../../core/host.ts";
import { GpuTurns } from "../../core/node/gpu_turns.ts";
import { GpuUse } from "../../core/node/gpu_use.ts";
import type { RunEvent } from "./node_api.ts";

const REPORT_MS = 2_000;

/** Turns on the GPU whose use is told until the signal. */
export function toldTurns(
  clock: Clock,
  tell: (event: RunEvent) => void,
  signal: AbortSignal,
): GpuTurns {
  const use = new GpuUse(clock);
  const turns = new GpuTurns(use);
  const report = async (): Promise<void> => {
    for (;;) {
      await clock.sleep(REPORT_MS, signal);
      if (signal.aborted) return;
      tell({ kind: "gpu", shares: use.read(), waiting: turns.waiting });
    }
  };
  void report();
  return turns;
}

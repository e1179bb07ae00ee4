/**
 * Turns of the GPU that count what training gets of them: a measure of its progress that is finer
 * than optimizer steps.
 *
 * @module
 */

import { GpuTurns } from "../../../core/node/gpu_turns.ts";

/** See the module. */
export class CountedTurns extends GpuTurns {
  /** Slices of training that have begun. */
  slices = 0;

  override async training(): Promise<void> {
    await super.training();
    this.slices += 1;
  }
}

/**
 * Looks from time to time whether the orchestrator still knows a miner.
 *
 * Source: macrocosm-os/iota @ 56aee24, `is_registered_loop` of `base/base_neuron.py`.
 *
 * @module
 */

import { WeftError } from "../../errors.ts";
import { consequenceOf, ForgottenError } from "./consequences.ts";
import type { MinerContext } from "./miner_context.ts";

const LOOK_MS = 100_000;

/** Watches until the work is stopped, and stops it when the miner must register again. */
export async function watchRegistration(
  { client, clock, log }: MinerContext,
  work: AbortController,
): Promise<void> {
  const { signal } = work;
  for (;;) {
    await clock.sleep(LOOK_MS, signal);
    if (signal.aborted) return;
    try {
      const { is_registered } = await client.ask("isRegistered", {}, { signal });
      if (!is_registered) work.abort(new ForgottenError("the orchestrator has forgotten us"));
    } catch (error) {
      if (signal.aborted) return;
      const consequence = consequenceOf(error);
      // Whoever works meets every other failure too.
      if (consequence === "register" || consequence === "give up") work.abort(error);
      else if (error instanceof WeftError) log.debug(`is it registered? ${error.message}`);
    }
  }
}

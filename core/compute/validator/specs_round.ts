/**
 * Asks miners what they have.
 *
 * Source: neuralinternet/compute-subnet v1.5.3, `execute_specs_request` of `neurons/validator.py`. There
 * a program is sent along, which the miner runs; here none is, so that only miners that look
 * themselves have an answer.
 *
 * @module
 */

import { type Dendrite, isSuccess } from "../dendrite.ts";
import { createSynapse } from "../synapse/synapse.ts";
import { SPECS } from "../synapse/synapses.ts";
import type { MinerBook } from "./miner_book.ts";
import { type MinerSpecs, readMinerSpecs } from "./miner_specs.ts";
import type { MinerTarget } from "./targets.ts";

/** What a validator waits for an answer. */
export const SPECS_TIMEOUT_S = 60;

/** What a round of questions works with. */
export interface SpecsRoundOptions {
  readonly dendrite: Pick<Dendrite, "call">;
  readonly book: Pick<MinerBook, "addSpecs">;
  /** Miners that are asked at once. */
  readonly batchSize: number;
}

/**
 * Asks each miner once and keeps what it told. Nothing is kept of a round that is stopped.
 *
 * @returns how many have told something
 * @throws {WeftError} if the book cannot be written
 */
export async function specsRound(
  targets: readonly MinerTarget[],
  { dendrite, book, batchSize }: SpecsRoundOptions,
  signal: AbortSignal,
): Promise<number> {
  let told = 0;
  for (let at = 0; at < targets.length && !signal.aborted; at += batchSize) {
    const batch = targets.slice(at, at + batchSize);
    const answers = await Promise.all(batch.map((target) => askSpecs(target, dendrite, signal)));
    if (signal.aborted) break;
    for (const [index, specs] of answers.entries()) {
      if (specs) told += 1;
      await book.addSpecs(batch[index].hotkey, specs);
    }
  }
  return told;
}

async function askSpecs(
  target: MinerTarget,
  dendrite: Pick<Dendrite, "call">,
  signal: AbortSignal,
): Promise<MinerSpecs | undefined> {
  const asked = createSynapse(SPECS, { specs_input: "", specs_output: "" });
  const answer = await dendrite.call(target, asked, { timeoutS: SPECS_TIMEOUT_S, signal });
  return isSuccess(answer) ? readMinerSpecs(answer.fields.specs_output) : undefined;
}

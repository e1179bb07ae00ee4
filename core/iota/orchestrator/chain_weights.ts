/**
 * The orchestrator's weights on the chain, from the scores of its miners.
 *
 * Source: macrocosm-os/iota @ 56aee24, `base/base_neuron.py`, `gradient_validator.py`.
 *
 * @module
 */

import * as v from "valibot";
import type { Chain } from "../../chain/chain.ts";
import { emittedWeights } from "../../chain/weights_emission.ts";
import { WeftError } from "../../errors.ts";
import { SPEC_VERSION } from "../api/routes.ts";
import type { MinerScores } from "../api/schemas.ts";
import type { OrchestratorContext } from "./context.ts";
import { noteEvent } from "./event_log.ts";
import { changeRecord, type RecordKind } from "./records.ts";
import type { Scores } from "./scores.ts";

/** What of the weights is not for miners. */
export interface BurnShare {
  /** With N, all but 1/N of the weights goes to the burn uid; 1 burns nothing. */
  readonly burnFactor: number;
  readonly burnUid: number;
}

/**
 * Scores as shares that add up to 1. Unless the burn uid has its share by itself, all are divided by
 * the burn factor and the burn uid gets the rest. No scores give no weights.
 *
 * @returns uids in order, and the weight of each
 */
export function weightsFromScores(
  scores: MinerScores,
  { burnFactor, burnUid }: BurnShare,
): { uids: number[]; weights: number[] } {
  const byUid = new Map<number, number>();
  for (const [uid, score] of Object.entries(scores)) {
    // Penalties may outweigh what a miner has earned.
    if (score > 0) byUid.set(Number(uid), score);
  }
  const sum = [...byUid.values()].reduce((a, b) => a + b, 0);
  if (sum === 0) return { uids: [], weights: [] };
  for (const [uid, score] of byUid) byUid.set(uid, score / sum);
  const burnt = 1 - 1 / burnFactor;
  if ((byUid.get(burnUid) ?? 0) < burnt) {
    for (const [uid, weight] of byUid) byUid.set(uid, weight / burnFactor);
    byUid.set(burnUid, burnt);
  }
  const uids = [...byUid.keys()].sort((a, b) => a - b);
  return { uids, weights: uids.map((uid) => byUid.get(uid) ?? 0) };
}

/** When weights were last set, or tried to be. */
const Turn = v.object({ triedMs: v.number() });
const TURNS: RecordKind<v.InferOutput<typeof Turn>> = { prefix: "chain-weights", schema: Turn };
const THE_TURN = "last";

/** See the module. Of several processes on one state one sets the weights of an interval. */
export class ChainWeights {
  readonly #context: OrchestratorContext;
  readonly #scores: Pick<Scores, "global">;

  constructor(context: OrchestratorContext, scores: Pick<Scores, "global">) {
    this.#context = context;
    this.#scores = scores;
  }

  /** Sets weights if it is time; to be called every ten seconds or so. A failure is logged. */
  async tick(): Promise<void> {
    const { chain, log } = this.#context;
    if (!chain || !await this.#takeTurn()) return;
    let count: number;
    try {
      count = await this.#set(chain);
    } catch (error) {
      if (!(error instanceof WeftError)) throw error;
      return log.warn(`weights were not set, the next try is in an interval: ${error.message}`);
    }
    if (count === 0) {
      return log.info("no miner has a score: the weights on the chain stay as they are");
    }
    log.info(`weights of ${count} uids are set`);
    await noteEvent(this.#context, { kind: "weights", text: `set for ${count} uids` });
  }

  /** Whether an interval has passed, and this process is the one that has noticed. */
  async #takeTurn(): Promise<boolean> {
    const { state, wallClock, settings: { weightsIntervalMs } } = this.#context;
    const nowMs = wallClock.unixMs();
    let isOurs = false;
    await changeRecord(state.records, TURNS, THE_TURN, (now) => {
      isOurs = !now || nowMs - now.triedMs >= weightsIntervalMs;
      // Written before it is tried: what may have been sent is not sent again by another.
      return isOurs ? { triedMs: nowMs } : now;
    });
    return isOurs;
  }

  /** @returns of how many uids */
  async #set(chain: Chain): Promise<number> {
    const { signer, settings } = this.#context;
    const shares = weightsFromScores(await this.#scores.global(), settings);
    const { uids, values } = emittedWeights(shares.uids, shares.weights);
    if (uids.length === 0) return 0;
    const versionKey = BigInt(SPEC_VERSION);
    await chain.setWeights(signer, { netuid: settings.netuid, uids, values, versionKey });
    return uids.length;
  }
}

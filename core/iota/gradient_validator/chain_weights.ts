/**
 * A validator's own weights, from the scores of all validators as the orchestrator adds them up.
 *
 * @module
 */

import type { Chain } from "../../chain/chain.ts";
import { emittedWeights } from "../../chain/weights_emission.ts";
import type { Signer } from "../../wallet/signer.ts";
import { SPEC_VERSION } from "../api/routes.ts";
import { weightsFromScores } from "../orchestrator/chain_weights.ts";
import type { SetWeights } from "./service.ts";

/** Where the weights go, and what of them is burnt. */
export interface ChainWeightsOptions {
  readonly netuid: number;
  readonly burnFactor: number;
  readonly burnUid: number;
}

/** Sets weights on a chain; rejects with WeftError as `Chain.setWeights`. */
export function chainWeights(
  chain: Pick<Chain, "setWeights">,
  hotkey: Signer,
  { netuid, burnFactor, burnUid }: ChainWeightsOptions,
): SetWeights {
  return async (scores) => {
    const shares = weightsFromScores(scores, { burnFactor, burnUid });
    const { uids, values } = emittedWeights(shares.uids, shares.weights);
    // Penalties may outweigh all that was earned; no weights are no message to the chain.
    if (uids.length === 0) return [];
    const versionKey = BigInt(SPEC_VERSION);
    await chain.setWeights(hotkey, { netuid, uids, values, versionKey });
    return uids;
  };
}

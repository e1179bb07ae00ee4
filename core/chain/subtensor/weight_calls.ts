/**
 * Setting weights: openly, or as a commitment that is revealed later.
 *
 * @module
 */

import type { ApiPromise } from "@polkadot/api";
import { WeftError } from "../../errors.ts";
import type { Signer } from "../../wallet/signer.ts";
import type { SaltedWeights, Weights } from "../chain.ts";
import type { CallOptions, Receipt } from "../receipt.ts";
import { checkWeights, KnownRefusal } from "./call_checks.ts";
import type { CallMaker } from "./call_maker.ts";
import * as extrinsics from "./extrinsics.ts";

/** Sets weights in a subnet that shows them at once. */
export async function setWeights(
  maker: CallMaker,
  hotkey: Signer,
  weights: Weights,
  options?: CallOptions,
): Promise<Receipt> {
  const make = (api: ApiPromise): extrinsics.Extrinsic => extrinsics.setWeights(api, weights);
  return await weigh(maker, hotkey, "setWeights", weights, options, make);
}

/** Commits to weights by their hash, which every subnet with commit-reveal takes. */
export async function commitWeights(
  maker: CallMaker,
  hotkey: Signer,
  weights: SaltedWeights,
  options?: CallOptions,
): Promise<Receipt> {
  const make = (api: ApiPromise): extrinsics.Extrinsic => {
    const has = (name: string): boolean => extrinsics.hasCall(api, "subtensorModule", name);
    if (!has("commitWeights") && has("commitTimelockedWeights")) {
      throw new WeftError("this chain takes time-locked commits only, which Weft does not make");
    }
    return extrinsics.commitWeights(api, hotkey.publicKey, weights);
  };
  return await weigh(maker, hotkey, "commitWeights", weights, options, make);
}

/** Shows the weights of a commit. */
export async function revealWeights(
  maker: CallMaker,
  hotkey: Signer,
  weights: SaltedWeights,
  options?: CallOptions,
): Promise<Receipt> {
  const make = (api: ApiPromise): extrinsics.Extrinsic => extrinsics.revealWeights(api, weights);
  return await weigh(maker, hotkey, "revealWeights", weights, options, make);
}

async function weigh(
  maker: CallMaker,
  hotkey: Signer,
  call: "setWeights" | "commitWeights" | "revealWeights",
  weights: Weights,
  options: CallOptions | undefined,
  make: (api: ApiPromise) => extrinsics.Extrinsic,
): Promise<Receipt> {
  const { netuid } = weights;
  const { address } = hotkey;
  checkWeights(weights);
  return await maker.make(hotkey, options, {
    context: { call, signer: address, netuid, hotkey: address },
    label: `the weights of ${address} on subnet ${netuid}`,
    isPayment: false,
    prepare: async (api) => {
      const { commitRevealEnabled } = await maker.reads.subnet(netuid);
      if (call === "setWeights" && commitRevealEnabled) {
        throw new KnownRefusal("CommitRevealEnabled");
      }
      if (call !== "setWeights" && !commitRevealEnabled) {
        throw new KnownRefusal("CommitRevealDisabled");
      }
      return make(api);
    },
  });
}

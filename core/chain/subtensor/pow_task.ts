/**
 * What is to be solved to register by work, where that is still checked.
 *
 * @module
 */

import { hexToBytes } from "@noble/hashes/utils.js";
import * as v from "valibot";
import type {} from "@polkadot/api/augment";
import type { PowTask } from "../chain.ts";
import { BIG, COUNT, parseAnswer } from "./answers.ts";
import { checkNetuid } from "./call_checks.ts";
import type { ChainState } from "./chain_state.ts";
import { requireSubnet } from "./subnets.ts";

const TASK = v.object({ isAllowed: v.optional(v.boolean(), false), block: COUNT, difficulty: BIG });

/**
 * The task as of the state's block; undefined where work buys nothing.
 *
 * @throws {UsageError} if there is no such subnet
 */
export async function readPowTask(state: ChainState, netuid: number): Promise<PowTask | undefined> {
  checkNetuid(netuid);
  const { isThere, ...values } = await state.readNamed({
    isThere: ["networksAdded", netuid],
    isAllowed: ["networkPowRegistrationAllowed", netuid],
    difficulty: ["difficulty", netuid],
    block: ["System.number"],
  });
  requireSubnet(isThere, netuid);
  if (!checksWork(state)) return undefined;
  const { isAllowed, difficulty, block } = parseAnswer(TASK, values, "for work to be done");
  if (!isAllowed) return undefined;
  return {
    blockNumber: block,
    blockHash: hexToBytes(state.blockHash.slice(2)),
    difficulty,
    endianness: sealEndianness(state),
  };
}

/**
 * Whether `register` looks at the work it is given. The call itself did not change when it stopped
 * to: it became a burned registration in the release that brought the half-life of the burned price
 * (Subtensor commit e7f05a05, spec 397; the one before, spec 394, still checks the seal).
 */
function checksWork(state: ChainState): boolean {
  return state.api.tx.subtensorModule.register !== undefined && !state.has("burnHalfLife") &&
    state.has("difficulty");
}

/**
 * How the runtime reads the seal. Big-endian until it moved to Substrate of 2024-12, whose library
 * of numbers made it little-endian (Subtensor commit aedad2e8; in spec 283, not yet in 277). That
 * Substrate also gave the events of extrinsics a record of their own, by which it is known.
 */
function sealEndianness({ api }: ChainState): "little" | "big" {
  const [info] = api.events.system.ExtrinsicSuccess.meta.fields;
  return info?.typeName.unwrapOr("").toString() === "DispatchEventInfo" ? "little" : "big";
}

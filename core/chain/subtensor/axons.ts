/**
 * Where neurons serve.
 *
 * @module
 */

import * as v from "valibot";
import { formatIp } from "../ip_address.ts";
import type { AxonInfo } from "../metagraph.ts";
import { plainAddress } from "../../wallet/address.ts";
import { BIG, COUNT, parseAnswer } from "./answers.ts";
import { checkNetuid } from "./call_checks.ts";
import type { ChainState } from "./chain_state.ts";

/** `AxonInfo` of the chain; the placeholders tell nothing. */
const SERVED = v.object({
  block: COUNT,
  version: COUNT,
  ip: BIG,
  port: COUNT,
  ipType: COUNT,
  protocol: COUNT,
});

/** An axon as the chain tells it; undefined for none, which some answers write as zeros. */
export const AXON = v.pipe(v.optional(SERVED), v.transform(readAxon));

/** The axon that a hotkey serves in a subnet, or undefined. */
export async function readAxonOf(
  state: ChainState,
  netuid: number,
  hotkey: string,
): Promise<AxonInfo | undefined> {
  checkNetuid(netuid);
  const [axon] = await state.read([["axons", netuid, plainAddress(hotkey)]]);
  return parseAnswer(AXON, axon, "for an axon");
}

function readAxon(served: v.InferOutput<typeof SERVED> | undefined): AxonInfo | undefined {
  if (served === undefined) return undefined;
  const { ip, ipType } = served;
  if (ipType !== 4 && ipType !== 6) return undefined;
  // The chain checks the type of an address, but not that the number fits it.
  if (ip >= 1n << (ipType === 4 ? 32n : 128n)) return undefined;
  return { ...served, ipType, ip: formatIp(ip, ipType) };
}

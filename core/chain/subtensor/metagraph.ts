/**
 * The neurons of a subnet, by the best way that the runtime has.
 *
 * @module
 */

import * as v from "valibot";
import type { Metagraph } from "../metagraph.ts";
import { plainAddress } from "../../wallet/address.ts";
import { COUNT, parseAnswer } from "./answers.ts";
import { checkNetuid } from "./call_checks.ts";
import type { ChainState } from "./chain_state.ts";
import type { NamedNeurons } from "./neuron_columns.ts";
import { readLiteNeurons } from "./neurons_lite.ts";
import { readSelectiveNeurons } from "./selective_metagraph.ts";
import { readStoredNeurons } from "./stored_neurons.ts";
import { requireSubnet } from "./subnets.ts";

/** A way to read neurons; undefined where the runtime does not know it. */
export type MetagraphRoute = (
  state: ChainState,
  netuid: number,
) => Promise<NamedNeurons | undefined>;

/** All ways by name, the best first. The last works everywhere. */
export const METAGRAPH_ROUTES: ReadonlyMap<string, MetagraphRoute> = new Map([
  ["selective metagraph", readSelectiveNeurons],
  ["neurons lite", readLiteNeurons],
  ["storage", readStoredNeurons],
]);

/**
 * A subnet's neurons at the state's block.
 *
 * @throws {UsageError} if there is no such subnet
 */
export async function readMetagraph(state: ChainState, netuid: number): Promise<Metagraph> {
  checkNetuid(netuid);
  const [{ isThere, block }, { name, neurons }] = await Promise.all([
    state.readNamed({ isThere: ["networksAdded", netuid], block: ["System.number"] }),
    readNeurons(state, netuid),
  ]);
  requireSubnet(isThere, netuid);
  return { netuid, name, block: parseAnswer(COUNT, block, "for its block"), neurons };
}

/** The uid of a hotkey in a subnet, or undefined. @throws {UsageError} if the address is none */
export async function readUidOf(
  state: ChainState,
  netuid: number,
  hotkey: string,
): Promise<number | undefined> {
  checkNetuid(netuid);
  const [uid] = await state.read([["uids", netuid, plainAddress(hotkey)]]);
  return parseAnswer(v.optional(COUNT), uid, "for a hotkey's uid");
}

async function readNeurons(state: ChainState, netuid: number): Promise<NamedNeurons> {
  for (const route of METAGRAPH_ROUTES.values()) {
    const found = await route(state, netuid);
    if (found !== undefined) return found;
  }
  throw new Error("storage tells neurons on every chain");
}

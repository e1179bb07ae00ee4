/**
 * Which chain it is, and how far.
 *
 * @module
 */

import * as v from "valibot";
import type { Log } from "../../host.ts";
import type { Block, ChainIdentity } from "../chain.ts";
import { COUNT, parseAnswer } from "./answers.ts";
import { newestState } from "./chain_state.ts";
import type { Connection } from "./connection.ts";

const HEADER = v.object({ number: COUNT });

/** @param place its name and address as the user knows them */
export function readIdentity(
  { api, genesisHash }: Connection,
  { network, endpoint }: Pick<ChainIdentity, "network" | "endpoint">,
): ChainIdentity {
  const { specName, specVersion } = api.runtimeVersion;
  return {
    network,
    endpoint,
    genesisHash,
    specName: specName.toString(),
    specVersion: specVersion.toNumber(),
  };
}

/** The newest block of the best chain. */
export async function readHead(connection: Connection): Promise<Block> {
  const state = await newestState(connection);
  const { number, unixMs } = await state.readNamed({
    number: ["System.number"],
    unixMs: ["Timestamp.now"],
  });
  return {
    number: parseAnswer(COUNT, number, "for its newest block"),
    hash: state.blockHash,
    unixMs: parseAnswer(COUNT, unixMs, "for the time of its newest block"),
  };
}

/** Calls with the number of each new block; goes on after cuts. */
export function watchHead(
  connection: Connection,
  listener: (blockNumber: number) => void,
  log: Log,
): Promise<() => void> {
  let isStopped = false;
  const stop = connection.subscribe({
    method: "chain_subscribeNewHeads",
    unsubscribe: "chain_unsubscribeNewHeads",
    params: [],
    onItem: (item) => {
      const header = v.safeParse(HEADER, item);
      if (isStopped) return;
      if (header.success) listener(header.output.number);
      else log.warn(`the chain's node tells of a block that is none: ${header.issues[0].message}`);
    },
  });
  return stop.then((unsubscribe) => () => {
    isStopped = true;
    unsubscribe();
  });
}

/**
 * Opens the chain that the flags name: Subtensor over WebSocket, or a ledger in a file.
 *
 * @module
 */

import { resolve } from "node:path";
import type { Chain } from "../core/chain/chain.ts";
import { Ledger } from "../core/chain/ledger/ledger.ts";
import { type ChainChoice, chainEndpoint, LEDGER_PREFIX } from "../core/chain/networks.ts";
import type { Log } from "../core/host.ts";
import { readyKeys } from "../core/wallet/ready.ts";
import { userFolder } from "./command.ts";
import { openSocket, processClock, processWallClock } from "./deno_host.ts";
import { SqliteLedgerStore } from "./sqlite_ledger_store.ts";

/**
 * The chain of the flags.
 *
 * @throws {UsageError} if they name none
 * @throws {WeftError} if it does not answer, or the ledger's file is none
 */
export async function openChain(choice: ChainChoice, log: Log): Promise<Chain> {
  const { network, endpoint } = chainEndpoint(choice);
  await readyKeys();
  if (endpoint.startsWith(LEDGER_PREFIX)) {
    const file = resolve(userFolder(), endpoint.slice(LEDGER_PREFIX.length));
    return new Ledger(new SqliteLedgerStore(file), {
      wallClock: processWallClock,
      clock: processClock,
      endpoint,
    });
  }
  // Only who speaks to Subtensor waits for its library.
  const { openSubtensor } = await import("../core/chain/subtensor/subtensor.ts");
  return await openSubtensor({ endpoint, network, log, openSocket, clock: processClock });
}

/**
 * The networks by their names, and where they answer.
 *
 * @module
 */

import { UsageError } from "../errors.ts";

/** Opens the address of a ledger; a file's path follows. */
export const LEDGER_PREFIX = "ledger:";

/** Source: `bittensor` v10.2, `core/settings.py`. */
const ENDPOINTS: ReadonlyMap<string, string> = new Map([
  ["finney", "wss://entrypoint-finney.opentensor.ai:443"],
  ["test", "wss://test.finney.opentensor.ai:443"],
  ["archive", "wss://archive.chain.opentensor.ai:443"],
  ["lite", "wss://lite.sub.latent.to:443"],
  ["local", "ws://127.0.0.1:9944"],
]);

/** What the user said about the chain; undefined where nothing. */
export interface ChainChoice {
  /** A network's name, a `ws://` or `wss://` address, or `ledger:FILE`. */
  readonly subtensorNetwork?: string | undefined;
  /** An address; goes before the network. */
  readonly subtensorChainEndpoint?: string | undefined;
}

/** A chain's name and address. */
export interface ChainEndpoint {
  /** One of the known names, `ledger`, or the address itself. */
  readonly network: string;
  /** `ws://…`, `wss://…` or `ledger:FILE`. */
  readonly endpoint: string;
}

/**
 * The chain that the user chose; finney where nothing was said.
 *
 * @throws {UsageError} if there is no such network, or the address is none
 */
export function chainEndpoint(choice: ChainChoice): ChainEndpoint {
  const { subtensorNetwork = "finney", subtensorChainEndpoint } = choice;
  const chosen = subtensorChainEndpoint ?? subtensorNetwork;
  const known = ENDPOINTS.get(chosen);
  if (known !== undefined) return { network: chosen, endpoint: known };
  if (chosen.startsWith(LEDGER_PREFIX)) return ledgerEndpoint(chosen);
  const endpoint = parseAddress(chosen);
  const named = [...ENDPOINTS].find(([, address]) => new URL(address).href === endpoint.href);
  return { network: named?.[0] ?? chosen, endpoint: named?.[1] ?? chosen };
}

function ledgerEndpoint(chosen: string): ChainEndpoint {
  if (chosen === LEDGER_PREFIX) {
    throw new UsageError(`"${chosen}" names no file, expected one such as ledger:chain.sqlite`);
  }
  return { network: "ledger", endpoint: chosen };
}

function parseAddress(chosen: string): URL {
  try {
    const url = new URL(chosen);
    if (url.protocol === "ws:" || url.protocol === "wss:") return url;
  } catch {
    // Said below: what is no address is taken for a name.
  }
  throw new UsageError(
    `unknown chain "${chosen}": expected ${[...ENDPOINTS.keys()].join(", ")}, a ws:// or wss:// ` +
      "address, or ledger:FILE",
  );
}

/**
 * What the renter's commands work with: a hotkey that is registered, the miners that can be asked, and
 * the database with what is rented.
 *
 * @module
 */

import { resolve } from "node:path";
import { Dendrite } from "../../../core/compute/dendrite.ts";
import { Renter } from "../../../core/compute/renter/renter.ts";
import { type MinerTarget, minerTargets } from "../../../core/compute/validator/targets.ts";
import { WeftError } from "../../../core/errors.ts";
import { isAddress } from "../../../core/wallet/address.ts";
import { readyKeys } from "../../../core/wallet/ready.ts";
import type { CommandContext } from "../../command.ts";
import { json, loggingDebug } from "../../common_flags.ts";
import { netuid } from "../../compute/flags.ts";
import { createLog } from "../../deno_host.ts";
import { type Flag, text } from "../../flags.ts";
import { SqliteAllocations } from "../../sqlite_allocations.ts";
import { SqliteComputeBook } from "../../sqlite_compute_book.ts";
import { CHAIN_FLAGS, WALLET_FLAGS } from "../../wallet/flags.ts";
import { hotkeySigner } from "../../wallet/unlock.ts";
import { walletFolder } from "../../wallet/wallet_folder.ts";
import type { ValidateSystem } from "../system.ts";

/** Flags that all of the renter's commands have. */
export const RENTER_FLAGS = {
  ...WALLET_FLAGS,
  ...CHAIN_FLAGS,
  netuid,
  database: text({
    name: "database",
    placeholder: "FILE",
    default: "database.db",
    description: "File with what is rented, in the published table; passwords stand in it.",
  }),
  json,
  loggingDebug,
} as const;

/** `--hotkey` of a miner. */
export function minerFlag(description: string): Flag<string | undefined> {
  return {
    ...{ name: "hotkey", description, placeholder: "ADDRESS", default: undefined },
    ...{ defaultText: "none", expected: "an ss58 address" },
    parse: (text) => isAddress(text) ? text : undefined,
  };
}

/** See the module. */
export interface RenterSession {
  readonly renter: Renter;
  readonly dendrite: Dendrite;
  readonly allocations: SqliteAllocations;
  readonly book: SqliteComputeBook;
  /** Miners with an axon, in the metagraph's order. */
  readonly targets: readonly MinerTarget[];
  /** Milliseconds since 1970. */
  unixMs(): number;
  /** @throws {WeftError} if the miner has no axon */
  target(hotkey: string): MinerTarget;
}

/** Opens all, and closes it when the work is done. */
export async function withRenterSession(
  system: ValidateSystem,
  { values, screen }: CommandContext<typeof RENTER_FLAGS>,
  work: (session: RenterSession) => Promise<number>,
): Promise<number> {
  const log = createLog(values.loggingDebug ? "debug" : "info", (line) => screen.message(line));
  await readyKeys();
  await using open = new AsyncDisposableStack();
  const signer = await hotkeySigner(walletFolder(values, system), values.walletHotkey, system);
  const chain = await system.openChain(values, log);
  open.defer(() => chain.close().catch((error) => log.debug(`the chain did not close: ${error}`)));
  const { neurons } = await chain.metagraph(values.netuid);
  const file = resolve(system.userFolder(), values.database);
  const allocations = new SqliteAllocations(file);
  open.defer(() => allocations.close());
  const book = new SqliteComputeBook(file);
  open.defer(() => book.close());
  const http = system.openHttp();
  open.defer(() => http.close());
  const { clock, wallClock, randomBytes } = system;
  const dendrite = new Dendrite({ signer, http, clock, wallClock, randomBytes, log });
  const targets = minerTargets(neurons, signer.address, {
    ...{ blacklistHotkeys: [], blacklistColdkeys: [], minimalVersion: undefined },
    ...{ updatedThreshold: 0, onePerAddress: false },
  });
  return await work({
    ...{ renter: new Renter(dendrite), dendrite, allocations, book, targets },
    unixMs: () => wallClock.unixMs(),
    target: (hotkey) => {
      const found = targets.find((each) => each.hotkey === hotkey);
      if (found) return found;
      throw new WeftError(`${hotkey} serves no axon on subnet ${values.netuid}: nobody is reached`);
    },
  });
}

/**
 * One look at a ledger, or one change of it, in the block of its moment.
 *
 * @module
 */

import { UsageError } from "../../errors.ts";
import type { WallClock } from "../../host.ts";
import { runDueEpochs } from "./epoch.ts";
import { LedgerState } from "./state.ts";
import type { LedgerCells, LedgerStore } from "./store.ts";
import { createFirstSubnets, LOCAL_SUBNETS, type NewSubnet } from "./subnets.ts";

/** Time from block to block, as on Subtensor. */
export const BLOCK_MS = 12_000;

/** What a ledger begins with, and what tells it the time. */
export interface LedgerOrigin {
  readonly wallClock: WallClock;
  /** Time from block to block. A ledger that exists must have the same. @default its own; 12000 */
  readonly blockMs?: number;
  /** When a new ledger's block 0 was. @default now */
  readonly genesisUnixMs?: number;
  /** A new ledger's subnets beside root. @default {@linkcode LOCAL_SUBNETS} */
  readonly subnets?: readonly NewSubnet[];
}

/**
 * Runs `work` on the state of the present block, with all epochs run that were due. An empty store
 * becomes a new ledger.
 *
 * @throws {WeftError} if the store holds no ledger that this Weft can read
 * @throws {UsageError} if the origin is not that of the ledger; and what `work` throws
 */
export function transact<T>(
  store: LedgerStore,
  origin: LedgerOrigin,
  work: (state: LedgerState) => T,
): T {
  return store.transact((cells) => {
    const unixMs = Math.floor(origin.wallClock.unixMs());
    const state = LedgerState.open(cells) ?? newLedger(cells, origin, unixMs);
    const { blockMs } = state.header;
    if (origin.blockMs !== undefined && origin.blockMs !== blockMs) {
      throw new UsageError(
        `This ledger has a block every ${blockMs} ms, not every ${origin.blockMs} ms.`,
      );
    }
    state.advanceTo(unixMs);
    runDueEpochs(state);
    const result = work(state);
    state.save();
    return result;
  });
}

function newLedger(cells: LedgerCells, origin: LedgerOrigin, unixMs: number): LedgerState {
  const { blockMs = BLOCK_MS, genesisUnixMs = unixMs, subnets = LOCAL_SUBNETS } = origin;
  if (!Number.isSafeInteger(blockMs) || blockMs < 1) {
    throw new UsageError(`A block cannot take ${blockMs} ms: give a whole number from 1 on.`);
  }
  if (!Number.isSafeInteger(genesisUnixMs) || genesisUnixMs < 0) {
    throw new UsageError(`A ledger cannot begin at ${genesisUnixMs} ms since 1970.`);
  }
  const state = LedgerState.create(cells, { genesisUnixMs, blockMs });
  createFirstSubnets(state, subnets);
  return state;
}

/**
 * A local ledger in memory and a wallet beside it.
 *
 * @module
 */

import { Ledger } from "../../../core/chain/ledger/ledger.ts";
import { MemoryLedgerStore } from "../../../core/chain/ledger/memory_store.ts";
import type { Clock } from "../../../core/host.ts";
import { withTempFolder } from "../temp_folder.ts";
import { type FakeWalletSystem, fakeWalletSystem } from "./fake_wallet_system.ts";
import { makeWallet, type TestWallet } from "./test_wallet.ts";

/** A block of the ledger, in milliseconds. */
export const BLOCK_MS = 12_000;

/** Time that only moves when it is told to, or when someone sleeps. */
export class FakeTime implements Clock {
  #ms = 1_700_000_000_000;

  nowMs(): number {
    return this.#ms;
  }

  unixMs(): number {
    return this.#ms;
  }

  /** Lets blocks pass. */
  passBlocks(count: number): void {
    this.#ms += count * BLOCK_MS;
  }

  async sleep(durationMs: number): Promise<void> {
    // Others have their turn first, as in time that really passes.
    await new Promise((resolve) => setTimeout(resolve, 0));
    this.#ms += durationMs;
  }
}

/** A ledger and a wallet. */
export interface LedgerSetup {
  readonly ledger: Ledger;
  readonly time: FakeTime;
  readonly system: FakeWalletSystem;
}

/** Runs a body with a new ledger, on which no one has anything. */
export async function withLedger(
  { answers, wallet }: { readonly answers?: readonly string[]; readonly wallet?: TestWallet },
  body: (setup: LedgerSetup) => Promise<void>,
): Promise<void> {
  await withTempFolder(async (dir) => {
    const time = new FakeTime();
    const settings = { wallClock: time, clock: time, endpoint: "ledger:memory" };
    const ledger = new Ledger(new MemoryLedgerStore(), settings);
    const system = fakeWalletSystem(dir, { chain: ledger, answers });
    await makeWallet(system, wallet);
    await body({ ledger, time, system });
  });
}

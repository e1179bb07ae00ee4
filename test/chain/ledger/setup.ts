/**
 * Ledgers, keys and refusals for the tests.
 *
 * @module
 */

import { assert } from "chai";
import { type Caller, execute, type LedgerCall } from "../../../core/chain/ledger/calls.ts";
import { Ledger, type LedgerSettings } from "../../../core/chain/ledger/ledger.ts";
import { MemoryLedgerStore } from "../../../core/chain/ledger/memory_store.ts";
import type { SubnetRules } from "../../../core/chain/ledger/rules.ts";
import type { LedgerState } from "../../../core/chain/ledger/state.ts";
import type { LedgerStore } from "../../../core/chain/ledger/store.ts";
import { transact } from "../../../core/chain/ledger/transaction.ts";
import { WeftError } from "../../../core/errors.ts";
import { encodeAddress } from "../../../core/wallet/address.ts";
import { Keypair } from "../../../core/wallet/keypair.ts";
import { readyKeys } from "../../../core/wallet/ready.ts";
import { GENESIS_MS, ManualTime } from "./manual_time.ts";

/** Time from block to block in these tests. */
export const BLOCK_MS = 1000;
export const TAO = 1_000_000_000n;
/** The subnet of most tests. */
export const NETUID = 9;

/** All tables. */
export const TABLES = [
  "header",
  "accounts",
  "owners",
  "subnets",
  "neurons",
  "uids",
  "weights",
  "bonds",
  "commits",
  "stakes",
  "used_work",
];

/** A ledger that is used below its signatures: quicker, and keys need no secret. */
export class TestLedger {
  readonly time = new ManualTime();
  readonly store: LedgerStore;
  readonly #settings: LedgerSettings;

  /** @param rules of its one subnet, where they differ from the local rules */
  constructor(rules: Partial<SubnetRules> = {}, store: LedgerStore = new MemoryLedgerStore()) {
    this.store = store;
    this.#settings = {
      wallClock: this.time,
      clock: this.time,
      endpoint: "ledger:test",
      blockMs: BLOCK_MS,
      genesisUnixMs: GENESIS_MS,
      subnets: [{ netuid: NETUID, name: "test", rules }],
    };
  }

  /** The same state with the interface of a chain. */
  asChain(): Ledger {
    return new Ledger(this.store, this.#settings);
  }

  /** Reads or changes the state in the present block. */
  inState<T>(work: (state: LedgerState) => T): T {
    return transact(this.store, this.#settings, work);
  }

  /** Executes a call as if it were signed. */
  call(caller: Caller, call: LedgerCall): number | undefined {
    return this.inState((state) => execute(state, caller, call));
  }

  /** Registers at a cost that does not matter, and returns the uid. */
  register(coldkey: Caller, hotkey: Caller): number {
    const registration = { netuid: NETUID, hotkey: hotkey.address, limitRao: 1000n * TAO };
    const uid = this.call(coldkey, { call: "register_limit", registration });
    return uid ?? assert.fail("no uid");
  }

  /** Stakes on a hotkey in {@linkcode NETUID}. */
  stake(coldkey: Caller, hotkey: Caller, amountRao: bigint): void {
    const change = { netuid: NETUID, hotkey: hotkey.address, amountRao };
    this.call(coldkey, { call: "add_stake", change });
  }

  /** Sets weights in {@linkcode NETUID}. */
  weigh(hotkey: Caller, uids: number[], values: number[], versionKey = 0n): void {
    const weights = { netuid: NETUID, uids, values, versionKey };
    this.call(hotkey, { call: "set_weights", weights });
  }

  /** Lets blocks pass. */
  async passBlocks(count: number): Promise<void> {
    await this.time.advance(count * BLOCK_MS);
  }

  /** All that is kept, by table and key. */
  dump(): Record<string, Record<string, string>> {
    return this.store.transact((cells) =>
      Object.fromEntries(
        TABLES.map((table) => [table, Object.fromEntries(cells.entries(table, "").toSorted())]),
      )
    );
  }
}

/** A key without a secret: its public key is the number, again and again. */
export function caller(number: number): Caller {
  const publicKey = new Uint8Array(32);
  const view = new DataView(publicKey.buffer);
  for (let at = 0; at < 32; at += 4) view.setUint32(at, number + 1);
  return { publicKey, address: encodeAddress(publicKey) };
}

/** A key that signs. */
export async function keypair(name: string): Promise<Keypair> {
  await readyKeys();
  return Keypair.fromUri(`//${name}`);
}

/** A ledger with a coldkey that has 1000 TAO, and what else a test of it needs. */
export function fundedLedger(
  rules: Partial<SubnetRules> = {},
  coldkey = caller(0),
): { readonly ledger: TestLedger; readonly coldkey: Caller } {
  const ledger = new TestLedger(rules);
  fund(ledger, coldkey, 1000n * TAO);
  return { ledger, coldkey };
}

/** Gives rao from nowhere. */
export function fund(ledger: TestLedger, { address }: Caller, amountRao: bigint): void {
  ledger.inState((state) => {
    const account = state.accounts.get(address) ?? { freeRao: 0n, nonce: 0 };
    state.accounts.put(address, { ...account, freeRao: account.freeRao + amountRao });
    state.header.issuedRao += amountRao;
  });
}

/** Asserts that the action is refused with Subtensor's name for it, and returns the message. */
export function refused(name: string, action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return checkRefusal(name, error);
  }
  assert.fail(`nothing was refused, expected [${name}]`);
}

/** {@linkcode refused} for promises. */
export async function rejected(name: string, action: Promise<unknown>): Promise<string> {
  try {
    await action;
  } catch (error) {
    return checkRefusal(name, error);
  }
  assert.fail(`nothing was refused, expected [${name}]`);
}

function checkRefusal(name: string, error: unknown): string {
  assert.instanceOf(error, WeftError, String(error));
  assert.include(error.message, `[${name}]`);
  assert.notInclude(error.message, "\n");
  return error.message;
}

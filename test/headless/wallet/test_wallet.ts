/**
 * Wallets of the well-known development keys, on disk as btwallet writes them.
 *
 * @module
 */

import { join } from "node:path";
import { Keypair } from "../../../core/wallet/keypair.ts";
import { keyRecordOf, publicRecordOf, writeKeyRecord } from "../../../core/wallet/key_record.ts";
import { readyKeys } from "../../../core/wallet/ready.ts";
import type { FakeWalletSystem } from "./fake_wallet_system.ts";

/** The coldkey of {@linkcode makeWallet}: //Alice. */
export const ALICE = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
/** Its hotkey `default`: //Bob. */
export const BOB = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty";
/** Someone else: //Charlie. */
export const CHARLIE = "5FLSigC9HGRKVhB9FiEo4Y3koPsNmBmLJbpXg2mp1hXcS59Y";

/** What differs from a coldkey without a password and one hotkey. */
export interface TestWallet {
  readonly name?: string;
  /** @default {"//Alice"} */
  readonly coldkey?: string;
  /** URIs of hotkeys by name. @default {`default`, which is //Bob} */
  readonly hotkeys?: Readonly<Record<string, string>>;
  /** Whether only the public file of the coldkey is there. */
  readonly isWatchOnly?: boolean;
}

/** Writes a wallet below the surroundings' `~/.bittensor/wallets`. */
export async function makeWallet(
  { walletsDir }: FakeWalletSystem,
  { name = "default", coldkey = "//Alice", hotkeys = { default: "//Bob" }, isWatchOnly }:
    TestWallet = {},
): Promise<void> {
  await readyKeys();
  const dir = join(walletsDir, name);
  Deno.mkdirSync(join(dir, "hotkeys"), { recursive: true });
  const cold = Keypair.fromUri(coldkey);
  write(join(dir, "coldkeypub.txt"), writeKeyRecord(publicRecordOf(cold.publicKey)));
  if (!isWatchOnly) write(join(dir, "coldkey"), writeKeyRecord(keyRecordOf(cold)));
  for (const [hotkey, uri] of Object.entries(hotkeys)) {
    write(join(dir, "hotkeys", hotkey), writeKeyRecord(keyRecordOf(Keypair.fromUri(uri))));
  }
}

function write(path: string, bytes: Uint8Array): void {
  Deno.writeFileSync(path, bytes, { mode: 0o600 });
}

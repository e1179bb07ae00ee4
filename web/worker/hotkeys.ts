/**
 * The hotkeys of this browser. Their secrets are in IndexedDB under a passphrase, and in this thread's
 * memory while they are used; they never leave it but by an export that is asked for.
 *
 * @module
 */

import { UsageError, WeftError } from "../../core/errors.ts";
import { isAddress } from "../../core/wallet/address.ts";
import {
  keypairOf,
  type KeyRecord,
  keyRecordOf,
  parseKeyRecord,
  writeKeyRecord,
} from "../../core/wallet/key_record.ts";
import { Keypair } from "../../core/wallet/keypair.ts";
import { newMnemonic } from "../../core/wallet/mnemonic.ts";
import { passwordWeakness } from "../../core/wallet/password_policy.ts";
import { readyKeys } from "../../core/wallet/ready.ts";
import { browserRandomBytes } from "./browser_host.ts";
import type { Database } from "./idb_storage.ts";
import type { HotkeyEntry, NewHotkey } from "./node_api.ts";

const MNEMONIC_WORDS = 12;
const MAX_NAME_LETTERS = 60;

/** Those that are kept, the oldest first. */
export async function listHotkeys(database: Database): Promise<HotkeyEntry[]> {
  const kept = await database.getAll("hotkeys");
  return kept.map(({ address, name, createdAt }) => ({ address, name, createdAt }))
    .sort((one, other) => one.createdAt - other.createdAt);
}

/** Makes a key and keeps it. @throws {UsageError} for a weak passphrase */
export async function createHotkey(
  database: Database,
  name: string,
  passphrase: string,
): Promise<NewHotkey> {
  await readyKeys();
  const mnemonic = newMnemonic(MNEMONIC_WORDS, browserRandomBytes);
  const record = keyRecordOf(Keypair.fromMnemonic(mnemonic));
  return { ...await keep(database, record, name, passphrase), mnemonic };
}

/**
 * Keeps a key that there was before.
 *
 * @param secret its mnemonic, or the JSON of its keyfile
 * @throws {UsageError} for a weak passphrase, or words that are no mnemonic
 * @throws {WeftError} for a keyfile that cannot be read
 */
export async function importHotkey(
  database: Database,
  name: string,
  secret: string,
  passphrase: string,
): Promise<HotkeyEntry> {
  await readyKeys();
  const text = secret.trim();
  const keypair = text.startsWith("{")
    ? keypairOf(parseKeyRecord(new TextEncoder().encode(text)))
    : Keypair.fromMnemonic(text);
  return await keep(database, keyRecordOf(keypair), name, passphrase);
}

/** Opens a key to sign with. @throws {WeftError} if there is none, or by another passphrase */
export async function unlockHotkey(
  database: Database,
  address: string,
  passphrase: string,
): Promise<Keypair> {
  await readyKeys();
  const bytes = await openedBytes(database, address, passphrase);
  try {
    return keypairOf(parseKeyRecord(bytes));
  } finally {
    bytes.fill(0);
  }
}

/** A key's file as btcli keeps it, without a password. @throws as `unlockHotkey` */
export async function exportHotkey(
  database: Database,
  address: string,
  passphrase: string,
): Promise<string> {
  const bytes = await openedBytes(database, address, passphrase);
  try {
    return new TextDecoder().decode(bytes);
  } finally {
    bytes.fill(0);
  }
}

/** Removes a key from this browser. */
export async function forgetHotkey(database: Database, address: string): Promise<void> {
  await database.delete("hotkeys", address);
}

async function keep(
  database: Database,
  record: KeyRecord,
  name: string,
  passphrase: string,
): Promise<HotkeyEntry> {
  const weakness = passwordWeakness(passphrase);
  if (weakness !== undefined) throw new UsageError(weakness.replaceAll("password", "passphrase"));
  const address = record.ss58Address;
  if (await database.get("hotkeys", address)) {
    throw new UsageError(`hotkey ${address} is kept already: choose it, or forget it first`);
  }
  const secret = writeKeyRecord(record);
  try {
    const { sealHotkey } = await import("./hotkey_box.ts");
    const box = await sealHotkey(secret, passphrase, address, browserRandomBytes);
    const entry = { address, name: shortName(name), createdAt: Date.now() };
    await database.put("hotkeys", { ...entry, box });
    return entry;
  } finally {
    secret.fill(0);
  }
}

async function openedBytes(
  database: Database,
  address: string,
  passphrase: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const kept = isAddress(address) ? await database.get("hotkeys", address) : undefined;
  if (!kept) throw new WeftError(`this browser keeps no hotkey ${address}: create or import it`);
  const { openHotkey } = await import("./hotkey_box.ts");
  return await openHotkey(kept.box, passphrase, address);
}

function shortName(name: string): string {
  return name.replace(/\p{C}/gu, "").trim().slice(0, MAX_NAME_LETTERS) || "default";
}

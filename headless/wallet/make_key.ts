/**
 * The way of a key to its files, the same whether it is new or made again.
 *
 * @module
 */

import { bytesToHex } from "@noble/hashes/utils.js";
import { keyRecordOf, publicRecordOf, writeKeyRecord } from "../../core/wallet/key_record.ts";
import { sealKeyfile } from "../../core/wallet/keyfile.ts";
import type { Keypair } from "../../core/wallet/keypair.ts";
import { readyKeys } from "../../core/wallet/ready.ts";
import type { Screen } from "../screen.ts";
import { type KeySlot, mayWrite, type OverwriteValues } from "./key_slot.ts";
import { writeKeyfiles } from "./keyfile_disk.ts";
import { newPassword } from "./new_password.ts";
import type { WalletSystem } from "./system.ts";

/** What a command was called with that makes a key. */
export interface MakeKeyContext {
  readonly values: OverwriteValues & { readonly usePassword: boolean; readonly json: boolean };
  readonly screen: Screen;
}

/**
 * Makes a key and writes its files: nothing is asked for before it is clear that they may be written,
 * and nothing is written before all is known. Returns the key; undefined if the person said no.
 *
 * @param create makes the key, asking for what it needs
 */
export async function makeKey(
  system: WalletSystem,
  slot: KeySlot,
  { values, screen }: MakeKeyContext,
  create: () => Keypair | Promise<Keypair>,
): Promise<Keypair | undefined> {
  const files = [slot.keyfile, slot.publicKeyfile];
  if (!await mayWrite(slot.title, files, values, system.prompter)) {
    screen.message("Nothing was written.");
    return undefined;
  }
  await readyKeys();
  const keypair = await create();
  const password = values.usePassword ? await newPassword(slot.keyfile, system) : undefined;
  const bytes = await keyfileBytes(keypair, password, system);
  writeKeyfiles([
    { path: slot.keyfile, bytes },
    { path: slot.publicKeyfile, bytes: writeKeyRecord(publicRecordOf(keypair.publicKey)) },
  ], values);
  bytes.fill(0);
  showKey(slot, keypair, { values, screen });
  return keypair;
}

function keyfileBytes(
  keypair: Keypair,
  password: string | undefined,
  { prompter, randomBytes }: WalletSystem,
): Uint8Array | Promise<Uint8Array> {
  const record = keyRecordOf(keypair);
  if (password === undefined) return writeKeyRecord(record);
  prompter.say("Encrypting the key, which takes some seconds…");
  return sealKeyfile(record, password, randomBytes);
}

function showKey(slot: KeySlot, keypair: Keypair, { values, screen }: MakeKeyContext): void {
  const { title, wallet, hotkey, keyfile, publicKeyfile } = slot;
  const { usePassword: isEncrypted, json } = values;
  const { address } = keypair;
  if (json) {
    const publicKey = `0x${bytesToHex(keypair.publicKey)}`;
    screen.printJson({ wallet, hotkey, address, publicKey, isEncrypted, keyfile, publicKeyfile });
  } else {
    screen.print(`${title[0].toUpperCase()}${title.slice(1)}: ${address}`);
  }
  const how = isEncrypted ? "encrypted" : "not encrypted, readable by you alone";
  screen.message(`Written: ${keyfile} (${how}) and ${publicKeyfile}`);
}

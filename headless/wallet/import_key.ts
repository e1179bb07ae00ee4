/**
 * Makes a key again from what was noted of it: a mnemonic, a seed, or an export of polkadot-js.
 *
 * @module
 */

import { hexToBytes } from "@noble/hashes/utils.js";
import { resolve } from "node:path";
import { UsageError, WeftError } from "../../core/errors.ts";
import { Keypair } from "../../core/wallet/keypair.ts";
import { importPolkadotJson, isEncryptedPolkadotJson } from "../../core/wallet/polkadot_json.ts";
import { readKeyfile } from "./keyfile_disk.ts";
import { openWithPassword } from "./password_tries.ts";
import type { WalletSystem } from "./system.ts";
import { expandHome } from "./wallet_folder.ts";

/** The flags that say where a key comes from. */
export interface ImportValues {
  readonly mnemonic: string | undefined;
  readonly seed: string | undefined;
  readonly jsonFile: string | undefined;
  readonly jsonPassword: string | undefined;
}

const SEED = /^(?:0x)?([0-9a-f]{64})$/i;

/**
 * The key that the flags or the person at the terminal describe. Needs `readyKeys`.
 *
 * @param words what stands behind the flags: the rest of a mnemonic that was typed without quotes
 * @throws {UsageError} if it is described twice, not at all, or wrongly; shows nothing of a secret
 *   but the one word of a mnemonic that is in no list
 * @throws {WeftError} if the file cannot be used
 */
export async function importKey(
  values: ImportValues,
  words: readonly string[],
  system: WalletSystem,
): Promise<Keypair> {
  const { mnemonic, seed, jsonFile } = values;
  const given = { "--mnemonic": mnemonic, "--seed": seed, "--json-file": jsonFile };
  const names = Object.entries(given).flatMap(([name, value]) => value === undefined ? [] : [name]);
  if (names.length > 1) {
    throw new UsageError(`${names.join(" and ")} each describe a key: give one of them`);
  }
  if (words.length > 0 && mnemonic === undefined) {
    throw new UsageError("words without a flag: put those of a mnemonic behind --mnemonic");
  }
  if (mnemonic !== undefined) return Keypair.fromMnemonic([mnemonic, ...words].join(" "));
  if (seed !== undefined) return fromSeed(seed);
  if (jsonFile !== undefined) return await fromJsonFile(jsonFile, values.jsonPassword, system);
  return await askForKey(system);
}

async function askForKey({ prompter }: WalletSystem): Promise<Keypair> {
  if (!prompter.isInteractive) {
    throw new UsageError(
      "no one is there to ask for the mnemonic: give --mnemonic, --seed or --json-file",
    );
  }
  const answer = (await prompter.readSecret("Mnemonic or seed, not shown as you type:")).trim();
  return SEED.test(answer) ? fromSeed(answer) : Keypair.fromMnemonic(answer);
}

function fromSeed(text: string): Keypair {
  const digits = SEED.exec(text.trim())?.[1];
  if (digits === undefined) {
    throw new UsageError("--seed is no seed of a key: expected 64 hex digits");
  }
  return Keypair.fromSeed(hexToBytes(digits));
}

async function fromJsonFile(
  name: string,
  password: string | undefined,
  system: WalletSystem,
): Promise<Keypair> {
  const path = resolve(system.userFolder(), expandHome(name, system));
  const read = readKeyfile(path);
  if (!read) throw new WeftError(`there is no file ${path}: --json-file names an export`);
  const text = new TextDecoder().decode(read.bytes);
  const open = (typed?: string): Keypair => importPolkadotJson(text, typed);
  if (password !== undefined || !isEncryptedPolkadotJson(text)) return open(password);
  if (!system.prompter.isInteractive) {
    throw new UsageError(`${path} is encrypted and no one is there to ask: give --json-password`);
  }
  return await openWithPassword(system.prompter, `Password of ${path}:`, open);
}

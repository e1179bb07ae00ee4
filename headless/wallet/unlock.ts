/**
 * Opens keyfiles: reads them, finds the password in the environment or asks for it.
 *
 * @module
 */

import { WeftError } from "../../core/errors.ts";
import { keyfileFormat, openKeyfile } from "../../core/wallet/keyfile.ts";
import { keypairOf, type KeyRecord } from "../../core/wallet/key_record.ts";
import type { Keypair } from "../../core/wallet/keypair.ts";
import { readyKeys } from "../../core/wallet/ready.ts";
import { WrongPasswordError } from "../../core/wallet/wrong_password.ts";
import { readKeyfile } from "./keyfile_disk.ts";
import { openWithPassword } from "./password_tries.ts";
import {
  type FoundPassword,
  passwordInEnvironment,
  passwordVariables,
} from "./password_variables.ts";
import type { WalletSystem } from "./system.ts";
import type { WalletFolder } from "./wallet_folder.ts";

/**
 * The key of a keyfile. A password comes from the environment, or is asked for three times at most.
 *
 * @param file absolute path
 * @throws {WeftError} if there is no such file, it is no private keyfile, or the password is wrong
 */
export function unlockKeyfile(file: string, system: WalletSystem): Promise<Keypair> {
  return unlock(file, system, `there is no keyfile ${file}: name another, or make the key first`);
}

/** The key of a wallet's hotkey; errors as {@linkcode unlockKeyfile}. */
export function hotkeySigner(
  wallet: WalletFolder,
  hotkey: string,
  system: WalletSystem,
): Promise<Keypair> {
  return unlock(wallet.hotkeyFile(hotkey), system, wallet.missingHotkey(hotkey));
}

/** The key of a wallet's coldkey; errors as {@linkcode unlockKeyfile}. */
export function coldkeySigner(wallet: WalletFolder, system: WalletSystem): Promise<Keypair> {
  return unlock(wallet.coldkeyFile, system, wallet.missingColdkey());
}

async function unlock(file: string, system: WalletSystem, missing: string): Promise<Keypair> {
  const read = readKeyfile(file);
  if (!read) throw new WeftError(missing);
  const { bytes, wideMode } = read;
  if (wideMode !== undefined) {
    system.prompter.say(
      `warning: others than you may read ${file} (mode ${wideMode.toString(8)}): ` +
        `close it with chmod 600 ${file}`,
    );
  }
  await readyKeys();
  try {
    const isPlain = keyfileFormat(bytes) === "plain";
    return keypairOf(await (isPlain ? openKeyfile(bytes) : openSealed(file, bytes, system)));
  } catch (error) {
    if (!(error instanceof WeftError)) throw error;
    throw new WeftError(`${file}: ${error.message}`, { cause: error });
  } finally {
    bytes.fill(0);
  }
}

async function openSealed(
  file: string,
  bytes: Uint8Array,
  system: WalletSystem,
): Promise<KeyRecord> {
  const found = passwordInEnvironment(file, system.environment);
  if (found) return await openWithVariable(bytes, found);
  const { prompter } = system;
  if (!prompter.isInteractive) {
    throw new WeftError(
      "it is encrypted and no one is there to ask for the password: set " +
        `${passwordVariables(file)}, or run this in a terminal`,
    );
  }
  return await openWithPassword(
    prompter,
    `Password of ${file}:`,
    (password) => openKeyfile(bytes, password),
  );
}

async function openWithVariable(
  bytes: Uint8Array,
  { variable, password }: FoundPassword,
): Promise<KeyRecord> {
  try {
    return await openKeyfile(bytes, password);
  } catch (error) {
    if (!(error instanceof WrongPasswordError)) throw error;
    throw new WeftError(`the password in ${variable} is wrong: set the right one, or unset it`, {
      cause: error,
    });
  }
}

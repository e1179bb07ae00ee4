/**
 * Where a key is kept: the private file and the public one beside it.
 *
 * @module
 */

import { UsageError, WeftError } from "../../core/errors.ts";
import { agrees } from "./confirm.ts";
import { filesAt } from "./keyfile_disk.ts";
import type { Prompter } from "./system.ts";
import type { WalletFolder } from "./wallet_folder.ts";

/** The place of one key. */
export interface KeySlot {
  /** For a person: `coldkey of wallet "default"`. */
  readonly title: string;
  readonly wallet: string;
  /** Undefined for a coldkey. */
  readonly hotkey: string | undefined;
  /** Absolute. */
  readonly keyfile: string;
  /** Absolute. */
  readonly publicKeyfile: string;
}

/** The place of a wallet's coldkey. */
export function coldkeySlot(wallet: WalletFolder): KeySlot {
  return {
    title: `coldkey of wallet "${wallet.name}"`,
    wallet: wallet.name,
    hotkey: undefined,
    keyfile: wallet.coldkeyFile,
    publicKeyfile: wallet.coldkeypubFile,
  };
}

/** The place of a wallet's hotkey; throws UsageError for a name that cannot be a hotkey's. */
export function hotkeySlot(wallet: WalletFolder, hotkey: string): KeySlot {
  return {
    title: `hotkey "${hotkey}" of wallet "${wallet.name}"`,
    wallet: wallet.name,
    hotkey,
    keyfile: wallet.hotkeyFile(hotkey),
    publicKeyfile: wallet.hotkeypubFile(hotkey),
  };
}

/** Flags that decide whether a key may be replaced. */
export interface OverwriteValues {
  readonly overwrite: boolean;
  readonly yes: boolean;
}

/**
 * Whether the files of a key may be written; asks if some would be replaced. False if the person
 * says no.
 *
 * @param title what the files are, for a person
 * @throws {WeftError} if a file is there and `--overwrite` is not
 * @throws {UsageError} if it has to be confirmed and no one is there
 */
export async function mayWrite(
  title: string,
  files: readonly string[],
  { overwrite, yes }: OverwriteValues,
  prompter: Prompter,
): Promise<boolean> {
  const taken = filesAt(files).join(" and ");
  if (taken === "") return true;
  if (!overwrite) {
    throw new WeftError(
      `the ${title} is there already, in ${taken}: name another, or replace it with --overwrite, ` +
        "which loses the old key for ever unless its mnemonic was noted",
    );
  }
  if (!yes && !prompter.isInteractive) {
    throw new UsageError(
      `${taken} would be replaced and no one is there to confirm it: add --yes to do so`,
    );
  }
  const question = `Replace the ${title}? What is in ${taken} is lost for ever.`;
  return await agrees({ yes, dryRun: false }, prompter, question);
}

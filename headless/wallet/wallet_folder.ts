/**
 * The folder of a wallet: where its keys lie, and what can be told without a password.
 *
 * @module
 */

import { join, resolve } from "node:path";
import { UsageError, WeftError } from "../../core/errors.ts";
import { keyfileFormat } from "../../core/wallet/keyfile.ts";
import { parseKeyRecord } from "../../core/wallet/key_record.ts";
import { diskError } from "./disk_error.ts";
import { readKeyfile } from "./keyfile_disk.ts";
import type { WalletSystem } from "./system.ts";

const PUBLIC_SUFFIX = "pub.txt";

/** A wallet: a coldkey and its hotkeys, as btcli lays them out. The folder need not exist. */
export class WalletFolder {
  /**
   * @param path the folder of all wallets, absolute
   * @throws {UsageError} for a name that cannot be a folder's
   */
  constructor(readonly path: string, readonly name: string) {
    checkName("--wallet.name", name, nameFault(name));
  }

  /** The wallet's own folder. */
  get dir(): string {
    return join(this.path, this.name);
  }

  /** The private coldkey. */
  get coldkeyFile(): string {
    return join(this.dir, "coldkey");
  }

  /** The coldkey's address. */
  get coldkeypubFile(): string {
    return join(this.dir, `coldkey${PUBLIC_SUFFIX}`);
  }

  /**
   * A private hotkey.
   *
   * @throws {UsageError} for a name that cannot be a hotkey's
   */
  hotkeyFile(hotkey: string): string {
    checkName("--wallet.hotkey", hotkey, hotkeyNameFault(hotkey));
    return join(this.dir, "hotkeys", hotkey);
  }

  /**
   * A hotkey's address.
   *
   * @throws {UsageError} for a name that cannot be a hotkey's
   */
  hotkeypubFile(hotkey: string): string {
    checkName("--wallet.hotkey", hotkey, hotkeyNameFault(hotkey));
    return join(this.dir, "hotkeys", `${hotkey}${PUBLIC_SUFFIX}`);
  }

  /**
   * The coldkey's address: from coldkeypub.txt, or from a coldkey that is not encrypted.
   *
   * @throws {WeftError} if it cannot be told; says what to run
   */
  coldkeyAddress(): string {
    const address = addressIn(this.coldkeypubFile) ?? addressIn(this.coldkeyFile);
    if (address !== undefined) return address;
    throw new WeftError(
      readKeyfile(this.coldkeyFile) === undefined ? this.missingColdkey() : (
        `the coldkey of wallet "${this.name}" is encrypted and has no coldkeypub.txt: deno task ` +
        `wallet regen_coldkeypub --wallet.name ${this.name} --ss58 ADDRESS writes it`
      ),
    );
  }

  /**
   * A hotkey's address: from the hotkey if it is not encrypted, else from its public file.
   *
   * @throws {WeftError} if it cannot be told; says what to run
   */
  hotkeyAddress(hotkey: string): string {
    const [file, publicFile] = [this.hotkeyFile(hotkey), this.hotkeypubFile(hotkey)];
    // Older tools replaced a hotkey and left its public file: what signs is right.
    const address = addressIn(file) ?? addressIn(publicFile);
    if (address !== undefined) return address;
    throw new WeftError(
      readKeyfile(file) === undefined
        ? this.missingHotkey(hotkey)
        : `hotkey "${hotkey}" of wallet "${this.name}" is encrypted and has no ` +
          `${hotkey}${PUBLIC_SUFFIX}: deno task wallet regen_hotkey --overwrite writes both anew`,
    );
  }

  /** Names of the hotkeys that are there, sorted; none if there is no such folder. */
  hotkeyNames(): string[] {
    return entriesOf(join(this.dir, "hotkeys")).map(({ name }) => name)
      .filter((name) => hotkeyNameFault(name) === undefined);
  }

  /** What to say where there is no coldkey. */
  missingColdkey(): string {
    return `wallet "${this.name}" has no coldkey in ${this.path}: deno task wallet new_coldkey ` +
      `--wallet.name ${this.name} makes one, --wallet.path names another place`;
  }

  /** What to say where there is no such hotkey. */
  missingHotkey(hotkey: string): string {
    return `wallet "${this.name}" has no hotkey "${hotkey}" in ${this.path}: deno task wallet ` +
      `new_hotkey --wallet.name ${this.name} --wallet.hotkey ${hotkey} makes one`;
  }
}

/** The wallet that the flags name; errors as {@linkcode walletsPath} and for a bad name. */
export function walletFolder(
  values: { readonly walletPath: string; readonly walletName: string },
  system: WalletSystem,
): WalletFolder {
  return new WalletFolder(walletsPath(values.walletPath, system), values.walletName);
}

/**
 * The folder of all wallets, absolute. `~` is the user's home; a relative path starts where the user
 * stands.
 *
 * @throws {UsageError} if it is in the home and the environment names none
 */
export function walletsPath(walletPath: string, system: WalletSystem): string {
  return resolve(system.userFolder(), expandHome(walletPath, system));
}

/** A path whose opening `~` is the user's home. */
export function expandHome(path: string, system: WalletSystem): string {
  if (!/^~(?=$|[/\\])/.test(path)) return path;
  const home = system.home();
  if (home !== undefined) return `${home}${path.slice(1)}`;
  throw new UsageError(`HOME is not set, so ${path} is no place: write the path without ~`);
}

/**
 * The wallets in a folder, by name; none if there is no such folder.
 *
 * @throws {WeftError} if the folder cannot be read
 */
export function listWallets(path: string): WalletFolder[] {
  return entriesOf(path)
    .filter((entry) => nameFault(entry.name) === undefined && isFolder(path, entry))
    .map(({ name }) => new WalletFolder(path, name));
}

/** The address in a file; undefined if there is no file, or a password is needed. */
function addressIn(file: string): string | undefined {
  const read = readKeyfile(file);
  if (!read || keyfileFormat(read.bytes) !== "plain") return undefined;
  try {
    return parseKeyRecord(read.bytes).ss58Address;
  } catch (error) {
    if (!(error instanceof WeftError)) throw error;
    throw new WeftError(`${file}: ${error.message}`, { cause: error });
  } finally {
    read.bytes.fill(0);
  }
}

function checkName(flag: string, name: string, fault: string | undefined): void {
  if (fault !== undefined) throw new UsageError(`${flag} ${JSON.stringify(name)}: ${fault}`);
}

/** Why a name is none of a file in its folder; undefined if it is one. */
function nameFault(name: string): string | undefined {
  if (name === "") return "a name has at least one letter";
  if (/[/\\]/.test(name)) return "a name is no path, expected one without / and \\";
  if (/\p{C}/u.test(name)) return "a name has no control characters";
  // Also "." and "..", and our own files that are on their way to their place.
  return name.startsWith(".") ? "a name does not open with a dot" : undefined;
}

function hotkeyNameFault(name: string): string | undefined {
  return name.endsWith(PUBLIC_SUFFIX)
    ? `names that end in ${PUBLIC_SUFFIX} are those of public files`
    : nameFault(name);
}

/** What is in a folder, by name; nothing if there is no such folder. */
function entriesOf(path: string): Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(path)].sort((a, b) => a.name < b.name ? -1 : 1);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw diskError(`${path} cannot be listed`, error);
  }
}

/** Whether an entry is a folder, or a link to one. */
function isFolder(path: string, { name, isDirectory, isSymlink }: Deno.DirEntry): boolean {
  if (!isSymlink) return isDirectory;
  try {
    return Deno.statSync(join(path, name)).isDirectory;
  } catch {
    return false;
  }
}

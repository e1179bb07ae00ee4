/**
 * `deno task wallet list`: the wallets in a folder and their keys.
 *
 * @module
 */

import { WeftError } from "../../core/errors.ts";
import { readyKeys } from "../../core/wallet/ready.ts";
import { json } from "../common_flags.ts";
import type { Command } from "../command.ts";
import { walletPath } from "./flags.ts";
import type { WalletSystem } from "./system.ts";
import { listWallets, type WalletFolder, walletsPath } from "./wallet_folder.ts";

/** Stands for an address that cannot be told. */
const UNKNOWN = "?";

const FLAGS = { walletPath, json };

/** The command, in these surroundings. */
export function listCommand(system: WalletSystem): Command<typeof FLAGS> {
  return {
    name: "list",
    summary: "Shows the wallets in a folder with the addresses of their keys.",
    flags: FLAGS,
    async run({ values, screen }): Promise<number> {
      const path = walletsPath(values.walletPath, system);
      await readyKeys();
      const wallets = listWallets(path).map(readWallet);
      if (wallets.length === 0) {
        screen.message(`There is no wallet in ${path}: deno task wallet new_coldkey makes one.`);
      }
      if (values.json) wallets.forEach((wallet) => screen.printJson(wallet));
      else if (wallets.length > 0) screen.print(treeLines(path, wallets).join("\n"));
      for (const problem of wallets.flatMap(problemsOf)) {
        screen.message(screen.style("yellow", `warning: ${problem}`));
      }
      return 0;
    },
  };
}

/** A key, as far as it can be told without a password: its address, or why it has none. */
interface ListedKey {
  readonly address?: string;
  readonly problem?: string;
}

interface ListedWallet {
  readonly wallet: string;
  readonly path: string;
  readonly coldkey: ListedKey;
  readonly hotkeys: readonly (ListedKey & { readonly name: string })[];
  /** Why the hotkeys cannot be listed. */
  readonly problem?: string;
}

function readWallet(wallet: WalletFolder): ListedWallet {
  const { names = [], problem } = readNames(wallet);
  return {
    wallet: wallet.name,
    path: wallet.dir,
    coldkey: readKey(() => wallet.coldkeyAddress()),
    hotkeys: names.map((name) => ({ name, ...readKey(() => wallet.hotkeyAddress(name)) })),
    problem,
  };
}

function readNames(
  wallet: WalletFolder,
): { readonly names?: readonly string[]; readonly problem?: string } {
  try {
    return { names: wallet.hotkeyNames() };
  } catch (error) {
    return { problem: problemOf(error) };
  }
}

/** One key that cannot be read does not keep the others from being shown. */
function readKey(address: () => string): ListedKey {
  try {
    return { address: address() };
  } catch (error) {
    return { problem: problemOf(error) };
  }
}

function problemOf(error: unknown): string {
  if (error instanceof WeftError) return error.message;
  throw error;
}

function problemsOf({ coldkey, hotkeys, problem }: ListedWallet): string[] {
  return [coldkey, ...hotkeys, { problem }].flatMap((each) => each.problem ?? []);
}

function treeLines(path: string, wallets: readonly ListedWallet[]): string[] {
  return [`Wallets in ${path}`, ...branches(wallets.map(walletLines))];
}

function walletLines({ wallet, coldkey, hotkeys }: ListedWallet): string[] {
  const keys = hotkeys.map(({ name, address = UNKNOWN }) => [`Hotkey ${name}  ${address}`]);
  return [`Coldkey ${wallet}  ${coldkey.address ?? UNKNOWN}`, ...branches(keys)];
}

/** Draws each block of lines as a branch. */
function branches(blocks: readonly (readonly string[])[]): string[] {
  return blocks.flatMap((lines, at) => {
    const isLast = at === blocks.length - 1;
    const [first, others] = isLast ? ["└── ", "    "] : ["├── ", "│   "];
    return lines.map((line, row) => `${row === 0 ? first : others}${line}`);
  });
}

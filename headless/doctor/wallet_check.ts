/**
 * Whether the wallet's folder is there and whose it is.
 *
 * @module
 */

import { join } from "node:path";
import { listWallets } from "../wallet/wallet_folder.ts";
import { type Check, fail, type Finding, NotKnownError, ok } from "./check.ts";
import { walletCommand } from "./commands.ts";
import type { CheckContext } from "./context.ts";
import { accessFindings, shownPath } from "./file_access.ts";

/** The folder of the wallet and that of its hotkeys. */
export const walletCheck: Check = {
  name: "wallet",
  async run(context): Promise<Finding[]> {
    const { settings: { wallet }, system } = context;
    const [folder, hotkeys] = [wallet.dir, join(wallet.dir, "hotkeys")];
    const state = await system.stat(folder);
    const shown = shownPath(folder, system);
    switch (state.kind) {
      case "missing":
        return [missing(context, shown)];
      case "hidden":
        return [fail(
          "wallet",
          `${shown} may not be looked into`,
          "Run Weft as the user that the wallet belongs to.",
        )];
      case "folder":
        return [
          ok("wallet", shown),
          ...accessFindings("wallet", folder, "folder", state, system),
          ...accessFindings("wallet", hotkeys, "folder", await system.stat(hotkeys), system),
        ];
      default:
        return [fail("wallet", `${shown} is no folder`, "Choose another --wallet.name.")];
    }
  },
};

/**
 * Lets a check of a file in the wallet's folder pass.
 *
 * @throws {NotKnownError} if the folder cannot be looked into
 */
export async function needWallet({ settings: { wallet }, system }: CheckContext): Promise<void> {
  if ((await system.stat(wallet.dir)).kind !== "folder") {
    throw new NotKnownError("the wallet is not there");
  }
}

function missing({ settings }: CheckContext, shown: string): Finding {
  const others = otherWallets(settings.wallet.path);
  return fail(
    "wallet",
    `${shown} is not there`,
    others.length > 0
      ? `Name the one that you mean by --wallet.name, of ${others.join(", ")}, or make this one:`
      : "Make it, or name the folder of your wallets by --wallet.path:",
    walletCommand(settings, "new_coldkey"),
  );
}

/** None where the folder of all wallets cannot be read, either. */
function otherWallets(path: string): string[] {
  try {
    return listWallets(path).map(({ name }) => name);
  } catch {
    return [];
  }
}

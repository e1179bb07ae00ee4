/**
 * `deno task wallet new_hotkey`: makes a hotkey, the key that a node signs with.
 *
 * @module
 */

import { Keypair } from "../../core/wallet/keypair.ts";
import { newMnemonic } from "../../core/wallet/mnemonic.ts";
import type { Command } from "../command.ts";
import { WALLET_FLAGS } from "./flags.ts";
import { hotkeyPassword, nWords, WRITE_FLAGS } from "./key_flags.ts";
import { hotkeySlot } from "./key_slot.ts";
import { makeKey } from "./make_key.ts";
import { showMnemonic } from "./show_mnemonic.ts";
import type { WalletSystem } from "./system.ts";
import { walletFolder } from "./wallet_folder.ts";

const FLAGS = { ...WALLET_FLAGS, nWords, usePassword: hotkeyPassword, ...WRITE_FLAGS };

/** The command, in these surroundings. */
export function newHotkeyCommand(system: WalletSystem): Command<typeof FLAGS> {
  return {
    name: "new_hotkey",
    summary: "Makes a hotkey, the key that a node signs with. Its mnemonic is shown once.",
    flags: FLAGS,
    async run(context): Promise<number> {
      const { values } = context;
      const slot = hotkeySlot(walletFolder(values, system), values.walletHotkey);
      const mnemonic = newMnemonic(values.nWords, system.randomBytes);
      const key = await makeKey(system, slot, context, () => Keypair.fromMnemonic(mnemonic));
      if (!key) return 1;
      showMnemonic(mnemonic, slot, context, system);
      return 0;
    },
  };
}

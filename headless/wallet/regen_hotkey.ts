/**
 * `deno task wallet regen_hotkey`: makes a hotkey again from its mnemonic, seed or export.
 *
 * @module
 */

import type { Command } from "../command.ts";
import { WALLET_FLAGS } from "./flags.ts";
import { importKey } from "./import_key.ts";
import { hotkeyPassword, IMPORT_FLAGS, WRITE_FLAGS } from "./key_flags.ts";
import { hotkeySlot } from "./key_slot.ts";
import { makeKey } from "./make_key.ts";
import type { WalletSystem } from "./system.ts";
import { walletFolder } from "./wallet_folder.ts";

const FLAGS = {
  ...WALLET_FLAGS,
  ...IMPORT_FLAGS,
  usePassword: hotkeyPassword,
  ...WRITE_FLAGS,
};

/** The command, in these surroundings. */
export function regenHotkeyCommand(system: WalletSystem): Command<typeof FLAGS> {
  return {
    name: "regen_hotkey",
    operands: "[WORDS]",
    summary: "Makes a hotkey again from its mnemonic, its seed, or a polkadot-js export. Without " +
      "any of their flags it asks for the mnemonic.",
    flags: FLAGS,
    async run(context): Promise<number> {
      const { values, operands } = context;
      const slot = hotkeySlot(walletFolder(values, system), values.walletHotkey);
      const key = await makeKey(system, slot, context, () => importKey(values, operands, system));
      return key ? 0 : 1;
    },
  };
}

/**
 * `deno task wallet regen_coldkey`: makes a coldkey again from its mnemonic, seed or export.
 *
 * @module
 */

import type { Command } from "../command.ts";
import { walletName, walletPath } from "./flags.ts";
import { importKey } from "./import_key.ts";
import { coldkeyPassword, IMPORT_FLAGS, WRITE_FLAGS } from "./key_flags.ts";
import { coldkeySlot } from "./key_slot.ts";
import { makeKey } from "./make_key.ts";
import type { WalletSystem } from "./system.ts";
import { walletFolder } from "./wallet_folder.ts";

const FLAGS = {
  ...{ walletName, walletPath },
  ...IMPORT_FLAGS,
  usePassword: coldkeyPassword,
  ...WRITE_FLAGS,
};

/** The command, in these surroundings. */
export function regenColdkeyCommand(system: WalletSystem): Command<typeof FLAGS> {
  return {
    name: "regen_coldkey",
    operands: "[WORDS]",
    summary:
      "Makes a coldkey again from its mnemonic, its seed, or a polkadot-js export. Without " +
      "any of their flags it asks for the mnemonic.",
    flags: FLAGS,
    async run(context): Promise<number> {
      const { values, operands } = context;
      const slot = coldkeySlot(walletFolder(values, system));
      const key = await makeKey(system, slot, context, () => importKey(values, operands, system));
      return key ? 0 : 1;
    },
  };
}

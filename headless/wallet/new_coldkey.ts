/**
 * `deno task wallet new_coldkey`: makes a coldkey, the key that owns TAO.
 *
 * @module
 */

import { Keypair } from "../../core/wallet/keypair.ts";
import { newMnemonic } from "../../core/wallet/mnemonic.ts";
import type { Command } from "../command.ts";
import { walletName, walletPath } from "./flags.ts";
import { coldkeyPassword, nWords, WRITE_FLAGS } from "./key_flags.ts";
import { coldkeySlot } from "./key_slot.ts";
import { makeKey } from "./make_key.ts";
import { showMnemonic } from "./show_mnemonic.ts";
import type { WalletSystem } from "./system.ts";
import { walletFolder } from "./wallet_folder.ts";

const FLAGS = { walletName, walletPath, nWords, usePassword: coldkeyPassword, ...WRITE_FLAGS };

/** The command, in these surroundings. */
export function newColdkeyCommand(system: WalletSystem): Command<typeof FLAGS> {
  return {
    name: "new_coldkey",
    summary: "Makes a coldkey, the key that owns TAO. Its mnemonic is shown once.",
    flags: FLAGS,
    async run(context): Promise<number> {
      const { values } = context;
      const slot = coldkeySlot(walletFolder(values, system));
      const mnemonic = newMnemonic(values.nWords, system.randomBytes);
      const key = await makeKey(system, slot, context, () => Keypair.fromMnemonic(mnemonic));
      if (!key) return 1;
      showMnemonic(mnemonic, slot, context, system);
      return 0;
    },
  };
}

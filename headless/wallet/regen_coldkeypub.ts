/**
 * `deno task wallet regen_coldkeypub`: writes the public file of a coldkey, for a machine that shall
 * know the address and not the key.
 *
 * @module
 */

import { bytesToHex } from "@noble/hashes/utils.js";
import { UsageError } from "../../core/errors.ts";
import { decodeAddress } from "../../core/wallet/address.ts";
import { publicRecordOf, writeKeyRecord } from "../../core/wallet/key_record.ts";
import type { Command } from "../command.ts";
import { text } from "../flags.ts";
import { accountOf, readAccount } from "./account.ts";
import { walletName, walletPath } from "./flags.ts";
import { WRITE_FLAGS } from "./key_flags.ts";
import { mayWrite } from "./key_slot.ts";
import { writeKeyfiles } from "./keyfile_disk.ts";
import type { Prompter, WalletSystem } from "./system.ts";
import { walletFolder } from "./wallet_folder.ts";

const ss58 = text({
  name: "ss58",
  placeholder: "ADDRESS",
  default: undefined,
  description: "Address of the coldkey.",
});

const publicKeyHex = text({
  name: "public-key-hex",
  placeholder: "HEX",
  default: undefined,
  description: "Public key of the coldkey, 64 hex digits, instead of the address.",
});

const FLAGS = { walletName, walletPath, ss58, publicKeyHex, ...WRITE_FLAGS };

/** The command, in these surroundings. */
export function regenColdkeypubCommand(system: WalletSystem): Command<typeof FLAGS> {
  return {
    name: "regen_coldkeypub",
    summary: "Writes coldkeypub.txt, the address of a coldkey, from the address or public key.",
    flags: FLAGS,
    async run({ values, screen }): Promise<number> {
      const { prompter } = system;
      const wallet = walletFolder(values, system);
      const { coldkeypubFile: file } = wallet;
      const given = accountOf(values.ss58, values.publicKeyHex);
      const title = `address of the coldkey of wallet "${wallet.name}"`;
      if (!await mayWrite(title, [file], values, prompter)) {
        screen.message("Nothing was written.");
        return 1;
      }
      const address = given ?? await askForAccount(prompter);
      const publicKey = decodeAddress(address);
      const bytes = writeKeyRecord(publicRecordOf(publicKey));
      writeKeyfiles([{ path: file, bytes }], values);
      if (values.json) {
        const hex = `0x${bytesToHex(publicKey)}`;
        screen.printJson({ wallet: wallet.name, address, publicKey: hex, publicKeyfile: file });
      } else screen.print(`Coldkey of wallet "${wallet.name}": ${address}`);
      screen.message(`Written: ${file}`);
      return 0;
    },
  };
}

async function askForAccount(prompter: Prompter): Promise<string> {
  if (!prompter.isInteractive) {
    throw new UsageError("no one is there to ask for the address: give --ss58 or --public-key-hex");
  }
  return readAccount(await prompter.readLine("Address or public key of the coldkey:"));
}

/**
 * `deno task wallet sign`: signs a message with a key of a wallet.
 *
 * @module
 */

import { bytesToHex } from "@noble/hashes/utils.js";
import { UsageError } from "../../core/errors.ts";
import { messageBytes } from "../../core/wallet/verify.ts";
import { json } from "../common_flags.ts";
import type { Command } from "../command.ts";
import { text, toggle } from "../flags.ts";
import { WALLET_FLAGS } from "./flags.ts";
import type { Prompter, WalletSystem } from "./system.ts";
import { coldkeySigner, hotkeySigner } from "./unlock.ts";
import { walletFolder } from "./wallet_folder.ts";

const message = text({
  name: "message",
  placeholder: "TEXT",
  default: undefined,
  description: "What to sign: a text, or bytes in hex behind 0x.",
});

const useHotkey = toggle({
  name: "use-hotkey",
  default: false,
  description: "Signs with the hotkey, not with the coldkey.",
});

const FLAGS = { ...WALLET_FLAGS, message, useHotkey, json };

/** The command, in these surroundings. */
export function signCommand(system: WalletSystem): Command<typeof FLAGS> {
  return {
    name: "sign",
    summary: "Signs a message with a coldkey or hotkey.",
    flags: FLAGS,
    async run({ values, screen }): Promise<number> {
      const wallet = walletFolder(values, system);
      const text = values.message ?? await askForMessage(system.prompter);
      const bytes = messageBytes(text);
      const signer = values.useHotkey
        ? await hotkeySigner(wallet, values.walletHotkey, system)
        : await coldkeySigner(wallet, system);
      const signature = `0x${bytesToHex(await signer.sign(bytes))}`;
      const { address } = signer;
      if (values.json) screen.printJson({ message: text, signature, address });
      else screen.print(`Signature: ${signature}\nAddress: ${address}`);
      return 0;
    },
  };
}

function askForMessage(prompter: Prompter): Promise<string> {
  if (prompter.isInteractive) return prompter.readLine("Message to sign:");
  throw new UsageError("no one is there to ask for the message: give --message");
}

/**
 * `deno task wallet verify`: checks a signature.
 *
 * @module
 */

import { hexToBytes } from "@noble/hashes/utils.js";
import { UsageError } from "../../core/errors.ts";
import { readyKeys } from "../../core/wallet/ready.ts";
import { messageBytes, verifyMessage } from "../../core/wallet/verify.ts";
import { json } from "../common_flags.ts";
import type { Command } from "../command.ts";
import { text } from "../flags.ts";
import { accountOf } from "./account.ts";
import type { WalletSystem } from "./system.ts";

const message = text({
  name: "message",
  placeholder: "TEXT",
  default: undefined,
  description: "What was signed: a text, or bytes in hex behind 0x.",
});

const signature = text({
  name: "signature",
  placeholder: "HEX",
  default: undefined,
  description: "The signature, 128 hex digits.",
});

const address = text({
  name: "address",
  placeholder: "ADDRESS",
  default: undefined,
  description: "Who is said to have signed: an ss58 address.",
});

const publicKey = text({
  name: "public-key",
  placeholder: "HEX",
  default: undefined,
  description: "Who is said to have signed: a public key, 64 hex digits.",
});

const FLAGS = { message, signature, address, publicKey, json };

/** The command; it is made as its neighbours are, and needs nothing of its surroundings. */
export function verifyCommand(_system: WalletSystem): Command<typeof FLAGS> {
  return {
    name: "verify",
    summary:
      "Checks a signature, also one that a wallet extension made. The exit code is 0 if it " +
      "is right and 1 if it is wrong.",
    flags: FLAGS,
    async run({ values, screen }): Promise<number> {
      const text = required("--message", values.message);
      const signed = readSignature(required("--signature", values.signature));
      const account = required("--address", accountOf(values.address, values.publicKey));
      await readyKeys();
      const isRight = verifyMessage(messageBytes(text), signed, account);
      if (values.json) screen.printJson({ message: text, address: account, verified: isRight });
      else if (isRight) screen.print(`The signature is right: ${account} signed this message.`);
      else screen.print(`The signature is wrong: ${account} did not sign this message.`);
      return isRight ? 0 : 1;
    },
  };
}

function required(flag: string, value: string | undefined): string {
  if (value !== undefined) return value;
  throw new UsageError(`${flag} is missing: give --message, --signature and --address`);
}

function readSignature(text: string): Uint8Array {
  const digits = /^(?:0x)?([0-9a-f]{128})$/i.exec(text.trim())?.[1];
  if (digits !== undefined) return hexToBytes(digits);
  throw new UsageError(`--signature is no signature: expected 128 hex digits, 0x or not`);
}

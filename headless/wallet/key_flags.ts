/**
 * Flags of the commands that make keys, as btcli names them.
 *
 * @module
 */

import { MNEMONIC_LENGTHS, type MnemonicLength } from "../../core/wallet/mnemonic.ts";
import { json } from "../common_flags.ts";
import { type Flag, text, toggle } from "../flags.ts";
import { yes } from "./flags.ts";

const overwrite = toggle({
  name: "overwrite",
  default: false,
  description: "Replaces a key of that name; asks first.",
});

/** Flags of all commands that write keyfiles. */
export const WRITE_FLAGS = { overwrite, yes, json } as const;

/** `--use-password` of a coldkey */
export const coldkeyPassword = toggle({
  name: "use-password",
  default: true,
  description: "Encrypts the key with a password.",
});

/** `--use-password` of a hotkey */
export const hotkeyPassword = toggle({
  name: "use-password",
  default: false,
  description: "Encrypts the key with a password; a miner then asks for it when it starts.",
});

/** `--n-words` */
export const nWords: Flag<MnemonicLength> = {
  name: "n-words",
  placeholder: "N",
  default: 12,
  description: "Words of the mnemonic: 12, 15, 18, 21 or 24.",
  expected: "12, 15, 18, 21 or 24",
  parse: (text) => MNEMONIC_LENGTHS.find((length) => `${length}` === text),
};

const mnemonic = text({
  name: "mnemonic",
  isTyped: true,
  placeholder: "WORDS",
  default: undefined,
  description: "Words of the key. The shell may keep them in its history: without this flag they " +
    "are asked for, and not shown.",
});

const seed = text({
  name: "seed",
  isTyped: true,
  placeholder: "HEX",
  default: undefined,
  description: "Seed of the key, 64 hex digits; better typed when asked for.",
});

const jsonFile = text({
  name: "json-file",
  isTyped: true,
  placeholder: "FILE",
  default: undefined,
  description:
    "Account exported from polkadot-js. It is --json in btcli, which is the form of the " +
    "output here.",
});

const jsonPassword = text({
  name: "json-password",
  isTyped: true,
  placeholder: "TEXT",
  default: undefined,
  description: "Password of that file; better typed when asked for.",
});

/** Flags that say where a key comes from. */
export const IMPORT_FLAGS = { mnemonic, seed, jsonFile, jsonPassword } as const;

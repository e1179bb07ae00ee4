/**
 * Passwords of keyfiles in the environment, as btwallet looks for them: one named after the file,
 * obscured by its own name, and in the Python era one named after the wallet, plain. Obscured is not
 * encrypted: who reads the environment reads the password.
 *
 * Source: btwallet 4.0.0, `src/keyfile.rs`; bittensor 6, `BT_COLD_PW_`.
 *
 * @module
 */

import { base64Decode, base64Encode } from "@polkadot/util-crypto/base64";
import { WeftError } from "../errors.ts";

/**
 * The variable of a keyfile's password since btwallet 2.
 *
 * @param keyfilePath absolute, `~` expanded, as btwallet's wallets do
 */
export function passwordVariable(keyfilePath: string): string {
  return `BT_PW_${keyfilePath.replaceAll(/[/.]/g, "_").toUpperCase()}`;
}

/** The Python era's variable of a coldkey's password, which it holds as it is. */
export function legacyPasswordVariable(walletName: string): string {
  return `BT_COLD_PW_${walletName.toUpperCase().replaceAll("-", "_")}`;
}

/** What {@linkcode passwordVariable} is set to for this password. */
export function obscurePassword(password: string, variable: string): string {
  return base64Encode(xorWithName(new TextEncoder().encode(password), variable));
}

/**
 * The password in the value of a {@linkcode passwordVariable}.
 *
 * @throws {WeftError} if it is no such value; shows nothing of it
 */
export function revealPassword(value: string, variable: string): string {
  try {
    const password = xorWithName(base64Decode(value.trim()), variable);
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(password);
  } catch {
    throw new WeftError(
      `${variable} holds no password in btwallet's coding (base64 of the password XOR the ` +
        "variable's name): set it by btcli, or unset it.",
    );
  }
}

function xorWithName(bytes: Uint8Array, variable: string): Uint8Array {
  const name = new TextEncoder().encode(variable);
  return bytes.map((byte, i) => byte ^ name[i % name.length]);
}

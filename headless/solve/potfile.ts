/**
 * The potfile: what was found so far, one `HASH:PASSWORD` or `HASH:SALT:PASSWORD` a line, as hashcat
 * keeps it.
 *
 * @module
 */

import { hexToBytes } from "@noble/hashes/utils.js";
import { type HashTarget, isPassword } from "../../core/hash/hash_target.ts";

/**
 * Looks hashes up in a potfile. Salts and passwords may hold colons: a line belongs to a hash if it
 * opens with the hash's own line and a colon, and what follows is checked to be its password.
 *
 * @param text what the potfile holds
 * @param warn takes a message on a line whose password is wrong, without the password
 */
export function findInPotfile(
  text: string,
  targets: readonly HashTarget[],
  warn: (message: string) => void,
): Map<HashTarget, Uint8Array<ArrayBuffer>> {
  const byHash = Map.groupBy(targets, ({ line }) => line.split(":", 1)[0]);
  const found = new Map<HashTarget, Uint8Array<ArrayBuffer>>();
  text.split(/\r?\n/).forEach((line, at) => {
    for (const target of byHash.get(line.split(":", 1)[0]) ?? []) {
      if (!line.startsWith(`${target.line}:`)) continue;
      const password = passwordBytes(line.slice(target.line.length + 1));
      if (isPassword(target, password)) found.set(target, password);
      else warn(`line ${at + 1} of the potfile is left out: its password is not that of its hash`);
    }
  });
  return found;
}

/** The bytes of a password as `candidateText` or hashcat writes it: a text, or `$HEX[…]`. */
export function passwordBytes(text: string): Uint8Array<ArrayBuffer> {
  const hex = /^\$HEX\[((?:[0-9a-f]{2})*)\]$/i.exec(text)?.[1];
  return hex === undefined ? new TextEncoder().encode(text) : new Uint8Array(hexToBytes(hex));
}

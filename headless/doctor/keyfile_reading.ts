/**
 * Reading keyfiles without a password. No message shows anything of what a file holds.
 *
 * @module
 */

import { WeftError } from "../../core/errors.ts";
import { parseFernet } from "../../core/wallet/fernet_keyfile.ts";
import { type KeyfileFormat, keyfileFormat } from "../../core/wallet/keyfile.ts";
import { type KeyRecord, parseKeyRecord } from "../../core/wallet/key_record.ts";
import { checkNaclLength } from "../../core/wallet/nacl_keyfile.ts";
import { readyKeys } from "../../core/wallet/ready.ts";
import { shownPath } from "./file_access.ts";
import type { DoctorSystem } from "./system.ts";

/** What a keyfile tells without a password. */
export type KeyfileView =
  | { readonly format: "plain"; readonly record: KeyRecord }
  | { readonly format: Exclude<KeyfileFormat, "plain"> };

/**
 * Looks into a keyfile.
 *
 * @throws {WeftError} if it cannot be read, or is none
 */
export async function viewKeyfile(path: string, system: DoctorSystem): Promise<KeyfileView> {
  const shown = shownPath(path, system);
  const bytes = await system.readFile(path).catch(() => {
    throw new WeftError(`${shown} cannot be read by this user`);
  });
  try {
    const format = keyfileFormat(bytes);
    if (format === "plain") {
      await readyKeys();
      return { format, record: parseKeyRecord(bytes) };
    }
    if (format === "nacl") checkNaclLength(bytes);
    if (format === "fernet") parseFernet(bytes);
    return { format };
  } catch (error) {
    // Errors that nobody foresaw may quote the file.
    const reason = error instanceof WeftError ? `: ${error.message}` : "";
    throw new WeftError(`${shown} is no keyfile${reason}`);
  } finally {
    bytes.fill(0);
  }
}

/**
 * Commands that doctor advises, as a shell takes them.
 *
 * @module
 */

import type { Flag } from "../flags.ts";
import { DOCTOR_FLAGS } from "./flags.ts";
import type { DoctorSettings } from "./settings.ts";

/** What a command takes besides the wallet. */
export interface CommandNeeds {
  readonly hotkey?: boolean;
  /** The chain of the flags, and the subnet. */
  readonly netuid?: number;
}

/** `deno task wallet …` for the wallet that is looked at. */
export function walletCommand(
  { values }: DoctorSettings,
  command: string,
  { hotkey = false, netuid }: CommandNeeds = {},
): string {
  const flags = DOCTOR_FLAGS;
  return shellLine([
    ...["deno", "task", "wallet", ...command.split(" ")],
    ...given(flags.walletName, values.walletName),
    ...hotkey ? given(flags.walletHotkey, values.walletHotkey) : [],
    ...given(flags.walletPath, values.walletPath),
    ...netuid === undefined ? [] : [
      ...["--netuid", `${netuid}`],
      ...given(flags.subtensorNetwork, values.subtensorNetwork),
      ...given(flags.subtensorChainEndpoint, values.subtensorChainEndpoint),
    ],
  ]);
}

/** `chmod 600 FILE` */
export function chmodCommand(mode: string, path: string): string {
  return shellLine(["chmod", mode, path]);
}

/** The words of a command in quotes where a shell needs them. */
export function shellLine(words: readonly string[]): string {
  return words.map((word) =>
    /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
  ).join(" ");
}

function given(flag: Flag<string | undefined>, value: string | undefined): string[] {
  return value === undefined || value === flag.default ? [] : [`--${flag.name}`, value];
}

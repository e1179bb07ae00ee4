/**
 * Shows the mnemonic of a new key, the one time.
 *
 * @module
 */

import type { Screen } from "../screen.ts";
import type { KeySlot } from "./key_slot.ts";
import type { WalletSystem } from "./system.ts";

/** How the command speaks. */
export interface ShowMnemonicContext {
  readonly values: { readonly json: boolean };
  readonly screen: Screen;
}

/**
 * Shows a mnemonic: on stdout, or with `--json`, whose output goes to programs and their logs, on
 * stderr if that is a terminal. With `--json` and no terminal it is not shown; the keyfile holds it.
 */
export function showMnemonic(
  mnemonic: string,
  slot: KeySlot,
  { values, screen }: ShowMnemonicContext,
  { prompter }: WalletSystem,
): void {
  if (values.json && !prompter.isInteractive) {
    screen.message(
      `The mnemonic of the ${slot.title} was not shown, for no terminal is there: it is in ` +
        `${slot.keyfile} alone. Keep a copy of that file, and its password if it has one, or make ` +
        "the key without --json to see its mnemonic.",
    );
    return;
  }
  screen.message(screen.style(
    "yellow",
    `IMPORTANT: write down the mnemonic of the ${slot.title} and keep it in a safe place, best ` +
      "offline. Whoever has it owns the key and all that belongs to it; without it a lost file or a " +
      "forgotten password is the end of the key. It is shown this once.",
  ));
  const lines = `\n    ${mnemonic}\n`;
  if (values.json) screen.message(lines);
  else screen.print(lines);
  const kind = slot.hotkey === undefined ? "coldkey" : "hotkey";
  screen.message(`deno task wallet regen_${kind} asks for the mnemonic and makes the key again.`);
}

/**
 * The hotkey: there, whole, and able to sign while no one is there to type a password.
 *
 * @module
 */

import { WeftError } from "../../core/errors.ts";
import { passwordVariable } from "../../core/wallet/environment_password.ts";
import { keypairOf, type KeyRecord } from "../../core/wallet/key_record.ts";
import { passwordInEnvironment } from "../wallet/password_variables.ts";
import { type Check, fail, type Finding, findingOfError, ok, warning } from "./check.ts";
import { walletCommand } from "./commands.ts";
import type { CheckContext } from "./context.ts";
import { accessFindings, shownPath } from "./file_access.ts";
import { viewKeyfile } from "./keyfile_reading.ts";
import { needWallet } from "./wallet_check.ts";

const SUBJECT = "hotkey";

/** The hotkey's files. */
export const hotkeyCheck: Check = {
  name: SUBJECT,
  async run(context): Promise<Finding[]> {
    await needWallet(context);
    const { settings: { wallet, values }, system } = context;
    const file = wallet.hotkeyFile(values.walletHotkey);
    const state = await system.stat(file);
    if (state.kind === "missing") return [missing(context, shownPath(file, system))];
    const access = accessFindings(SUBJECT, file, "secret", state, system);
    const view = await viewKeyfile(file, system);
    if (view.format !== "plain") return [encrypted(context, file), ...access];
    return [...await plainFindings(context, view.record), ...access];
  },
};

function missing({ settings }: CheckContext, shown: string): Finding {
  const others = hotkeyNames(settings.wallet);
  return fail(
    SUBJECT,
    `${shown} is not there`,
    others.length > 0
      ? `Name the one that you mean by --wallet.hotkey, of ${others.join(", ")}, or make this one:`
      : "Make it:",
    walletCommand(settings, "new_hotkey", { hotkey: true }),
  );
}

/** None where the folder cannot be read; then that is said of the wallet. */
function hotkeyNames(wallet: { hotkeyNames(): string[] }): string[] {
  try {
    return wallet.hotkeyNames();
  } catch {
    return [];
  }
}

function encrypted({ system: { environment } }: CheckContext, file: string): Finding {
  const variable = passwordVariable(file);
  try {
    if (passwordInEnvironment(file, environment)) {
      return ok(SUBJECT, `is encrypted; its password comes from ${variable}`);
    }
  } catch (error) {
    return findingOfError(SUBJECT, error);
  }
  return warning(
    SUBJECT,
    "is encrypted: no miner starts with it while nobody types the password",
    `Set ${variable} to its password, in btwallet's coding.`,
  );
}

async function plainFindings(context: CheckContext, record: KeyRecord): Promise<Finding[]> {
  const { settings, system } = context;
  const { wallet, values } = settings;
  if (record.isPublic) {
    return [fail(
      SUBJECT,
      "holds the public half only, which cannot sign",
      "Bring the whole back from its mnemonic:",
      walletCommand(settings, "regen_hotkey --overwrite", { hotkey: true }),
    )];
  }
  // What it throws says what is wrong with the key.
  const { address } = keypairOf(record);
  const publicFile = wallet.hotkeypubFile(values.walletHotkey);
  const findings = [ok(SUBJECT, address)];
  if ((await system.stat(publicFile)).kind === "missing") return findings;
  const stated = await statedAddress(context, publicFile);
  if (stated !== address) {
    const shown = shownPath(publicFile, system);
    findings.push(warning(
      SUBJECT,
      stated === undefined
        ? `${shown} cannot be read as a public key`
        : `${shown} is that of another key, ${stated}`,
      "Take it away: it is not needed while the hotkey is not encrypted.",
    ));
  }
  return findings;
}

async function statedAddress(
  { system }: CheckContext,
  file: string,
): Promise<string | undefined> {
  try {
    const view = await viewKeyfile(file, system);
    return view.format === "plain" ? view.record.ss58Address : undefined;
  } catch (error) {
    if (error instanceof WeftError) return undefined;
    throw error;
  }
}

/**
 * The coldkey and its public half. A miner needs the public half only.
 *
 * @module
 */

import { WeftError } from "../../core/errors.ts";
import type { KeyfileFormat } from "../../core/wallet/keyfile.ts";
import { type Check, fail, type Finding, findingOfError, ok, warning } from "./check.ts";
import { walletCommand } from "./commands.ts";
import type { CheckContext } from "./context.ts";
import { accessFindings, shownPath } from "./file_access.ts";
import { type KeyfileView, viewKeyfile } from "./keyfile_reading.ts";
import type { DoctorSettings } from "./settings.ts";
import type { FileState } from "./system.ts";
import { needWallet } from "./wallet_check.ts";

/** Both files. */
export const coldkeyCheck: Check = {
  name: "coldkey",
  async run(context): Promise<Finding[]> {
    await needWallet(context);
    const { settings, system } = context;
    const { coldkeyFile, coldkeypubFile, dir } = settings.wallet;
    const whole = await system.stat(coldkeyFile);
    const half = await system.stat(coldkeypubFile);
    if (whole.kind === "missing" && half.kind === "missing") {
      return [fail(
        "coldkey",
        `neither coldkey nor coldkeypub.txt is in ${shownPath(dir, system)}`,
        "Make one, or bring yours back by regen_coldkey or regen_coldkeypub:",
        walletCommand(settings, "new_coldkey"),
      )];
    }
    const { findings, address } = await publicHalf(context, half);
    return [
      ...findings,
      ...whole.kind === "missing"
        ? [ok("coldkey", "is not on this machine, as is safest; registering and paying need it")]
        : await wholeFindings(context, whole, address),
    ];
  },
};

/** Findings about coldkeypub.txt, and the address in it. */
async function publicHalf(
  { settings, system }: CheckContext,
  state: FileState,
): Promise<{ findings: Finding[]; address?: string }> {
  const subject = "coldkeypub";
  const file = settings.wallet.coldkeypubFile;
  const remake = [
    "Make it anew; it asks for the address of the coldkey:",
    walletCommand(settings, "regen_coldkeypub --overwrite"),
  ] as const;
  if (state.kind === "missing") {
    return { findings: [fail(subject, `${shownPath(file, system)} is not there`, ...remake)] };
  }
  try {
    const view = await viewKeyfile(file, system);
    if (view.format !== "plain") {
      throw new WeftError(`${shownPath(file, system)} is encrypted, which a public half never is`);
    }
    const address = view.record.ss58Address;
    const access = accessFindings(subject, file, "public", state, system);
    return { findings: [ok(subject, address), ...access], address };
  } catch (error) {
    return { findings: [fail(subject, findingOfError(subject, error).message, ...remake)] };
  }
}

/** Findings about the file that holds the private key. */
async function wholeFindings(
  context: CheckContext,
  state: FileState,
  address: string | undefined,
): Promise<Finding[]> {
  const { settings: { wallet: { coldkeyFile } }, system } = context;
  const access = accessFindings("coldkey", coldkeyFile, "secret", state, system);
  try {
    return [coldkeyFinding(context, await viewKeyfile(coldkeyFile, system), address), ...access];
  } catch (error) {
    const { message } = findingOfError("coldkey", error);
    const advice = "Mining goes on without it; registering and paying do not.";
    return [warning("coldkey", message, advice), ...access];
  }
}

function coldkeyFinding(
  { settings, system }: CheckContext,
  view: KeyfileView,
  address: string | undefined,
): Finding {
  if (view.format !== "plain") return encrypted(view.format, settings);
  const { ss58Address, isPublic } = view.record;
  if (address !== undefined && ss58Address !== address) {
    return fail(
      "coldkey",
      `is that of ${ss58Address}, and coldkeypub.txt says another address`,
      "One of the two is of another wallet: put back the right one.",
    );
  }
  if (isPublic) {
    return ok("coldkey", "holds the public half only; registering and paying need more");
  }
  return warning(
    "coldkey",
    `${shownPath(settings.wallet.coldkeyFile, system)} is not encrypted: who copies it owns all ` +
      "that the coldkey holds",
    "Write it anew from its mnemonic, with a password:",
    walletCommand(settings, "regen_coldkey --overwrite"),
  );
}

function encrypted(
  format: Exclude<KeyfileFormat, "plain">,
  settings: DoctorSettings,
): Finding {
  switch (format) {
    case "nacl":
      return ok("coldkey", "is encrypted");
    case "ansible":
      return ok("coldkey", "is encrypted, in the form of Ansible's vault");
    case "fernet":
      return warning(
        "coldkey",
        "is encrypted in the oldest form, which today's btwallet does not open",
        "Weft opens it. Write it anew from its mnemonic, for the other tools:",
        walletCommand(settings, "regen_coldkey --overwrite"),
      );
  }
}

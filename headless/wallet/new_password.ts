/**
 * Chooses the password of a new keyfile.
 *
 * @module
 */

import { UsageError, WeftError } from "../../core/errors.ts";
import { passwordWeakness } from "../../core/wallet/password_policy.ts";
import { passwordInEnvironment, passwordVariables } from "./password_variables.ts";
import type { Prompter, WalletSystem } from "./system.ts";

/**
 * A password that is good enough: the one in the variable that will open the file again, or else one
 * that the person types twice, as often as it takes.
 *
 * @param file the keyfile, absolute
 * @throws {WeftError} if the variable's password is too weak
 * @throws {UsageError} if there is no variable and no one to ask
 */
export async function newPassword(file: string, system: WalletSystem): Promise<string> {
  const found = passwordInEnvironment(file, system.environment);
  if (found) {
    const weakness = passwordWeakness(found.password);
    if (weakness === undefined) return found.password;
    throw new WeftError(`${found.variable} holds no password for a new key: ${weakness}`);
  }
  const { prompter } = system;
  if (!prompter.isInteractive) {
    throw new UsageError(
      `no one is there to choose a password for ${file}: set ${
        passwordVariables(file)
      }, run this ` +
        "in a terminal, or keep the key unencrypted with --no-use-password",
    );
  }
  while (true) {
    const password = await typeTwice(file, prompter);
    if (password !== undefined) return password;
  }
}

async function typeTwice(file: string, prompter: Prompter): Promise<string | undefined> {
  const password = (await prompter.readSecret(`New password for ${file}:`)).trim();
  const weakness = passwordWeakness(password);
  if (weakness !== undefined) return void prompter.say(weakness);
  const again = (await prompter.readSecret("The same password again:")).trim();
  if (again === password) return password;
  prompter.say("The two passwords differ.");
}

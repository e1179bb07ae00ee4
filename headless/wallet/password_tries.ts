/**
 * Asks for a password until it is right, three times at most.
 *
 * @module
 */

import { WrongPasswordError } from "../../core/wallet/wrong_password.ts";
import type { Prompter } from "./system.ts";

const PASSWORD_TRIES = 3;

/**
 * What the first right password opens.
 *
 * @param open throws WrongPasswordError for a wrong one
 * @throws {WrongPasswordError} if all were wrong
 */
export async function openWithPassword<T>(
  prompter: Prompter,
  question: string,
  open: (password: string) => T | Promise<T>,
): Promise<T> {
  for (let left = PASSWORD_TRIES - 1;; left--) {
    const password = (await prompter.readSecret(question)).trim();
    try {
      // No key has this password, and to try it would take seconds.
      if (password === "") throw new WrongPasswordError();
      prompter.say("Trying the password, which takes some seconds…");
      return await open(password);
    } catch (error) {
      if (!(error instanceof WrongPasswordError) || left === 0) throw error;
      prompter.say(`Wrong password, ${left === 1 ? "one try is" : `${left} tries are`} left.`);
    }
  }
}

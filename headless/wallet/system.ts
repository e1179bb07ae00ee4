/**
 * What the wallet's commands find around them, so that tests can hand in a home, answers and a chain.
 *
 * @module
 */

import type { Chain } from "../../core/chain/chain.ts";
import type { Log, RandomBytes } from "../../core/host.ts";
import type { Variables } from "../env_file.ts";

/** Asks the person at the terminal. */
export interface Prompter {
  /** Whether someone is there who can answer. */
  readonly isInteractive: boolean;
  /** A line, shown as it is typed. @throws {WeftError} if there is no one to ask */
  readLine(question: string): Promise<string>;
  /** A line that is not shown. @throws {WeftError} if there is no one to ask */
  readSecret(question: string): Promise<string>;
  /** A line for the person, on stderr; also where no one can answer. */
  say(text: string): void;
}

/** Which chain a command speaks to. */
export interface ChainChoice {
  readonly subtensorNetwork: string | undefined;
  readonly subtensorChainEndpoint: string | undefined;
}

/** The surroundings of the wallet's commands. */
export interface WalletSystem {
  /** The folder where the user stands. */
  userFolder(): string;
  /** The user's home, undefined if the environment names none. */
  home(): string | undefined;
  readonly environment: Variables;
  readonly prompter: Prompter;
  readonly randomBytes: RandomBytes;
  openChain(choice: ChainChoice, log: Log): Promise<Chain>;
}

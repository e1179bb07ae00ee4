/**
 * The wallet's surroundings in this process.
 *
 * @module
 */

import { userFolder } from "../command.ts";
import { processRandomBytes } from "../deno_host.ts";
import { openChain } from "../open_chain.ts";
import type { WalletSystem } from "./system.ts";
import { terminalPrompter } from "./terminal_prompter.ts";
import { processScreen } from "../screen.ts";

/** This process's home, environment, terminal and chain. */
export function processWalletSystem(): WalletSystem {
  const environment = Deno.env.toObject();
  return {
    userFolder,
    home: () => environment.HOME ?? environment.USERPROFILE,
    environment,
    prompter: terminalPrompter(processScreen()),
    randomBytes: processRandomBytes,
    openChain,
  };
}

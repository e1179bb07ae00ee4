/**
 * All checks of doctor, in the order of its report.
 *
 * @module
 */

import { axonCheck } from "./axon_check.ts";
import { balanceCheck } from "./balance_check.ts";
import { endpointCheck, headCheck } from "./chain_check.ts";
import type { Check } from "./check.ts";
import { clockCheck } from "./clock_check.ts";
import { coldkeyCheck } from "./coldkey_check.ts";
import { envFileCheck, environmentCheck } from "./environment_check.ts";
import { hotkeyCheck } from "./hotkey_check.ts";
import { publishedAxonCheck } from "./published_axon_check.ts";
import { ownerCheck, registrationCheck } from "./registration_check.ts";
import { walletCheck } from "./wallet_check.ts";

/** The checks of wallet and chain. */
export const CHECKS: readonly Check[] = [
  ...[environmentCheck, envFileCheck],
  ...[walletCheck, coldkeyCheck, hotkeyCheck],
  ...[endpointCheck, headCheck, clockCheck],
  ...[ownerCheck, registrationCheck, balanceCheck],
  ...[publishedAxonCheck, axonCheck],
];

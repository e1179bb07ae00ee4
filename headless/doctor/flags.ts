/**
 * The flags of `deno task doctor`.
 *
 * @module
 */

import { AXON_FLAGS } from "../axon_flags.ts";
import { json, loggingDebug } from "../common_flags.ts";
import { integer, integers, type Values } from "../flags.ts";
import { CHAIN_FLAGS, WALLET_FLAGS } from "../wallet/flags.ts";

const MAX_NETUID = 65535;

/** The flags. */
export const DOCTOR_FLAGS = {
  ...WALLET_FLAGS,
  netuids: integers({
    name: "netuid",
    min: 0,
    max: MAX_NETUID,
    default: undefined,
    defaultText: "those where the hotkey is registered",
    publishedNames: ["netuid"],
    description: "Numbers of the subnets to look at.",
  }),
  ...CHAIN_FLAGS,
  ...AXON_FLAGS,
  timeoutS: integer({
    name: "timeout",
    min: 1,
    max: 3600,
    default: 20,
    description: "Seconds that each check has.",
  }),
  json,
  loggingDebug,
};

/** The values of {@linkcode DOCTOR_FLAGS}. */
export type DoctorValues = Values<typeof DOCTOR_FLAGS>;

/**
 * Flags that say where an axon listens and where it is reached, with the names of the Python SDK.
 *
 * @module
 */

import { parseIp } from "../core/chain/ip_address.ts";
import { UsageError } from "../core/errors.ts";
import { type Flag, integer } from "./flags.ts";

const MAX_PORT = 65535;

/** The flags. */
export const AXON_FLAGS = {
  axonPort: integer({
    name: "axon.port",
    min: 1,
    max: MAX_PORT,
    default: 8091,
    publishedNames: ["BT_AXON_PORT"],
    description: "Port where the axon listens.",
  }),
  axonIp: ipAddress({
    name: "axon.ip",
    default: "0.0.0.0",
    publishedNames: ["BT_AXON_IP"],
    description: "Address of this machine where the axon listens; 0.0.0.0 is every one, :: " +
      "those of IPv6 too.",
  }),
  axonExternalIp: ipAddress({
    name: "axon.external_ip",
    default: undefined,
    defaultText: "as the chain has it",
    publishedNames: ["BT_AXON_EXTERNAL_IP"],
    description: "Address that validators are to dial.",
  }),
  axonExternalPort: integer({
    name: "axon.external_port",
    min: 1,
    max: MAX_PORT,
    default: undefined,
    defaultText: "that of --axon.port",
    publishedNames: ["BT_AXON_EXTERNAL_PORT"],
    description: "Port that validators are to dial.",
  }),
} as const;

function ipAddress<Default extends string | undefined>(
  settings:
    & Pick<Flag<string | Default>, "name" | "description" | "defaultText" | "publishedNames">
    & { readonly default: Default },
): Flag<string | Default> {
  return {
    ...settings,
    placeholder: "IP",
    expected: "an IP address such as 203.0.113.9 or 2001:db8::1, without a port",
    parse: (text) => isIp(text) ? text : undefined,
  };
}

function isIp(text: string): boolean {
  try {
    parseIp(text);
    return true;
  } catch (error) {
    if (error instanceof UsageError) return false;
    throw error;
  }
}

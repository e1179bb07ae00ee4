/**
 * Where NATS is and under which name a swarm is kept there.
 *
 * @module
 */

import { UsageError } from "../../core/errors.ts";

/** See the module. */
export interface NatsAddress {
  /** Hosts with ports, all of one cluster. */
  readonly servers: readonly string[];
  readonly isTls: boolean;
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** Begins the names of all that is kept; two swarms on one server have two of them. */
  readonly name: string;
  /** Servers that keep a copy each. */
  readonly replicas: number;
}

const FORM = "nats://HOST[:PORT][,HOST…][?name=NAME&replicas=1|3|5]";
const DEFAULT_PORT = 4222;

/**
 * Reads an address such as `nats://user:secret@10.0.0.1:4222,10.0.0.2?name=weft&replicas=3`.
 * @throws {UsageError} if it is none; the message does not repeat it, for it may hold a password
 */
export function parseNatsAddress(text: string): NatsAddress {
  const parts = /^(nats|tls):\/\/(?:([^@/?#]*)@)?([^@/?#]+)\/?(?:\?([^#]*))?$/.exec(text);
  if (!parts) throw new UsageError(`the address of the bus is none: write ${FORM}`);
  const [, scheme, credentials, hosts, query] = parts;
  const options = new URLSearchParams(query ?? "");
  for (const option of options.keys()) {
    if (option !== "name" && option !== "replicas") {
      throw new UsageError(`the bus has no option "${option}": write ${FORM}`);
    }
  }
  return {
    servers: hosts.split(",").map(hostOf),
    isTls: scheme === "tls",
    ...credentialsOf(credentials),
    name: nameOf(options.get("name") ?? "weft"),
    replicas: replicasOf(options.get("replicas") ?? "1"),
  };
}

function hostOf(host: string): string {
  const [whole, name, port] = /^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::(\d+))?$/.exec(host) ?? [];
  const number = Number(port ?? DEFAULT_PORT);
  if (whole !== undefined && number >= 1 && number <= 65_535) return `${name}:${number}`;
  throw new UsageError(`"${host}" is no host of a bus: write ${FORM}`);
}

function credentialsOf(text: string | undefined): Pick<NatsAddress, "user" | "password"> {
  if (text === undefined) return { user: undefined, password: undefined };
  const at = text.indexOf(":");
  try {
    if (at > 0) {
      return {
        user: decodeURIComponent(text.slice(0, at)),
        password: decodeURIComponent(text.slice(at + 1)),
      };
    }
  } catch {
    // As if there were none.
  }
  throw new UsageError("the bus needs USER:PASSWORD before the @, with other letters as %XX");
}

function nameOf(name: string): string {
  if (/^[A-Za-z0-9_-]{1,30}$/.test(name)) return name;
  throw new UsageError(`"${name}" cannot name a swarm on the bus: up to 30 of A-Z a-z 0-9 _ -`);
}

function replicasOf(text: string): number {
  if (["1", "3", "5"].includes(text)) return Number(text);
  throw new UsageError(`the bus cannot keep ${text} replicas: give 1, 3 or 5`);
}

/**
 * Who can reach an IP address, told from the address alone.
 *
 * @module
 */

import { BlockList } from "node:net";
import { formatIp, parseIp } from "../../core/chain/ip_address.ts";

/**
 * `none` stands for no address at all (0.0.0.0), `machine` for this machine only, `private` for a
 * network that the internet does not lead into, `group` for addresses of no single machine.
 */
export type IpKind = "none" | "machine" | "private" | "group" | "public";

/** IANA's registries of special addresses (RFC 6890 and those that add to it). */
const RANGES: readonly (readonly [IpKind, BlockList])[] = [
  ["none", blocks(["0.0.0.0/8", "::/128"])],
  ["machine", blocks(["127.0.0.0/8", "::1/128"])],
  [
    "private",
    blocks([
      ...["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10"],
      ...["fc00::/7", "fe80::/10", "fec0::/10"],
    ]),
  ],
  ["group", blocks(["224.0.0.0/4", "240.0.0.0/4", "ff00::/8"])],
];

/**
 * Who can reach an address. An IPv4 address written as IPv6 is of its own kind.
 *
 * @throws {UsageError} if the text is no IP address
 */
export function ipKind(text: string): IpKind {
  const { ipType } = parseIp(text);
  const found = RANGES.find(([, list]) => list.check(text, ipType === 4 ? "ipv4" : "ipv6"));
  return found?.[0] ?? "public";
}

/**
 * Why validators cannot dial an address, to follow a comma; undefined if they can.
 *
 * @param isLocalChain whether they are on this machine or its own network, too
 * @throws {UsageError} if the text is no IP address
 */
export function whyNotDialled(text: string, isLocalChain: boolean): string | undefined {
  switch (ipKind(text)) {
    case "none":
      return "which is no address";
    case "group":
      return "which is no address of one machine";
    case "machine":
      return isLocalChain ? undefined : "which each machine takes for itself";
    case "private":
      return isLocalChain ? undefined : "which only its own network can reach";
    case "public":
      return undefined;
  }
}

/**
 * Whether two texts name the same address.
 *
 * @throws {UsageError} if one is no IP address
 */
export function isSameIp(a: string, b: string): boolean {
  return normalIp(a) === normalIp(b);
}

/** `203.0.113.9:8091`, `[2001:db8::1]:8091`. */
export function hostPort(ip: string, port: number): string {
  return ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`;
}

function normalIp(text: string): string {
  const { ip, ipType } = parseIp(text);
  return formatIp(ip, ipType);
}

function blocks(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address, bits] = range.split("/");
    list.addSubnet(address, Number(bits), address.includes(":") ? "ipv6" : "ipv4");
  }
  return list;
}

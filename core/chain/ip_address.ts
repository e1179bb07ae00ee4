/**
 * IP addresses as the chain stores them: one number of 128 bits, and 4 or 6 beside it.
 *
 * @module
 */

import { UsageError } from "../errors.ts";

/** An address as `serve_axon` takes it. */
export interface IpNumber {
  /** The address's bytes as one big-endian number: 203.0.113.9 is 3405803785. */
  readonly ip: bigint;
  readonly ipType: 4 | 6;
}

const IPV4_LIMIT = 1n << 32n;
const IPV6_LIMIT = 1n << 128n;
const IPV6_GROUPS = 8;
/** The upper 96 bits of an IPv6 address that stands for an IPv4 address (RFC 4291, 2.5.5.2). */
const MAPPED_PREFIX = 0xffffn;

/**
 * The number of an address as written: `203.0.113.9`, or IPv6 as in RFC 4291, section 2.2.
 *
 * @throws {UsageError} if the text is no IP address; names are not looked up
 */
export function parseIp(text: string): IpNumber {
  const ip = text.includes(":") ? parseIpv6(text) : parseIpv4(text);
  if (ip === undefined) {
    throw new UsageError(
      `"${text}" is no IP address: write it as 203.0.113.9 or 2001:db8::1, without a port`,
    );
  }
  return { ip, ipType: text.includes(":") ? 6 : 4 };
}

/**
 * An address as it is written: dotted, or IPv6 in the form of RFC 5952.
 *
 * @throws {RangeError} if the number does not fit its type
 */
export function formatIp(ip: bigint, ipType: 4 | 6): string {
  if (ip < 0n || ip >= (ipType === 4 ? IPV4_LIMIT : IPV6_LIMIT)) {
    throw new RangeError(`${ip} is no IPv${ipType} address: it does not fit`);
  }
  if (ipType === 4) return formatIpv4(ip);
  if (ip >> 32n === MAPPED_PREFIX) return `::ffff:${formatIpv4(ip & (IPV4_LIMIT - 1n))}`;
  return formatIpv6(ip);
}

/**
 * Whether Subtensor refuses to publish an address: this machine's own, or none at all. Private
 * networks it takes, though nobody outside reaches them.
 */
export function isUnservable({ ip, ipType }: IpNumber): boolean {
  if (ipType === 4) return ip === 0x7f00_0001n || ip === IPV4_LIMIT - 1n;
  return ip === 1n || ip === IPV6_LIMIT - 1n;
}

function parseIpv4(text: string): bigint | undefined {
  const parts = text.split(".");
  // A leading zero means octal to some readers, so it is no address to us.
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part))) {
    return undefined;
  }
  const octets = parts.map(Number);
  if (octets.some((octet) => octet > 255)) return undefined;
  return octets.reduce((ip, octet) => ip << 8n | BigInt(octet), 0n);
}

function parseIpv6(text: string): bigint | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map(parseGroups);
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined;
  if (tail === undefined) return head.length === IPV6_GROUPS ? joinGroups(head) : undefined;
  const missing = IPV6_GROUPS - head.length - tail.length;
  if (missing < 1) return undefined;
  return joinGroups([...head, ...new Array<number>(missing).fill(0), ...tail]);
}

/** Groups of 16 bits; the last 32 bits may be written as an IPv4 address. */
function parseGroups(text: string, half: number, halves: readonly string[]): number[] | undefined {
  if (text === "") return halves.length === 2 ? [] : undefined;
  const parts = text.split(":");
  const last = parts[parts.length - 1];
  const groups: number[] = [];
  if (last.includes(".")) {
    const dotted = half === halves.length - 1 ? parseIpv4(last) : undefined;
    if (dotted === undefined) return undefined;
    parts.pop();
    groups.push(Number(dotted >> 16n), Number(dotted & 0xffffn));
  }
  if (!parts.every((part) => /^[0-9a-f]{1,4}$/i.test(part))) return undefined;
  return [...parts.map((part) => parseInt(part, 16)), ...groups];
}

function joinGroups(groups: readonly number[]): bigint {
  return groups.reduce((ip, group) => ip << 16n | BigInt(group), 0n);
}

function formatIpv4(ip: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => ip >> shift & 0xffn).join(".");
}

/** Lower case, no leading zeros, the first of the longest runs of zero groups as `::`. */
function formatIpv6(ip: bigint): string {
  const groups = Array.from(
    { length: IPV6_GROUPS },
    (_, i) => Number(ip >> BigInt(16 * (IPV6_GROUPS - 1 - i)) & 0xffffn),
  );
  const { start, length } = longestZeros(groups);
  const hex = groups.map((group) => group.toString(16));
  if (length < 2) return hex.join(":");
  return `${hex.slice(0, start).join(":")}::${hex.slice(start + length).join(":")}`;
}

function longestZeros(groups: readonly number[]): { start: number; length: number } {
  let longest = { start: 0, length: 0 };
  let length = 0;
  groups.forEach((group, i) => {
    length = group === 0 ? length + 1 : 0;
    if (length > longest.length) longest = { start: i + 1 - length, length };
  });
  return longest;
}

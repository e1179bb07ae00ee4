/**
 * What the chain says, as a terminal may show it. Names and addresses on a chain are written by
 * anyone; what moves a cursor or turns the direction of writing must not get through.
 *
 * @module
 */

import type { AxonInfo } from "../../core/chain/metagraph.ts";

const SHOWN_CHARACTERS = 48;
const ENDS_OF_ADDRESS = 6;
/** Characters of `255.255.255.255:65535`. */
const SHORT_AXON = 21;
const SHARE_DECIMALS = 5;

/** A text of the chain without control characters and the like, and not at any length. */
export function chainText(text: string): string {
  const letters = [...text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "?")];
  return letters.length <= SHOWN_CHARACTERS
    ? letters.join("")
    : `${letters.slice(0, SHOWN_CHARACTERS - 1).join("")}…`;
}

/** `5Grwva…GKutQY`: enough to tell addresses of one table apart, too little to pay to. */
export function shortAddress(address: string): string {
  const shown = chainText(address);
  return shown.length <= 2 * ENDS_OF_ADDRESS + 1
    ? shown
    : `${shown.slice(0, ENDS_OF_ADDRESS)}…${shown.slice(-ENDS_OF_ADDRESS)}`;
}

/** `203.0.113.9:8091`, `[2001:db8::1]:8091`, or `none`. */
export function axonText(axon: AxonInfo | undefined): string {
  if (!axon) return "none";
  const ip = chainText(axon.ip);
  return `${axon.ipType === 6 ? `[${ip}]` : ip}:${axon.port}`;
}

/** An axon in no more room than an IPv4 address takes: `[2001:db…70:7334]:8091`. */
export function shortAxonText(axon: AxonInfo | undefined): string {
  const text = axonText(axon);
  if (!axon || text.length <= SHORT_AXON) return text;
  const port = `:${axon.port}`;
  const room = SHORT_AXON - port.length - 1;
  const ip = text.slice(0, -port.length);
  return `${ip.slice(0, Math.ceil(room / 2))}…${ip.slice(-Math.floor(room / 2))}${port}`;
}

/** A share from 0 to 1, as finely as the chain knows it. */
export function shareText(share: number): string {
  return share.toFixed(SHARE_DECIMALS);
}

/** `Subnet 9 iota`: a heading, with the name where there is one. */
export function subnetTitle(netuid: number, name: string): string {
  const shown = chainText(name).trim();
  return shown === "" ? `Subnet ${netuid}` : `Subnet ${netuid} ${shown}`;
}

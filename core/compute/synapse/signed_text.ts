/**
 * What the two ends of a request sign.
 *
 * @module
 */

import type { Signer } from "../../wallet/signer.ts";
import { messageBytes } from "../../wallet/verify.ts";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { TerminalInfo } from "./terminal_info.ts";

/**
 * What a dendrite signs.
 *
 * @param axonHotkey whom it asks: an axon puts its own here, so that nobody can pass a request on
 * @param bodyHash of the header: it is checked against the body when there is one
 */
export function requestText(
  { nonce, hotkey, uuid }: Pick<TerminalInfo, "nonce" | "hotkey" | "uuid">,
  axonHotkey: string,
  bodyHash: string | null,
): string {
  return [nonce, hotkey, axonHotkey, uuid, bodyHash].map(orNone).join(".");
}

/** What an axon signs of an answer that is an error; nobody is known to check it. */
export function answerText(
  { nonce, uuid, hotkey }: Pick<TerminalInfo, "nonce" | "uuid" | "hotkey">,
  dendriteHotkey: string | null,
): string {
  return [nonce, dendriteHotkey, hotkey, uuid].map(orNone).join(".");
}

/** `0x` and the signature in hex. */
export async function signText(signer: Signer, text: string): Promise<string> {
  return `0x${bytesToHex(await signer.sign(messageBytes(text)))}`;
}

/** As Python formats it. */
function orNone(value: string | bigint | null): string {
  return value === null ? "None" : `${value}`;
}

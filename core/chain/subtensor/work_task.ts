/**
 * Whether registration is paid with work, and how the work is checked.
 *
 * @module
 */

import { hexToBytes } from "@noble/hashes/utils.js";
import type { Block, PowTask, SubnetParameters } from "../chain.ts";

/**
 * From this spec on the call `register` looks at no work and takes the burn. Its metadata did not
 * change, so the number is all there is to go by. Source: opentensor/subtensor, changed 2026-01-23.
 */
const FIRST_SPEC_WITHOUT_WORK = 371;
/** From this spec on a seal is a little-endian number. Source: opentensor/subtensor aedad2e8. */
const FIRST_LITTLE_ENDIAN_SPEC = 272;

/** The task of a registration by work; undefined where work is not taken. */
export function workTask(
  specVersion: number,
  { powRegistrationAllowed, difficulty }: SubnetParameters,
  { number, hash }: Omit<Block, "unixMs">,
): PowTask | undefined {
  if (specVersion >= FIRST_SPEC_WITHOUT_WORK || !powRegistrationAllowed) return undefined;
  const endianness = specVersion >= FIRST_LITTLE_ENDIAN_SPEC ? "little" : "big";
  return { blockNumber: number, blockHash: hexToBytes(hash.slice(2)), difficulty, endianness };
}

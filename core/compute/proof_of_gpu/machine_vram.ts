/**
 * The memory by which a machine's benchmark is sized.
 *
 * @module
 */

import type { MachineSpecs } from "../specs.ts";
import { vramOfMemory } from "./sizes.ts";

const MIB = 1024 ** 2;
/** A software adapter multiplies matrices of 1,024 rows in less than a second; larger ones it need not. */
const SOFTWARE_VRAM_GB = 2 ** 24 / 1e9;

/**
 * The `vram` in GB: of the first card as its driver's tool tells, else by the largest buffer of the
 * adapter, which has at least twice as much.
 *
 * @throws {UsageError} if nothing is known of either
 */
export function vramOfMachine({ gpus: [card], adapter }: MachineSpecs): number {
  if (adapter?.isSoftware) return SOFTWARE_VRAM_GB;
  return vramOfMemory(card ? card.capacity * MIB : 2 * (adapter?.maxBufferSize ?? 0));
}

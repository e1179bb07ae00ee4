/**
 * Which miners have what a renter wants, by what they have told of themselves.
 *
 * Source: neuralinternet/compute-subnet v1.8.3, `allocate_check_if_miner_meet` of
 * `neurons/Validator/database/allocate.py`: free memory and disk count, not all there is.
 *
 * @module
 */

import {
  type DeviceRequirement,
  type MachineCapacity,
  missingOf,
} from "../allocation/requirements.ts";

/** How well a miner fits; of an unknown one nobody can say before it is asked. */
export type Fit = "fits" | "unknown" | "lacks";

/** Upstream takes unknown miners for misfits; here they come last. */
export function fitOf(wanted: DeviceRequirement, capacity: MachineCapacity | undefined): Fit {
  if (capacity === undefined) return "unknown";
  return missingOf(wanted, capacity) === undefined ? "fits" : "lacks";
}

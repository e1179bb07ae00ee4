/**
 * `deno task validate SUBNET`: looks whether others' work is right, and sets weights.
 *
 * @module
 */

import { type CommandGroup, member, runGroupAsProcess } from "./command_group.ts";
import { validateComputeCommand } from "./validate/compute.ts";
import { validateIotaCommand } from "./validate/iota.ts";
import { processValidateSystem } from "./validate/process_system.ts";
import type { ValidateSystem } from "./validate/system.ts";

/** The validators, in these surroundings. */
export function validateGroup(system: ValidateSystem): CommandGroup {
  return {
    name: "validate",
    summary: "Looks whether the work of a subnet's miners is right, and sets weights on the chain.",
    members: [
      member("validate", validateIotaCommand(system)),
      member("validate", validateComputeCommand(system)),
    ],
  };
}

if (import.meta.main) await runGroupAsProcess(validateGroup(processValidateSystem()));

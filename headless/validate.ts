/**
 * `deno task validate SUBNET`: looks whether others' work is right, and sets weights.
 *
 * @module
 */

import { proveMiner } from "../core/compute/proof_of_gpu/proof_round.ts";
import { type CommandGroup, member, runGroupAsProcess } from "./command_group.ts";
import { type GpuProverMaker, validateComputeCommand } from "./validate/compute.ts";
import { validateIotaCommand } from "./validate/iota.ts";
import { processValidateSystem } from "./validate/process_system.ts";
import { allocateCommand } from "./validate/renter/allocate.ts";
import { deallocateCommand } from "./validate/renter/deallocate.ts";
import { jobCommand } from "./validate/renter/job.ts";
import { listCommand } from "./validate/renter/list.ts";
import type { ValidateSystem } from "./validate/system.ts";

/** The validators, in these surroundings. */
export function validateGroup(system: ValidateSystem): CommandGroup {
  return {
    name: "validate",
    summary:
      "Looks whether the work of a subnet's miners is right, and sets weights on the chain. " +
      "compute allocate rents one of their machines.",
    members: [
      member("validate", validateIotaCommand(system)),
      member("validate", validateComputeCommand(system, { gpuProver: proverOf(system) })),
      member("validate", allocateCommand(system)),
      member("validate", deallocateCommand(system)),
      member("validate", listCommand(system)),
      member("validate", jobCommand(system)),
    ],
  };
}

/** Miners prove their GPUs over their axons. */
function proverOf({ clock, randomBytes }: ValidateSystem): GpuProverMaker {
  return (dendrite) => (target, signal) =>
    proveMiner({ dendrite, clock, randomBytes }, target, signal);
}

if (import.meta.main) await runGroupAsProcess(validateGroup(processValidateSystem()));

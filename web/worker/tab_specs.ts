/**
 * What a tab can know of its machine.
 *
 * @module
 */

import type { MachineSpecs } from "../../core/compute/specs.ts";

/** Browsers tell neither memory nor disk; a validator sees zeros there. */
export function tabSpecs(): MachineSpecs {
  return {
    cpu: { count: navigator.hardwareConcurrency, frequency: undefined },
    ram: {
      ...{ total: 0, available: 0, used: 0, free: 0 },
      ...{ swap_total: 0, swap_used: 0, swap_free: 0 },
    },
    hard_disk: { total: 0, free: 0, used: 0 },
    ...{ gpus: [], gpuClocks: undefined, hasDocker: false, adapter: undefined, rates: {} },
  };
}

import { test } from "#test";
import { assert } from "chai";
import { type MachineSpecs, specsRoute, specsText } from "../../core/compute/specs.ts";
import { createSynapse } from "../../core/compute/synapse/synapse.ts";
import { SPECS } from "../../core/compute/synapse/synapses.ts";

const BARE: MachineSpecs = {
  cpu: { count: 2, frequency: undefined },
  ram: {
    ...{ total: 4, available: 3, used: 1, free: 2, swap_total: 0, swap_used: 0, swap_free: 0 },
  },
  hard_disk: { total: 9, free: 5, used: 4 },
  ...{ gpus: [], gpuClocks: undefined, hasDocker: false, adapter: undefined, rates: {} },
};

test("a machine without a card has a count of 0, as validators know it", () => {
  assert.deepEqual(JSON.parse(specsText(BARE)), {
    cpu: { count: 2 },
    gpu: { count: 0, capacity: 0, details: [] },
    hard_disk: BARE.hard_disk,
    ram: BARE.ram,
    has_docker: false,
    weft: { rates: {} },
  });
});

test("capacities of several cards add up, and the first one's clocks are told", () => {
  const gpus = [{ name: "A", capacity: 80_000 }, { name: "B", capacity: 24_000 }];
  const { gpu } = JSON.parse(
    specsText({ ...BARE, gpus, gpuClocks: { graphics: 1980, memory: 2619 } }),
  );
  assert.deepEqual(gpu, {
    ...{ count: 2, capacity: 104_000, details: gpus, graphics_speed: 1980, memory_speed: 2619 },
  });
});

test("the program that a validator sends is neither run nor sent back", async () => {
  const route = specsRoute(() => Promise.resolve(BARE), {});
  const { specs_input, specs_output } = await route.forward({
    synapse: createSynapse(SPECS, { specs_input: "b'\\x7fELF'", specs_output: "" }),
    ...{ hotkey: "5A", priority: 0, arrivedMs: 0, signal: new AbortController().signal },
  });
  assert.equal(specs_input, "");
  assert.equal(specs_output, specsText(BARE));
});

import { test } from "#test";
import { assert } from "chai";
import { missingOf, readRequirement } from "../../../core/compute/allocation/requirements.ts";
import { type MachineSpecs, specsText } from "../../../core/compute/specs.ts";
import {
  capacityOf,
  gpuText,
  readMinerSpecs,
} from "../../../core/compute/validator/miner_specs.ts";

const GIB = 1024 ** 3;
/** As published machines tell, with what is not kept. */
const PUBLISHED = {
  cpu: { count: 16, frequency: 3600.5 },
  gpu: {
    ...{ count: 2, capacity: 49_140, graphics_speed: 1980, memory_speed: 2619 },
    details: [
      { name: "NVIDIA L4", capacity: 24_570, cuda: "8.9", power_limit: 72 },
      { name: "NVIDIA L4", capacity: 24_570 },
    ],
  },
  hard_disk: { total: 1000 * GIB, free: 400 * GIB, used: 600 * GIB, read_speed: 500 },
  ram: { total: 128 * GIB, available: 100 * GIB, free: 4 * GIB, used: 28 * GIB, swap_total: 0 },
  has_docker: true,
};

function read(changes: Record<string, unknown>): ReturnType<typeof readMinerSpecs> {
  return readMinerSpecs(JSON.stringify({ ...PUBLISHED, ...changes }));
}

test("the published JSON is read, and what is lent is what is free", () => {
  const specs = read({}) ?? assert.fail("nothing was read");
  assert.deepEqual(capacityOf(specs), {
    ...{ cpuCount: 16, ramBytes: 100 * GIB, diskBytes: 400 * GIB },
    gpus: Array.from({ length: 2 }, () => {
      return { name: "NVIDIA L4", memoryBytes: 24_570 * 1024 ** 2 };
    }),
  });
  assert.equal(gpuText(specs), "2 x NVIDIA L4");
});

test("what a miner of Weft tells is read", () => {
  const machine: MachineSpecs = {
    cpu: { count: 2, frequency: undefined },
    ram: {
      ...{ total: 4, available: 3, used: 1, free: 2, swap_total: 0, swap_used: 0, swap_free: 0 },
    },
    hard_disk: { total: 9, free: 5, used: 4 },
    ...{ gpus: [], gpuClocks: undefined, hasDocker: true, adapter: undefined, rates: { 610: 1 } },
  };
  const specs = readMinerSpecs(specsText(machine));
  assert.deepInclude(specs, { has_docker: true, cpu: { count: 2, frequency: 0 } });
});

test("what is kept is read again as it was", () => {
  const specs = read({});
  assert.deepEqual(readMinerSpecs(JSON.stringify(specs)), specs);
});

for (
  const text of ["", "{}", "null", "[]", "7", '"text"', "{", "gAAAAABl", "[".repeat(60_000)]
) {
  test(`${JSON.stringify(text.slice(0, 9))} of ${text.length} letters tells nothing`, () => {
    assert.isUndefined(readMinerSpecs(text));
  });
}

test("more than 65,536 letters tell nothing, though they would be right", () => {
  assert.isUndefined(read({ padding: "x".repeat(65_536) }));
});

for (const count of [0, -1, 1e300, "8", null, [8]]) {
  test(`a machine with ${JSON.stringify(count)} processors has told nothing`, () => {
    assert.isUndefined(read({ cpu: { count, frequency: 1 } }));
  });
}

for (const capacity of [-1, 1e300, "9", null]) {
  test(`a capacity of ${JSON.stringify(capacity)} is none`, () => {
    const specs = read({ ram: { total: capacity, available: capacity } });
    assert.deepEqual(specs?.ram, { total: 0, available: 0 });
  });
}

test("parts that are missing or of another kind are none", () => {
  const specs = readMinerSpecs('{"cpu":{"count":4},"gpu":"many","ram":[],"has_docker":"yes"}');
  assert.deepEqual(specs, {
    ...{ cpu: { count: 4, frequency: 0 }, gpu: { details: [] }, has_docker: false },
    ...{ hard_disk: { total: 0, free: 0 }, ram: { total: 0, available: 0 } },
  });
});

test("a thousand cards are none", () => {
  const details = Array.from({ length: 1000 }, () => ({ name: "A", capacity: 1 }));
  assert.deepEqual(read({ gpu: { details } })?.gpu.details, []);
});

test("a card's name is cut, and gives a terminal no orders", () => {
  const name = `\x1b]0;evil\x07\u202eNVIDIA\r\n${"A".repeat(500)}`;
  const [gpu] = read({ gpu: { details: [{ name, capacity: 1 }] } })?.gpu.details ?? [];
  assert.match(gpu.name, /^\]0;evil NVIDIA A+$/);
  assert.isAtMost(gpu.name.length, 80);
});

test("a name of prototype's is a name", () => {
  const details = ["__proto__", "constructor"].map((name) => ({ name, capacity: 1 }));
  const specs = read({ gpu: { details } }) ?? assert.fail("nothing was read");
  assert.equal(gpuText(specs), "__proto__, constructor");
});

test("without a card the adapter is named, and cleaned", () => {
  const specs = read({ gpu: {}, weft: { adapter: { name: "Apple\x1b M3" }, rates: { 610: 1 } } });
  assert.equal(specs && gpuText(specs), "Apple M3");
});

for (const weft of [null, 7, {}, { adapter: null }, { adapter: { name: 7 } }]) {
  test(`an adapter in ${JSON.stringify(weft)} is none`, () => {
    const specs = read({ gpu: {}, weft });
    assert.equal(specs && gpuText(specs), "");
  });
}

test("a card with enough memory of its own is looked for, not two that have it together", () => {
  const specs = read({}) ?? assert.fail("nothing was read");
  const wanted = readRequirement({ gpu: { count: 1, capacity: 40 * GIB, type: "l4" } });
  assert.isDefined(missingOf(wanted, capacityOf(specs)));
});

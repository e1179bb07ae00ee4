import { assert } from "chai";
import {
  type MachineCapacity,
  missingOf,
  readRequirement,
} from "../../../core/compute/allocation/requirements.ts";
import { WeftError } from "../../../core/errors.ts";
import { type PythonData, PythonFloat } from "../../../core/formats/python_json.ts";
import { test } from "#test";

const GIB = 1024 ** 3;
const MACHINE: MachineCapacity = {
  cpuCount: 4,
  ramBytes: 8 * GIB,
  diskBytes: 100 * GIB,
  gpus: [{ name: "NVIDIA L4", memoryBytes: 24 * GIB }, { name: "NVIDIA A40", memoryBytes: GIB }],
};

type Fields = Readonly<Record<string, PythonData>>;

function missing(data: Fields): string | undefined {
  return missingOf(readRequirement(data), MACHINE);
}

test("What a proof of GPU asks for is met", () => {
  const asked = {
    ...{ cpu: { count: 1 }, gpu: { count: 1, capacity: 0, type: "" } },
    ...{ hard_disk: { capacity: GIB }, ram: { capacity: GIB }, testing: true },
  };
  assert.isUndefined(missing(asked));
  assert.isTrue(readRequirement(asked).testing);
});

test("All that is missing is told in one line", () => {
  const text = missing({
    ...{ cpu: { count: 5 }, ram: { capacity: 16 * GIB }, hard_disk: { capacity: 101 * GIB } },
    gpu: { count: 3, capacity: 0, type: "" },
  });
  assert.strictEqual(
    text,
    "4 of 5 CPU cores, 8 GiB of 16 GiB of memory, 100 GiB of 101 GiB of disk space, 2 of 3 GPUs",
  );
});

test("Memory is wanted of each card, not of all together", () => {
  assert.isUndefined(missing({ gpu: { count: 1, capacity: 24 * GIB } }));
  assert.strictEqual(
    missing({ gpu: { count: 2, capacity: 24 * GIB } }),
    "1 of 2 GPUs with 24 GiB",
  );
});

test("A card of a name is one card, though no count is told", () => {
  assert.isUndefined(missing({ gpu: { type: "nvidia l4" } }));
  assert.strictEqual(missing({ gpu: { type: "H100" } }), '0 of 1 GPUs "H100"');
});

test("A name with line breaks stays in the line", () => {
  assert.notInclude(missing({ gpu: { type: "a\nb\u0000\u2028c" } }), "\n");
});

for (const gpu of [null, {}, "", 0, false]) {
  test(`No card is wanted by ${JSON.stringify(gpu)}`, () => {
    assert.strictEqual(readRequirement({ gpu }).gpuCount, 0);
  });
}

test("Nothing wanted is met, and further fields are ignored", () => {
  assert.isUndefined(missing({}));
  assert.isUndefined(missing({ cpu: { count: 1, brand: [] }, network: { speed: "9" } }));
});

test("Amounts may be floats, texts and large", () => {
  const { ramBytes, cpuCount } = readRequirement({
    ...{ ram: { capacity: new PythonFloat(1.5) }, cpu: { count: "2" } },
  });
  assert.deepEqual([ramBytes, cpuCount], [1.5, 2]);
  assert.include(missing({ ram: { capacity: 10n ** 30n } }), "of memory");
});

for (
  const [name, data] of Object.entries<Fields>({
    "negative amount": { cpu: { count: -1 } },
    "infinite amount": { cpu: { count: new PythonFloat(Infinity) } },
    "part that is a text": { ram: "16g" },
    "amount that is a list": { hard_disk: { capacity: [1] } },
    "type that is a number": { gpu: { type: 7 } },
  })
) {
  test(`A requirement with a ${name} is refused with its place`, () => {
    assert.throws(() => readRequirement(data), WeftError, "device_requirement");
  });
}

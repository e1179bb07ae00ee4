import { test } from "#test";
import { assert } from "chai";
import { parseGraphics } from "../../headless/machine_specs.ts";

test("nvidia-smi's lines are cards", () => {
  assert.deepEqual(
    parseGraphics("NVIDIA H100 80GB HBM3, 81559, 1980, 2619\nNVIDIA A10, 24564, 210, 405\n"),
    [
      { name: "NVIDIA H100 80GB HBM3", capacity: 81559, graphics: 1980, memory: 2619 },
      { name: "NVIDIA A10", capacity: 24564, graphics: 210, memory: 405 },
    ],
  );
});

for (const text of ["", "\n", "No devices were found", "A card, [N/A], 1, 2", "A, 1, 2"]) {
  test(`${JSON.stringify(text)} tells of no card`, () => assert.isEmpty(parseGraphics(text)));
}

import { test } from "#test";
import { assert } from "chai";
import { WeftError } from "../../../core/errors.ts";
import {
  readVectorMetadata,
  sectionFault,
  sectionOf,
  type VectorLayout,
  vectorMetadata,
  writeVectorMetadata,
} from "../../../core/iota/merging/vector_metadata.ts";

const LAYOUT: VectorLayout = { dtype: "bfloat16", numElements: 10, numSections: 3 };

/** `create_metadata` of the published miner for `torch.zeros(10, dtype=torch.bfloat16)`. */
const PUBLISHED = '{"tensor": {"dtype": "torch.bfloat16", "size": [10], "num_elements": 10, ' +
  '"element_size": 2, "total_bytes": 20}, "sections": {"0": {"start_byte": 0, "end_byte": 6, ' +
  '"start_idx": 0, "end_idx": 3}, "1": {"start_byte": 6, "end_byte": 12, "start_idx": 3, ' +
  '"end_idx": 6}, "2": {"start_byte": 12, "end_byte": 20, "start_idx": 6, "end_idx": 10}}}';

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

test("metadata are those of the published miner", () => {
  assert.deepEqual(vectorMetadata(LAYOUT), JSON.parse(PUBLISHED));
});

test("what the published miner writes is read", () => {
  assert.deepEqual(readVectorMetadata(bytesOf(PUBLISHED)), vectorMetadata(LAYOUT));
});

test("what is written is read again", () => {
  const metadata = vectorMetadata({ dtype: "float32", numElements: 7, numSections: 2 });
  assert.deepEqual(readVectorMetadata(writeVectorMetadata(metadata)), metadata);
});

for (const numElements of [1, 5, 6, 120, 121, 1_000_003]) {
  for (const numSections of [1, 3, 6, 120]) {
    test(`${numSections} sections of ${numElements} elements leave no gap and no rest`, () => {
      const layout: VectorLayout = { dtype: "float32", numElements, numSections };
      let next = 0;
      for (let index = 0; index < numSections; index++) {
        const { start_idx, end_idx, start_byte, end_byte } = sectionOf(layout, index);
        assert.deepEqual([start_idx, start_byte, end_byte], [next, 4 * next, 4 * end_idx]);
        next = end_idx;
      }
      assert.equal(next, numElements);
    });
  }
}

for (const index of [-1, 3, 0.5, NaN]) {
  test(`there is no section ${index} of 3`, () => {
    assert.throws(() => sectionOf(LAYOUT, index), RangeError, "of 3");
  });
}

test("nothing speaks against a section that lies where ours does", () => {
  assert.isUndefined(sectionFault(vectorMetadata(LAYOUT), 2, LAYOUT));
});

const others: [what: string, change: Partial<VectorLayout>, fault: RegExp][] = [
  ["of another dtype", { dtype: "float32" }, /elements of torch\.float32, expected/],
  ["of another length", { numElements: 11 }, /has 11 elements .* expected 10/],
  ["cut otherwise", { numSections: 4 }, /section 2 is elements 4 to 6, expected 6 to 10/],
  ["cut into too few", { numSections: 2 }, /section 2 is missing/],
];
for (const [what, change, fault] of others) {
  test(`a vector ${what} is no good`, () => {
    assert.match(sectionFault(vectorMetadata({ ...LAYOUT, ...change }), 2, LAYOUT) ?? "", fault);
  });
}

test("metadata whose bytes disagree with their elements are no good", () => {
  const metadata = vectorMetadata(LAYOUT);
  const wrong = { ...metadata.sections[1], start_byte: 8 };
  const sections = { ...metadata.sections, 1: wrong };
  assert.match(sectionFault({ ...metadata, sections }, 1, LAYOUT) ?? "", /section 1/);
});

const broken: [what: string, text: string][] = [
  ["no JSON", "{"],
  ["a list", "[]"],
  ["no sections", '{"tensor": {}}'],
  ["a section with half a byte", PUBLISHED.replace('"end_byte": 6', '"end_byte": 6.5')],
  [
    "a section that begins before the vector",
    PUBLISHED.replace('"start_byte": 0', '"start_byte": -2'),
  ],
];
for (const [what, text] of broken) {
  test(`metadata that are ${what} are refused`, () => {
    assert.throws(() => readVectorMetadata(bytesOf(text)), WeftError, "its metadata are broken");
  });
}

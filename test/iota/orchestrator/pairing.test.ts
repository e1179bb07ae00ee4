import { assert } from "chai";
import { test } from "#test";
import { assignChunks, bytesMoved, sectionsFor } from "../../../core/iota/orchestrator/pairing.ts";

const ALL_PAIRS_UP_TO = 16;

function names(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `miner-${index}`);
}

function mergersOf(chunks: Record<string, number[]>, sections: number): number[] {
  const dealt = Object.values(chunks).flat();
  return Array.from({ length: sections }, (_, chunk) => dealt.filter((c) => c === chunk).length);
}

for (
  const [miners, sections] of [[0, 1], [1, 1], [2, 1], [3, 3], [16, 120], [17, 17], [100, 100]]
) {
  test(`a layer of ${miners} miners is cut into ${sections} sections`, () => {
    assert.equal(sectionsFor(miners, ALL_PAIRS_UP_TO), sections);
  });
}

for (const miners of [2, 3, 16, 17, 100]) {
  test(`with ${miners} miners every chunk is merged by two`, () => {
    const sections = sectionsFor(miners, ALL_PAIRS_UP_TO);
    const chunks = assignChunks(names(miners), sections, ALL_PAIRS_UP_TO);
    assert.deepEqual(new Set(mergersOf(chunks, sections)), new Set([2]));
  });

  test(`with ${miners} miners none merges a chunk twice, and all merge as many`, () => {
    const sections = sectionsFor(miners, ALL_PAIRS_UP_TO);
    const chunks = Object.values(assignChunks(names(miners), sections, ALL_PAIRS_UP_TO));
    for (const own of chunks) assert.equal(new Set(own).size, own.length);
    assert.equal(new Set(chunks.map(({ length }) => length)).size, 1);
  });
}

test("one who is alone merges all there is", () => {
  assert.deepEqual(assignChunks(["only"], 1, ALL_PAIRS_UP_TO), { only: [0] });
});

for (const present of [1, 2, 5, 12]) {
  test(`${present} of 16 miners share out all 120 chunks`, () => {
    const chunks = assignChunks(names(present), 120, ALL_PAIRS_UP_TO);
    assert.deepEqual(
      new Set(mergersOf(chunks, 120)),
      new Set([Math.min(2, present)]),
    );
  });
}

test("nobody gets nothing", () => {
  assert.deepEqual(assignChunks([], 3, ALL_PAIRS_UP_TO), {});
});

test("however many miners, each moves no more than six layer sizes", () => {
  const layerBytes = 6e9;
  for (const miners of [1, 2, 3, 4, 8, 16, 17, 100, 1000]) {
    const moved = bytesMoved(miners, layerBytes, ALL_PAIRS_UP_TO) / layerBytes;
    // Up and down twice, and two chunks' worth each way; remainders of sections are well below 1 %.
    assert.isAtMost(moved, 6.01, `${miners} miners`);
  }
});

for (const miners of [1, 2, 3, 7, 16, 17, 100]) {
  test(`what each of ${miners} miners is dealt keeps within the bound, remainders included`, () => {
    const [elements, itemBytes] = [100_003, 2];
    const sections = sectionsFor(miners, ALL_PAIRS_UP_TO);
    const chunks = assignChunks(names(miners), sections, ALL_PAIRS_UP_TO);
    const layerBytes = 3 * elements * itemBytes;
    const bound = bytesMoved(miners, layerBytes, ALL_PAIRS_UP_TO);
    const bytesOf = (count: number, chunk: number): number => {
      const length = Math.floor(count / sections);
      return itemBytes * (chunk === sections - 1 ? count - chunk * length : length);
    };
    for (const own of Object.values(chunks)) {
      const merged = own.reduce(
        (sum, chunk) => sum + bytesOf(elements, chunk) + bytesOf(2 * elements, chunk),
        0,
      );
      assert.isAtMost(2 * layerBytes + merged + (miners - 1) * merged, bound);
    }
  });
}

/**
 * The files and lines of the published script.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import {
  indicesFile,
  parseIndices,
  parseSeeds,
  seedsFile,
} from "../../../core/compute/proof_of_gpu/published_files.ts";
import {
  benchmarkLine,
  type BenchmarkResult,
  computeLines,
  gpuInfoText,
  parseBenchmarkLine,
  parseComputeLines,
  type ProofClaim,
} from "../../../core/compute/proof_of_gpu/published_lines.ts";
import { UsageError, WeftError } from "../../../core/errors.ts";
import { LAST_SEED, ROOTS } from "./vectors.ts";

const SEEDS_TEXT = `10336\n0 0 ${LAST_SEED}\n1 12 34`;
const RESULT: BenchmarkResult = {
  gpuCount: 1,
  vramGb: 2 ** 33 / 1e9,
  fp16Size: 46336,
  fp16Seconds: 2.5,
  fp32Size: 23168,
  fp32Seconds: 0.71234567,
};
const CLAIM: ProofClaim = {
  gpu: 0,
  root: ROOTS.four,
  timings: {
    generation_time: 0.25,
    n: 4,
    multiplication_time: 2,
    transfer_back_time: 0.00001,
    merkle_tree_time: 0,
  },
};
/** What Python prints for the claim. */
const CLAIM_LINES = `Root hashes: [[0, "${ROOTS.four}"]]\n` +
  'Timings: [[0, {"generation_time": 0.25, "n": 4, "multiplication_time": 2.0, ' +
  '"transfer_back_time": 1e-05, "merkle_tree_time": 0.0}]]';

test("parseSeeds() reads n and the seeds of every GPU, with or without the last newline", () => {
  const expected = {
    n: 10336,
    seeds: new Map([[0, { a: 0n, b: LAST_SEED }], [1, { a: 12n, b: 34n }]]),
  };
  assert.deepEqual(parseSeeds(SEEDS_TEXT), expected);
  assert.deepEqual(parseSeeds(`${SEEDS_TEXT}\n`), expected);
});

test("seedsFile() writes what parseSeeds() reads", () => {
  assert.equal(seedsFile(parseSeeds(SEEDS_TEXT)), SEEDS_TEXT);
});

const BAD_SEEDS: [what: string, text: string, where: string][] = [
  ["nothing", "", "line 1"],
  ["no GPU", "32", "seeds.txt has"],
  ["n of 0", "0\n0 1 2", "line 1"],
  ["n that would keep a GPU busy for hours", "65537\n0 1 2", "line 1"],
  ["n with a sign", "+32\n0 1 2", "line 1"],
  ["n with a leading zero", "032\n0 1 2", "line 1"],
  ["n with a point", "32.0\n0 1 2", "line 1"],
  ["n in other digits", "٣٢\n0 1 2", "line 1"],
  ["one seed", "32\n0 1", "line 2"],
  ["three seeds", "32\n0 1 2 3", "line 2"],
  ["a seed of 65 bits", `32\n0 1 ${LAST_SEED + 1n}`, "line 2"],
  ["a negative seed", "32\n0 -1 2", "line 2"],
  ["a seed in hex", "32\n0 0x10 2", "line 2"],
  ["a seed of a million digits", `32\n0 ${"9".repeat(1e6)} 2`, "line 2"],
  ["one GPU twice", "32\n0 1 2\n0 3 4", "line 3"],
  ["two spaces", "32\n0  1 2", "line 2"],
  ["an empty line", "32\n0 1 2\n\n1 3 4", "line 3"],
  ["carriage returns", "32\r\n0 1 2\r\n", "line 1"],
];

for (const [what, text, where] of BAD_SEEDS) {
  test(`parseSeeds() refuses ${what}`, () => {
    assert.throws(() => parseSeeds(text), UsageError, where);
  });
}

test("parseIndices() reads the places of every GPU, and indicesFile() writes them", () => {
  const text = "0 3,0;0,3\n1 2,2";
  const places = new Map([[0, [[3, 0], [0, 3]] as const], [1, [[2, 2]] as const]]);
  assert.deepEqual(parseIndices(text, 4) as unknown, places);
  assert.equal(indicesFile(parseIndices(text, 4)), text);
});

const BAD_INDICES: [what: string, text: string][] = [
  ["nothing", ""],
  ["a row outside", "0 4,0"],
  ["a column outside", "0 0,4"],
  ["a negative row", "0 -1,0"],
  ["a row alone", "0 1"],
  ["three numbers", "0 1,2,3"],
  ["an end without a place", "0 1,2;"],
  ["a space within", "0 1, 2"],
  ["no places", "0"],
  ["a GPU twice", "0 1,2\n0 1,2"],
  ["65 places", `0 ${Array(65).fill("1,2").join(";")}`],
];

for (const [what, text] of BAD_INDICES) {
  test(`parseIndices() refuses ${what}`, () => {
    assert.throws(() => parseIndices(text, 4), UsageError, "challenge_indices.txt line");
  });
}

test("a refusal does not repeat all of a long text", () => {
  assert.throws(() => parseSeeds(`${"9".repeat(1e5)}\n`), UsageError, /^.{0,120}$/);
});

test("benchmarkLine() prints as the published script", () => {
  assert.equal(benchmarkLine(RESULT), "1 8.59 46336 2.500000 23168 0.712346");
});

test("benchmarkLine() prints nan for f16 that was not measured", () => {
  const line = benchmarkLine({ ...RESULT, fp16Seconds: undefined });
  assert.equal(line, "1 8.59 46336 nan 23168 0.712346");
  assert.isUndefined(parseBenchmarkLine(line).fp16Seconds);
});

test("parseBenchmarkLine() reads the line", () => {
  assert.deepEqual(parseBenchmarkLine("1 8.59 46336 2.500000 23168 0.712346\n"), {
    ...RESULT,
    vramGb: 8.59,
    fp32Seconds: 0.712346,
  });
});

for (
  const line of [
    "",
    "1 8.59 46336 2.500000 23168",
    "1 8.59 46336 2.500000 23168 nan",
    "1 8.59 46336 -2.500000 23168 0.712346",
    "1 8.59 46336 2.500000 23168 0.712346 more",
    "1 inf 46336 2.500000 23168 0.712346",
  ]
) {
  test(`parseBenchmarkLine() refuses "${line}"`, () => {
    assert.throws(() => parseBenchmarkLine(line), WeftError, "a benchmark's line");
  });
}

test("computeLines() prints what json.dumps does", () => {
  assert.equal(computeLines([CLAIM]), CLAIM_LINES);
});

test("parseComputeLines() reads the two lines among others, in any order", () => {
  const [roots, timings] = CLAIM_LINES.split("\n");
  const text = `GPU 0: Matrix multiplication time on GPU: 2.00 seconds\n${timings}\n\n${roots}\n`;
  assert.deepEqual(parseComputeLines(text), [CLAIM]);
});

const BAD_LINES: [what: string, text: string][] = [
  ["no root hashes", CLAIM_LINES.replace("Root", "Other")],
  ["no timings", CLAIM_LINES.split("\n")[0]],
  ["two lines of root hashes", `${CLAIM_LINES}\n${CLAIM_LINES.split("\n")[0]}`],
  ["Python's own quotes", CLAIM_LINES.replaceAll('"', "'")],
  ["a short root", CLAIM_LINES.replace(ROOTS.four, ROOTS.four.slice(2))],
  ["a time that is none", CLAIM_LINES.replace("2.0", "NaN")],
  ["a negative time", CLAIM_LINES.replace("2.0", "-2.0")],
  ["timings of another GPU", CLAIM_LINES.replace("Timings: [[0", "Timings: [[1")],
  ["a GPU twice", CLAIM_LINES.replace(/\[(\[0, "\w+"\])\]/, "[$1, $1]")],
];

for (const [what, text] of BAD_LINES) {
  test(`parseComputeLines() refuses ${what}`, () => {
    assert.throws(() => parseComputeLines(text), WeftError, "a proof of GPU says");
  });
}

test("gpuInfoText() prints as json.dumps with an indent of two", () => {
  assert.equal(
    gpuInfoText(["Card é"]),
    '{\n  "num_gpus": 1,\n  "gpu_names": [\n    "Card \\u00e9"\n  ]\n}',
  );
  assert.equal(gpuInfoText([]), '{\n  "num_gpus": 0,\n  "gpu_names": []\n}');
});

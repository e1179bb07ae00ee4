import { assert } from "chai";
import { test } from "#test";
import { type HashMode, hashMode } from "../../../core/hash/modes.ts";
import type { Suspect } from "../../../core/hash/search_engine.ts";
import { candidatesPerTurn, type Pattern } from "../../../core/hash/wasm/kernel.ts";
import { shapeOf, wordWidth } from "../../../core/hash/wasm/kernel_graph.ts";
import { KernelChoice, PATTERNS } from "../../../core/hash/wasm/kernels.ts";
import { ThreadSearch } from "../../../core/hash/wasm/thread_search.ts";
import { isFound, keyspaceOf, MODES, plant, type Planted, saltOf } from "./planted.ts";

const BLAKE2B = hashMode(610);
const SHA256 = hashMode(1410);
const SHA256_SALT_FIRST: HashMode = { ...SHA256, salt: "before" };

/** All that are used, and simpler and more complicated ones. */
const ALL_PATTERNS: readonly Pattern[] = [
  ...PATTERNS.blake2b,
  ...PATTERNS.sha256,
  ["s"],
  ["s", "s"],
  ["vv", "s", "sss"],
];

const noClock = (): number => 0;

/** Searches some outer indices of the planted group with a kernel. */
function suspectsOf(
  planted: Planted,
  first: number,
  count: number,
  pattern: Pattern = ["v", "ss"],
  choice = new KernelChoice(shapeOf(planted.plan), [pattern]),
): Suspect[] {
  const slice = { group: planted.group, first, count };
  return new ThreadSearch(planted.plan, choice).run(slice, noClock);
}

/** Says that a password is the one suspect in its group. */
function assertFound(planted: Planted, name: string, pattern?: Pattern): void {
  const suspects = suspectsOf(planted, 0, planted.plan.groupSize, pattern);
  assert.isTrue(isFound(planted, suspects), `${name}: ${JSON.stringify(suspects)}`);
}

test("every kernel finds a password anywhere in tables of awkward lengths", () => {
  for (const mode of [BLAKE2B, SHA256]) {
    for (const pattern of ALL_PATTERNS) {
      const { plan } = plant(mode, keyspaceOf(2, 3), saltOf(5), 0n);
      const choice = new KernelChoice(shapeOf(plan), [pattern]);
      for (const length of [1, 2, 3, 5, 97, 100]) {
        const keyspace = keyspaceOf(length, 3);
        for (const inner of [0, length >> 1, length - 1]) {
          const index = BigInt(length + inner);
          const planted = plant(mode, keyspace, saltOf(5), index, length);
          assert.equal(planted.plan.inner.length, length);
          const suspects = suspectsOf(planted, 0, 3, pattern, choice);
          const name = `${mode.name} ${pattern} ${inner} of ${length}`;
          assert.isTrue(isFound(planted, suspects), `${name}: ${JSON.stringify(suspects)}`);
        }
      }
    }
  }
});

test("a suspect is narrowed to one turn of the kernel", () => {
  for (const pattern of ALL_PATTERNS) {
    const planted = plant(BLAKE2B, keyspaceOf(97, 3), saltOf(5), 150n);
    const perTurn = candidatesPerTurn(wordWidth("blake2b"), pattern);
    const [{ innerCount }] = suspectsOf(planted, 0, 3, pattern);
    assert.isAtMost(innerCount, perTurn, `${pattern}`);
  }
});

test("a slice finds only what is in it", () => {
  const planted = plant(BLAKE2B, keyspaceOf(50, 30), saltOf(16), 50n * 17n + 3n, 50);
  for (
    const [first, count, hits] of [[0, 17, 0], [0, 18, 1], [17, 1, 1], [18, 12, 0], [5, 20, 1]]
  ) {
    assert.lengthOf(suspectsOf(planted, first, count), hits, `${count} from ${first}`);
  }
});

test("passwords of 1 to 32 characters are found in every mode", () => {
  for (const mode of MODES) {
    for (const length of [1, 2, 3, 4, 5, 7, 8, 9, 13, 16, 17, 31, 32]) {
      const sizes = Array.from({ length }, (_, position) => position % 5 === 0 ? 4 : 1);
      const keyspace = keyspaceOf(...sizes);
      const salt = saltOf(mode.salt === "none" ? 0 : 16);
      const planted = plant(mode, keyspace, salt, keyspace.size - 1n, 4);
      assertFound(planted, `${mode.name}, ${length} characters`);
    }
  }
});

test("salts of 0 to 64 bytes are hashed in every mode that has one", () => {
  for (const mode of MODES.filter(({ salt }) => salt !== "none")) {
    for (const length of [0, 1, 3, 4, 5, 15, 16, 39, 47, 48, 49, 55, 56, 63, 64]) {
      const planted = plant(mode, keyspaceOf(5, 6, 2, 3, 3, 4, 2), saltOf(length), 1001n, 25);
      assertFound(planted, `${mode.name}, salt of ${length} bytes`);
    }
  }
});

test("the inner table may vary any word of a message of two blocks", () => {
  for (const before of [1, 12, 20, 40, 52, 55, 56, 60, 64]) {
    const planted = plant(
      SHA256_SALT_FIRST,
      keyspaceOf(7, 5, 3, 2, 2, 2),
      saltOf(before),
      700n,
      20,
    );
    assertFound(planted, `salt of ${before} bytes before`, ["v", "s"]);
  }
});

test("the inner table may be in the high half of a word", () => {
  const keyspace = keyspaceOf(2, 2, 1, 1, 9, 9, 3, 1);
  const planted = plant(BLAKE2B, keyspace, saltOf(3), keyspace.size / 2n, 50);
  assert.equal(planted.plan.innerWord % 2, 1);
  assertFound(planted, "high half");
});

test("an absent password gives no suspect", () => {
  for (const mode of [BLAKE2B, SHA256]) {
    const { plan } = plant(mode, keyspaceOf(30, 30, 30), saltOf(8), 5n, 900);
    // The target of another salt.
    const absent = {
      ...plan,
      targetWord: plant(mode, keyspaceOf(9), saltOf(9), 5n).plan.targetWord,
    };
    const planted = { plan: absent, group: 0n, outer: 0, inner: 0 };
    for (const pattern of PATTERNS[mode.algorithm]) {
      assert.deepEqual(suspectsOf(planted, 0, absent.groupSize, pattern), []);
    }
  }
});

test("a password is found by a target word alone: two in one table are two suspects", () => {
  // A charset with the same byte twice cannot be, so the table is made to have one.
  const planted = plant(BLAKE2B, keyspaceOf(50, 2), saltOf(4), 20n, 50);
  const inner = planted.plan.inner.slice();
  inner[41] = inner[20];
  const suspects = suspectsOf({ ...planted, plan: { ...planted.plan, inner } }, 0, 1);
  assert.deepEqual(suspects.map(({ innerFirst }) => innerFirst <= 20), [true, false]);
});

test("digits of the high part are set from the group", () => {
  const keyspace = keyspaceOf(...Array<number>(9).fill(60));
  const index = keyspace.size * 5n / 7n;
  const planted = plant(BLAKE2B, keyspace, saltOf(16), index, 3600);
  assert.isAbove(planted.plan.high.length, 0);
  assert.isAbove(Number(planted.group), 0);
  const suspects = suspectsOf(planted, planted.outer - 2, 5);
  assert.isTrue(isFound(planted, suspects), JSON.stringify(suspects));
  const otherGroup = { ...planted, group: planted.group - 1n };
  assert.deepEqual(suspectsOf(otherGroup, planted.outer - 2, 5), []);
});

test("runs of one search do not disturb one another", () => {
  const planted = plant(SHA256, keyspaceOf(40, 40, 40), saltOf(4), 40n * 700n + 7n, 40);
  const search = new ThreadSearch(planted.plan, new KernelChoice(shapeOf(planted.plan)));
  let nowMs = 0;
  for (let run = 0; run < 50; run++) {
    // Time passes, so that one kernel after another is tried.
    const found = search.run({ group: 0n, first: 690 + run % 5, count: 20 }, () => nowMs += 10);
    assert.isTrue(isFound(planted, found), `run ${run}`);
    assert.deepEqual(search.run({ group: 0n, first: 0, count: 3 }, () => nowMs), []);
  }
});

test("the plan is left alone", () => {
  const { plan } = plant(BLAKE2B, keyspaceOf(10, 10, 10), saltOf(4), 5n);
  const copy = structuredClone(plan);
  new ThreadSearch(plan, new KernelChoice(shapeOf(plan))).run(
    { group: 0n, first: 0, count: 2 },
    noClock,
  );
  assert.deepEqual(plan, copy);
});

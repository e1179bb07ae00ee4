import { test } from "#test";
import { assert } from "chai";
import { seededRandom } from "../../core/data/random.ts";
import { Keyspace } from "../../core/hash/keyspace.ts";
import { HASH_MODES, type HashMode, hashMode } from "../../core/hash/modes.ts";
import {
  algorithmOf,
  candidateIndex,
  createPlan,
  groupMessage,
  type SearchPlan,
} from "../../core/hash/search_plan.ts";
import { absentTarget, saltOf } from "./challenge.ts";

const DIGITS_14 = Keyspace.fromMask("?d".repeat(14));

function planOf(mode: HashMode, keyspace: Keyspace, saltBytes = 0, leastInner = 50): SearchPlan {
  const salt = saltOf(mode.salt === "none" ? 0 : saltBytes);
  return createPlan(absentTarget(mode, salt), keyspace, leastInner);
}

/** The message that a kernel makes of an index, as `shaders/candidates.wgsl` says. */
function messageAt(plan: SearchPlan, group: bigint, outer: number, inner: number): number[] {
  const message = groupMessage(plan, group);
  let rest = outer;
  for (const { charset, word, shift } of plan.low) {
    message[word] |= charset[rest % charset.length] << shift;
    rest = Math.floor(rest / charset.length);
  }
  message[plan.innerWord] |= plan.inner[inner];
  return [...message];
}

/** The message of password and salt, put together by hand. */
function messageOf(mode: HashMode, password: Uint8Array, salt: Uint8Array): number[] {
  const parts = mode.salt === "before" ? [...salt, ...password] : [...password, ...salt];
  return [...algorithmOf(mode.algorithm).padMessage(Uint8Array.from(parts))];
}

/** Asserts that an index stands for the same candidate in the kernel and in the keyspace. */
function assertSameCandidate(
  mode: HashMode,
  keyspace: Keyspace,
  saltBytes: number,
  index: bigint,
): void {
  const plan = planOf(mode, keyspace, saltBytes);
  const salt = saltOf(mode.salt === "none" ? 0 : saltBytes);
  const innerCount = BigInt(plan.inner.length);
  const [outer, inner] = [index / innerCount, Number(index % innerCount)];
  const group = outer / BigInt(plan.groupSize);
  const inGroup = Number(outer % BigInt(plan.groupSize));
  assert.strictEqual(candidateIndex(plan, group, inGroup) + BigInt(inner), index);
  const candidate = keyspace.candidate(index, plan.order);
  assert.deepEqual(
    messageAt(plan, group, inGroup, inner),
    messageOf(mode, candidate, salt),
    `mode ${mode.number}, salt of ${saltBytes}, index ${index}`,
  );
}

function randomIndex(size: bigint, random: () => number): bigint {
  const wide = (BigInt(Math.floor(random() * 2 ** 32)) << 32n) +
    BigInt(Math.floor(random() * 2 ** 32));
  return wide % size;
}

const MASKS = ["?d", "x", "?l?u?d", "?b?b", "ab?dcd?l", "?a".repeat(9), "?b?d?b?d?b?d?b?d?b"];

for (const mode of HASH_MODES) {
  test(`mode ${mode.number}: the kernel's candidate of an index is the keyspace's`, () => {
    const random = seededRandom(mode.number);
    for (const mask of [...MASKS, "?d".repeat(18), `${"-".repeat(29)}?a?a?a`]) {
      const keyspace = Keyspace.fromMask(mask);
      for (const saltBytes of [0, 1, 3, 4, 8, 30, 63, 64]) {
        assertSameCandidate(mode, keyspace, saltBytes, 0n);
        assertSameCandidate(mode, keyspace, saltBytes, keyspace.size - 1n);
        assertSameCandidate(mode, keyspace, saltBytes, randomIndex(keyspace.size, random));
      }
    }
  });
}

test("every index of a small keyspace is a candidate of its own", () => {
  const keyspace = Keyspace.fromMask("?1?2x?1?3", ["abc", "\u00e9", "01234"]);
  const plan = planOf(hashMode(620), keyspace, 3, 4);
  const seen = new Set<string>();
  for (let outer = 0; outer < plan.groupSize; outer++) {
    for (let inner = 0; inner < plan.inner.length; inner++) {
      seen.add(messageAt(plan, 0n, outer, inner).join());
    }
  }
  assert.strictEqual(BigInt(seen.size), keyspace.size);
});

test("inner table, group and high digits make the whole keyspace", () => {
  for (const mode of HASH_MODES) {
    for (const mask of [...MASKS, "?d".repeat(18), "?l".repeat(13), "?b".repeat(7)]) {
      const keyspace = Keyspace.fromMask(mask);
      const plan = planOf(mode, keyspace, 16);
      const groups = plan.high.reduce((product, { charset }) => product * charset.length, 1);
      assert.strictEqual(
        BigInt(plan.inner.length) * BigInt(plan.groupSize) * BigInt(groups),
        keyspace.size,
        mask,
      );
      assert.isAtMost(plan.groupSize, 2 ** 31);
    }
  }
});

test("order names every position once, those of the inner word first", () => {
  const plan = planOf(hashMode(620), Keyspace.fromMask("?d?d?l?l?l?l?d"), 2);
  assert.strictEqual(plan.innerWord, 1);
  assert.deepEqual(plan.order, [2, 3, 4, 5, 0, 1, 6]);
});

test("the inner word is the one whose characters have the most combinations", () => {
  const innerWord = (mask: string, saltBytes = 0): number =>
    planOf(hashMode(620), Keyspace.fromMask(mask), saltBytes).innerWord;
  assert.strictEqual(innerWord("?d?d?d?d?d?d?d?d"), 0);
  assert.strictEqual(innerWord("?d?d?d?d?l?l?l"), 1);
  assert.strictEqual(innerWord("xxxxxxxx?d"), 2);
  assert.strictEqual(innerWord("?d?d?d?d", 63), 16);
  assert.strictEqual(innerWord("x"), 0);
});

test("the inner table has the wanted length as soon as its word allows it", () => {
  const length = (mask: string, leastInner: number): number =>
    planOf(hashMode(600), Keyspace.fromMask(mask), 0, leastInner).inner.length;
  assert.strictEqual(length("?d?d?d?d?d", 1), 1);
  assert.strictEqual(length("?d?d?d?d?d", 10), 10);
  assert.strictEqual(length("?d?d?d?d?d", 11), 100);
  assert.strictEqual(length("?d?d?d?d?d", 1_000_000), 10_000);
  assert.strictEqual(length("?d?dx", 1_000_000), 100);
  assert.strictEqual(length("?b?b?b?b", 257), 256, "65,536 entries are too many");
  assert.strictEqual(length("x?bx", 1_000_000), 256);
});

test("an entry of the inner table touches only the bytes of its characters", () => {
  const plan = planOf(hashMode(1410), Keyspace.fromMask("?d?d?d"), 16, 100);
  assert.strictEqual(plan.inner.length, 100);
  assert.strictEqual(new Set(plan.inner).size, 100);
  for (const entry of plan.inner) assert.strictEqual(entry & 0xffff, 0);
});

test("bytes with the highest bit keep their place in a word", () => {
  const keyspace = new Keyspace([Uint8Array.of(0xff, 0x80), Uint8Array.of(0xfe), Uint8Array.of(0)]);
  for (const mode of HASH_MODES) {
    for (const saltBytes of [0, 1, 2, 3]) {
      assertSameCandidate(mode, keyspace, saltBytes, 0n);
      assertSameCandidate(mode, keyspace, saltBytes, 1n);
    }
  }
});

test("a group ends where the next low digit would pass 2^31", () => {
  const plan = planOf(hashMode(600), DIGITS_14);
  assert.strictEqual(plan.inner.length, 100);
  assert.strictEqual(plan.groupSize, 10 ** 9);
  assert.strictEqual(plan.high.length, 3);
});

test("a group may have exactly 2^31 outer indices", () => {
  const two = Uint8Array.of(0x61, 0x62);
  const keyspace = new Keyspace(Array.from({ length: 32 }, () => two));
  const plan = planOf(hashMode(600), keyspace, 0, 2);
  assert.strictEqual(plan.inner.length, 2);
  assert.strictEqual(plan.groupSize, 2 ** 31);
  assert.isEmpty(plan.high);
});

test("the largest keyspace has a plan", () => {
  const largest = new Keyspace([
    ...Array.from({ length: 7 }, () => new Uint8Array(Array(256).keys())),
    new Uint8Array(Array(128).keys()),
  ]);
  assert.strictEqual(largest.size, 2n ** 63n);
  for (const index of [0n, 2n ** 31n, 2n ** 62n + 12_345_678_901n, 2n ** 63n - 1n]) {
    assertSameCandidate(hashMode(610), largest, 16, index);
    assertSameCandidate(hashMode(1410), largest, 16, index);
  }
});

test("the longest message has a plan: 32 bytes of password, 64 of salt", () => {
  const keyspace = Keyspace.fromMask(`?l${"x".repeat(30)}?d`);
  assert.strictEqual(planOf(hashMode(620), keyspace, 64).messageBytes, 96);
  assert.strictEqual(planOf(hashMode(610), keyspace, 64).message.length, 32);
  assert.strictEqual(planOf(hashMode(1410), keyspace, 64).message.length, 32);
});

test("groupMessage() leaves the plan as it is", () => {
  const plan = planOf(hashMode(600), DIGITS_14);
  const before = structuredClone(plan);
  groupMessage(plan, 999n);
  assert.deepEqual(plan, before);
});

test("a plan crosses threads as it is", () => {
  const plan = planOf(hashMode(620), DIGITS_14, 5);
  assert.deepEqual(structuredClone(plan), plan);
});

import { test } from "#test";
import { assert } from "chai";
import { readRequirement } from "../../../core/compute/allocation/requirements.ts";
import { type Candidate, orderCandidates } from "../../../core/compute/validator/load_balancing.ts";

const NOTHING = readRequirement({});
const GIB = 1024 ** 3;

function candidate(uid: number, changes: Partial<Candidate> = {}): Candidate {
  return {
    ...{ uid, hotkey: `5${uid}`, score: 0.5, isAllocated: false, allocations: 0 },
    lastAllocatedMs: undefined,
    specs: { cpuCount: 8, ramBytes: 64 * GIB, diskBytes: 500 * GIB, gpus: [] },
    ...changes,
  };
}

function order(candidates: readonly Candidate[], wanted = NOTHING): number[] {
  return orderCandidates(candidates, wanted).map(({ uid }) => uid);
}

test("free machines go before rented ones, however good these are", () => {
  assert.deepEqual(order([candidate(1, { isAllocated: true, score: 1 }), candidate(2)]), [2, 1]);
});

test("who was rented longest ago goes first, and who never was before all", () => {
  const rented = [3, 1, 2].map((uid) => candidate(uid, { lastAllocatedMs: uid, allocations: 1 }));
  assert.deepEqual(order([...rented, candidate(9, { score: 0 })]), [9, 1, 2, 3]);
});

test("of those rented at the same time the one that was rented least goes first", () => {
  const at = { lastAllocatedMs: 5 };
  const often = candidate(1, { ...at, allocations: 7, score: 1 });
  assert.deepEqual(order([often, candidate(2, { ...at, allocations: 2 })]), [2, 1]);
});

test("among equals the better score goes first, then the smaller uid", () => {
  const equals = [candidate(4), candidate(3), candidate(9, { score: 0.9 })];
  assert.deepEqual(order(equals), [9, 3, 4]);
});

test("a score that is no number goes last", () => {
  assert.deepEqual(order([candidate(1, { score: NaN }), candidate(2, { score: 0 })]), [2, 1]);
});

test("who lacks something is not asked", () => {
  const wanted = readRequirement({ cpu: { count: 9 } });
  assert.deepEqual(order([candidate(1)], wanted), []);
});

test("who has told nothing is asked after those that are known to fit", () => {
  const wanted = readRequirement({ cpu: { count: 8 } });
  const unknown = candidate(1, { specs: undefined, score: 1 });
  const tired = candidate(2, { lastAllocatedMs: 10, allocations: 9 });
  assert.deepEqual(order([unknown, tired], wanted), [2, 1]);
});

test("ten rentals one after the other spread over all five machines", () => {
  let all = [1, 2, 3, 4, 5].map((uid) => candidate(uid, { score: uid / 10 }));
  const chosen: number[] = [];
  for (let nowMs = 1; nowMs <= 10; nowMs++) {
    const [{ uid, allocations }] = orderCandidates(all, NOTHING);
    chosen.push(uid);
    const rented = candidate(uid, {
      ...{ score: uid / 10, allocations: allocations + 1, lastAllocatedMs: nowMs },
    });
    all = all.map((each) => each.uid === uid ? rented : each);
  }
  assert.deepEqual(chosen, [5, 4, 3, 2, 1, 5, 4, 3, 2, 1]);
});

test("the order does not depend on that of the list, and the list stays as it is", () => {
  const list = [candidate(2, { score: 0.1 }), candidate(1), candidate(3, { isAllocated: true })];
  const before = [...list];
  assert.deepEqual(order(list), order(list.toReversed()));
  assert.deepEqual(list, before);
});

import { test } from "#test";
import { assert } from "chai";
import { newChallenge } from "../../../core/compute/challenge/challenge_generation.ts";
import { challengeTask } from "../../../core/compute/challenge/challenge_task.ts";
import { isPassword } from "../../../core/hash/hash_target.ts";
import { absentChallenge, type Verdict, verdictOf } from "./validators.ts";

/** The same bytes each time. */
function countingBytes(): (length: number) => Uint8Array<ArrayBuffer> {
  let next = 0;
  return (length) => Uint8Array.from({ length }, () => next++ % 240);
}

const { synapse: { fields }, password } = newChallenge(3, countingBytes());

function verdict(answer: Partial<Parameters<typeof verdictOf>[1]>): Verdict {
  const good = { statusCode: 200, output: { password }, roundTripMs: 10, timeoutMs: 1000 };
  return verdictOf(fields, { ...good, ...answer });
}

test("verdictOf() finds the password right", () => {
  assert.equal(verdict({}), "right");
});

test("verdictOf() finds another password wrong", () => {
  assert.equal(verdict({ output: { password: `${password}x` } }), "wrong");
});

test("verdictOf() finds an empty password wrong", () => {
  assert.equal(verdict({ output: { password: "" } }), "wrong");
});

test("verdictOf() finds no password given up", () => {
  assert.equal(verdict({ output: { password: null, error: "timed out" } }), "gave up");
});

test("verdictOf() finds the right password late if it came after the deadline", () => {
  assert.equal(verdict({ roundTripMs: 1001 }), "late");
});

test("verdictOf() finds a timeout late, whatever the clock says", () => {
  assert.equal(verdict({ statusCode: 408, output: {}, roundTripMs: 999 }), "late");
});

test("verdictOf() finds a refusal unanswered", () => {
  assert.equal(verdict({ statusCode: 403, output: {} }), "unanswered");
});

test("verdictOf() finds an answer without a status unanswered", () => {
  assert.equal(verdict({ statusCode: null }), "unanswered");
});

test("absentChallenge() has no candidate that fits", () => {
  const { target, keyspace } = challengeTask(absentChallenge(2, countingBytes()).fields);
  const all = Array.from({ length: Number(keyspace.size) }, (_, at) => {
    return keyspace.candidate(BigInt(at));
  });
  assert.isFalse(all.some((candidate) => isPassword(target, candidate)));
});

test("absentChallenge() differs from a challenge in nothing but the hash", () => {
  const absent = absentChallenge(4, countingBytes()).fields;
  const { fields } = newChallenge(4, countingBytes()).synapse;
  assert.notEqual(absent.challenge_hash, fields.challenge_hash);
  assert.deepEqual({ ...absent, challenge_hash: fields.challenge_hash }, fields);
});

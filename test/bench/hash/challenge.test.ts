import { test } from "#test";
import { assert } from "chai";
import { isPassword } from "../../../core/hash/hash_target.ts";
import { HASH_MODES, hashMode } from "../../../core/hash/modes.ts";
import {
  absentTarget,
  CHARACTERS,
  createChallenge,
  lastCandidate,
  targetOf,
} from "../../../core/bench/hash/challenge.ts";

const UTF8 = new TextEncoder();

test("targetOf() makes the line of the compute network's published challenge", () => {
  const { line } = targetOf(hashMode(610), UTF8.encode("abcdefg"));
  assert.equal(
    line,
    "$BLAKE2$13caf6c2ae258ca42cd83b6f5ad93389eb1561798d3d4006d3f66593bebcd43f2e10b4718887f5f8" +
      "81702ea9f1d356e33659d432fd8cfc5c97cdf29bd9fb39eb:0123456789abcdef",
  );
});

test("createChallenge() has ten to the power of the length candidates", () => {
  for (const length of [6, 7, 12]) {
    assert.equal(createChallenge(hashMode(610), length).keyspace.size, 10n ** BigInt(length));
  }
});

test("absentTarget() is of a password as long as the candidates and not one of them", () => {
  for (const mode of HASH_MODES) {
    const challenge = createChallenge(mode, 7);
    const password = UTF8.encode("-------");
    assert.isTrue(isPassword(absentTarget(challenge), password));
    assert.isUndefined(challenge.keyspace.indexOf(password));
  }
});

test("lastCandidate() is last in whatever order the positions are searched", () => {
  const challenge = createChallenge(hashMode(610), 7);
  const last = lastCandidate(challenge);
  for (const order of [[0, 1, 2, 3, 4, 5, 6], [3, 0, 6, 2, 1, 5, 4]]) {
    assert.equal(challenge.keyspace.indexOf(last, order), challenge.keyspace.size - 1n);
  }
  assert.equal(new TextDecoder().decode(last), CHARACTERS.slice(-1).repeat(7));
});

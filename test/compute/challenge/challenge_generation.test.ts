import { test } from "#test";
import { assert } from "chai";
import {
  CHALLENGE_CHARACTERS,
  isSolved,
  newChallenge,
} from "../../../core/compute/challenge/challenge_generation.ts";
import { challengeTask } from "../../../core/compute/challenge/challenge_task.ts";
import { isPassword } from "../../../core/hash/hash_target.ts";
import { seededRandom } from "../../../core/data/random.ts";

const random = seededRandom(3);
const randomBytes = (length: number): Uint8Array<ArrayBuffer> =>
  Uint8Array.from({ length }, () => Math.floor(random() * 256));

test("the hash of the published example is solved by its password and no other", () => {
  const fields = {
    ...newChallenge(7, randomBytes).synapse.fields,
    challenge_salt: "0123456789abcdef",
    challenge_hash:
      "$BLAKE2$13caf6c2ae258ca42cd83b6f5ad93389eb1561798d3d4006d3f66593bebcd43f2e10b4718" +
      "887f5f881702ea9f1d356e33659d432fd8cfc5c97cdf29bd9fb39eb",
  };
  assert.isTrue(isSolved(fields, { password: "abcdefg" }));
  for (const password of ["abcdefG", "", null, 7, "abcdefg "]) {
    assert.isFalse(isSolved(fields, { password }));
  }
  assert.isFalse(isSolved(fields, {}));
});

for (const difficulty of [1, 7, 12, 32]) {
  test(`a challenge of difficulty ${difficulty} has a password of its keyspace`, () => {
    const { synapse: { fields }, password } = newChallenge(difficulty, randomBytes);
    const { target, keyspace } = challengeTask({
      ...fields,
      // The keyspace of 32 letters is larger than any search.
      challenge_mask: fields.challenge_mask.slice(0, 2 * 12),
    });
    assert.lengthOf(password, difficulty);
    assert.isTrue(isPassword(target, new TextEncoder().encode(password)));
    assert.isTrue([...password].every((letter) => fields.challenge_chars.includes(letter)));
    assert.equal(keyspace.size, 10n ** BigInt(Math.min(difficulty, 12)));
    assert.isTrue(isSolved(fields, { password }));
  });
}

test("each alphabet has ten different letters, and all letters come up", () => {
  const seen = new Set<string>();
  for (let at = 0; at < 200; at++) {
    const { challenge_chars: chars } = newChallenge(7, randomBytes).synapse.fields;
    assert.equal(new Set(chars).size, 10);
    for (const letter of chars) seen.add(letter);
  }
  assert.sameMembers([...seen], [...CHALLENGE_CHARACTERS]);
});

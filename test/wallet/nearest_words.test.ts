import { assert } from "chai";
import { test } from "#test";
import { nearestWords } from "../../core/wallet/nearest_words.ts";

const LIST = ["obey", "okay", "bottom", "cat", "car", "can", "cap", "letter"];

const CASES = {
  "a replaced letter": ["obay", ["obey", "okay"]],
  "a missing letter": ["botom", ["bottom"]],
  "a letter too many": ["obbey", ["obey"]],
  "neighbours swapped": ["lettre", ["letter"]],
  "two mistakes": ["bottmo", ["bottom"]],
  "three mistakes": ["pottyma", []],
  "nothing like it": ["xylophone", []],
  "no letters": ["", []],
} as const;

for (const [what, [typed, expected]] of Object.entries(CASES)) {
  test(`nearestWords() with ${what}`, () => {
    assert.deepEqual(nearestWords(typed, LIST), [...expected]);
  });
}

test("nearestWords() gives only the nearest, and three of them at most", () => {
  assert.deepEqual(nearestWords("cab", LIST), ["cat", "car", "can"]);
});

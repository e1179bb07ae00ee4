import { assert } from "chai";
import { test } from "#test";
import { passwordWeakness } from "../../core/wallet/password_policy.ts";

const WEAK = {
  "no characters": ["", "0 characters"],
  "five characters": ["aB3$x", "5 characters"],
  "three that are two units each": ["🔑🔒🔓", "3 characters"],
  "one character again and again": ["aaaaaaaaaaaaaaaa", "too simple"],
  "two characters in turn": ["ababababab".slice(0, 8), "too simple"],
  "digits in order": ["123456789", "too simple"],
  "letters in falling order": ["gfedcba", "too simple"],
  "every other letter": ["acegikm", "too simple"],
  "two runs": ["aaaaaabbbbbb", "too simple"],
  "a space before it": [" correct horse", "white space"],
  "a line end behind it": ["correct horse\n", "white space"],
} as const;

for (const [what, [password, message]] of Object.entries(WEAK)) {
  test(`a password of ${what} is too weak`, () => {
    assert.include(passwordWeakness(password) ?? "", message);
  });
}

const STRONG = ["testpassword123", "aX9$qz", "correct horse battery", "pässwörd", "密码很长也好"];

for (const password of STRONG) {
  test(`${password} will do`, () => {
    assert.isUndefined(passwordWeakness(password));
  });
}

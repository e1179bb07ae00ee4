import { assert } from "chai";
import { test } from "#test";
import { UsageError } from "../../core/errors.ts";
import { HASH_MODES, hashMode } from "../../core/hash/modes.ts";

test("hashMode() finds every mode by its number", () => {
  for (const mode of HASH_MODES) assert.strictEqual(hashMode(mode.number), mode);
});

test("the modes have hashcat's numbers and names", () => {
  assert.deepEqual(HASH_MODES.map(({ number, name }) => [number, name]), [
    [600, "BLAKE2b-512"],
    [610, "BLAKE2b-512($pass.$salt)"],
    [620, "BLAKE2b-512($salt.$pass)"],
    [1400, "SHA2-256"],
    [1410, "sha256($pass.$salt)"],
  ]);
});

test("the name of a mode tells where its salt stands", () => {
  const places = { "($pass.$salt)": "after", "($salt.$pass)": "before", "": "none" };
  for (const { name, salt } of HASH_MODES) {
    const [, suffix] = /^[^(]+(.*)$/.exec(name) ?? [];
    assert.strictEqual(salt, places[suffix as keyof typeof places], name);
  }
});

test("an unknown number is a UsageError of one line that names all known modes", () => {
  for (const number of [0, -610, 61, 6100, 610.5, 1420, NaN, Infinity]) {
    assert.throws(
      () => hashMode(number),
      UsageError,
      /unknown: .*\b600 .*\b610 .*\b620 .*\b1400 .*\b1410 /,
    );
  }
});

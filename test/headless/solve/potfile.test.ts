import { test } from "#test";
import { assert } from "chai";
import {
  candidateText,
  createTarget,
  hashOf,
  type HashTarget,
  parseHashLine,
} from "../../../core/hash/hash_target.ts";
import { hashMode } from "../../../core/hash/modes.ts";
import { findInPotfile, passwordBytes } from "../../../headless/solve/potfile.ts";

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

function targetOf(password: string, salt: string, mode = 610): HashTarget {
  const digest = hashOf(hashMode(mode), bytes(password), bytes(salt));
  return createTarget(hashMode(mode), digest, bytes(salt));
}

/** The passwords found, by the hash's line, and what was warned of. */
function find(
  text: string,
  targets: HashTarget[],
): { found: Record<string, string>; warnings: string[] } {
  const warnings: string[] = [];
  const found = findInPotfile(text, targets, (message) => warnings.push(message));
  const entries = [...found].map(([{ line }, password]) => [line, candidateText(password)]);
  return { found: Object.fromEntries(entries), warnings };
}

test("findInPotfile() finds a password behind hash and salt", () => {
  const target = targetOf("abc", "salt");
  const { found, warnings } = find(`${target.line}:abc\n`, [target]);
  assert.deepEqual([found, warnings], [{ [target.line]: "abc" }, []]);
});

test("findInPotfile() is not misled by colons in salt and password", () => {
  const target = targetOf("p:w", "x:y:");
  for (const password of ["p:w", "$HEX[703a77]"]) {
    const { found, warnings } = find(`${target.line}:${password}\n`, [target]);
    assert.deepEqual([found, warnings], [{ [target.line]: "$HEX[703a77]" }, []]);
  }
});

test("findInPotfile() finds passwords that are empty or end in blanks", () => {
  for (const password of ["", "a ", " "]) {
    const target = targetOf(password, "s");
    assert.deepEqual(find(`${target.line}:${password}\n`, [target]).found, {
      [target.line]: password,
    });
  }
});

test("findInPotfile() finds the password of a mode without salt", () => {
  const target = targetOf("abc", "", 1400);
  assert.deepEqual(find(`${target.line}:abc`, [target]).found, { [target.line]: "abc" });
});

test("findInPotfile() finds a hash whose salt was given in hex", () => {
  const { line } = targetOf("abc", "ab");
  const typed = parseHashLine(line.replace(/:ab$/, ":6162"), hashMode(610), { hexSalt: true });
  assert.deepEqual(find(`${typed.line}:abc`, [typed]).found, { [typed.line]: "abc" });
});

test("findInPotfile() passes over other hashes, halves of lines and lines of other programs", () => {
  const target = targetOf("abc", "salt");
  const other = targetOf("abc", "salt2");
  const text = `# mine\n\n${other.line}:abc\n${target.line}\n${target.line.slice(0, 80)}:abc\n\0\n`;
  assert.deepEqual(find(text, [target]), { found: {}, warnings: [] });
});

test("findInPotfile() warns of a wrong password by its line, without showing it", () => {
  const target = targetOf("abc", "salt");
  const { found, warnings } = find(`x\n${target.line}:secret\n`, [target]);
  assert.deepEqual(found, {});
  assert.lengthOf(warnings, 1);
  assert.include(warnings[0], "line 2 ");
  assert.notInclude(warnings[0], "secret");
});

test("findInPotfile() takes the right password beside a wrong one, in either order", () => {
  const target = targetOf("abc", "salt");
  for (const passwords of [["abc", "abd"], ["abd", "abc"]]) {
    const text = passwords.map((password) => `${target.line}:${password}\n`).join("");
    assert.deepEqual(find(text, [target]).found, { [target.line]: "abc" });
  }
});

test("findInPotfile() reads lines that end as on Windows", () => {
  const target = targetOf("abc", "salt");
  assert.deepEqual(find(`${target.line}:abc\r\n`, [target]).found, { [target.line]: "abc" });
});

test("passwordBytes() reads back what candidateText() writes", () => {
  const candidates = [
    [],
    [0x00],
    [0xff, 0xfe],
    [0x0a],
    [0x3a],
    [...bytes("é")],
    [...bytes("$HEX[]")],
    [...bytes("$HEX[4142]")],
    [...bytes("$HEX[zz]")],
  ].map((each) => Uint8Array.from(each));
  for (const candidate of candidates) {
    assert.deepEqual(passwordBytes(candidateText(candidate)), candidate);
  }
});

test("passwordBytes() takes $HEX[] with an odd digit for the text it is", () => {
  assert.deepEqual(passwordBytes("$HEX[414]"), bytes("$HEX[414]"));
});

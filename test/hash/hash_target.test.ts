import { assert } from "chai";
import { test } from "#test";
import { UsageError } from "../../core/errors.ts";
import {
  candidateText,
  createTarget,
  hashOf,
  isPassword,
  MAX_SALT_BYTES,
  parseHashLine,
} from "../../core/hash/hash_target.ts";
import { HASH_MODES, hashMode } from "../../core/hash/modes.ts";

/** The hashes that hashcat prints as examples, all of the password "hashcat". */
const EXAMPLES: Record<number, string> = {
  600: "$BLAKE2$296c269e70ac5f0095e6fb47693480f0f7b97ccd0307f5c3bfa4df8f5ca5c930" +
    "8a0e7108e80a0a9c0ebb715e8b7109b072046c6cd5e155b4cfd2f27216283b1e",
  610: "$BLAKE2$41fcd44c789c735c08b43a871b81c8f617ca43918d38aee6cf8291c58a0b00a0" +
    "3115857425e5ff6f044be7a5bec8536b52d6c9992e21cd43cdca8a55bbf1f5c1:1033",
  620: "$BLAKE2$f0325fdfc3f82a014935442f7adbc069d4636d67276a85b09f8de368f122cf51" +
    "95a0b780d7fee709fbf1dcd02ddcb581df84508cf1fb0f3393af1be0565491c6:3301",
  1400: "127e6fbfe24a750e72930c220a8e138275656b8e5d8f48a98c3c92df2caba935",
  1410: "5bb7456f43e3610363f68ad6de82b8b96f3fc9ad24e9d1f1f8d8bd89638db7c0:12480864321",
};

/** What the subnet's validator sent: of "abcdefg" and of "abcdef". */
const CHALLENGE_610 = "$BLAKE2$13caf6c2ae258ca42cd83b6f5ad93389eb1561798d3d4006d3f66593bebcd43f" +
  "2e10b4718887f5f881702ea9f1d356e33659d432fd8cfc5c97cdf29bd9fb39eb:0123456789abcdef";
const CHALLENGE_1410 = "419342995607e9f72ddaedd4a4fa697cf757124022286de78bb1a9d6d74d460a" +
  ":00112233445566778899aabbccddeeff";

/** RFC 7693, appendix A. */
const BLAKE2B_ABC = "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1" +
  "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923";

const [BLAKE2, PASS_SALT_BLAKE2, , SHA, PASS_SALT_SHA] = HASH_MODES;
const HEX_64 = "0123456789abcdef".repeat(4);
const HEX_128 = HEX_64.repeat(2);

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The salt of a SHA line that ends in this. */
function saltOf(ending: string, hexSalt = false): number[] {
  return [...parseHashLine(HEX_64 + ending, PASS_SALT_SHA, { hexSalt }).salt];
}

/** Says that a line is refused with one line that matches `message`. */
function assertRefused(
  message: RegExp,
  line: string,
  mode = PASS_SALT_BLAKE2,
  hexSalt = false,
): void {
  const parse = (): unknown => parseHashLine(line, mode, { hexSalt });
  assert.throws(parse, UsageError, message);
  assert.throws(parse, UsageError, /^[^\p{Cc}]{10,200}$/u);
}

test("hashcat's example hash of every mode is that of its password", () => {
  for (const mode of HASH_MODES) {
    const target = parseHashLine(EXAMPLES[mode.number], mode);
    assert.isTrue(isPassword(target, utf8("hashcat")), mode.name);
    assert.isFalse(isPassword(target, utf8("hashcaT")), mode.name);
  }
});

test("the validator's challenges are solved by their passwords", () => {
  assert.isTrue(isPassword(parseHashLine(CHALLENGE_610, hashMode(610)), utf8("abcdefg")));
  assert.isTrue(isPassword(parseHashLine(CHALLENGE_1410, hashMode(1410)), utf8("abcdef")));
});

test("a password that runs into the salt is not taken for the right one", () => {
  const target = parseHashLine(CHALLENGE_610, hashMode(610));
  for (const text of ["", "abcdef", "abcdefg0", "abcdefg\0", "abcdefg0123456789abcdef"]) {
    assert.isFalse(isPassword(target, utf8(text)), text);
  }
});

test("hashOf() without a salt gives the published digests of abc", () => {
  const none = new Uint8Array();
  assert.strictEqual(hex(hashOf(BLAKE2, utf8("abc"), none)), BLAKE2B_ABC);
  assert.strictEqual(
    hex(hashOf(SHA, utf8("abc"), none)),
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
});

test("hashOf() puts the salt on the mode's side of the password", () => {
  const [ab, c] = [utf8("ab"), utf8("c")];
  assert.strictEqual(hex(hashOf(hashMode(610), ab, c)), BLAKE2B_ABC);
  assert.strictEqual(hex(hashOf(hashMode(620), c, ab)), BLAKE2B_ABC);
  assert.notStrictEqual(hex(hashOf(hashMode(620), ab, c)), BLAKE2B_ABC);
});

test("an empty password, a salt of 64 bytes and a message of several blocks are hashed", () => {
  const salt = new Uint8Array(MAX_SALT_BYTES).fill(7);
  const password = new Uint8Array(200).fill(8);
  const joined = Uint8Array.of(...password, ...salt);
  const none = new Uint8Array();
  for (const [salted, plain] of [[610, 600], [1410, 1400]]) {
    assert.deepEqual(
      hashOf(hashMode(salted), password, salt),
      hashOf(hashMode(plain), joined, none),
    );
    assert.deepEqual(hashOf(hashMode(salted), none, salt), hashOf(hashMode(plain), salt, none));
  }
});

test("hashOf() leaves its arguments alone and reads views in place", () => {
  const buffer = utf8("xxabyc");
  const digest = hashOf(PASS_SALT_BLAKE2, buffer.subarray(2, 4), buffer.subarray(5));
  assert.strictEqual(hex(digest), BLAKE2B_ABC);
  assert.deepEqual(buffer, utf8("xxabyc"));
});

test("a salt that the mode cannot have is a RangeError", () => {
  const long = new Uint8Array(MAX_SALT_BYTES + 1);
  assert.throws(() => hashOf(BLAKE2, utf8("a"), Uint8Array.of(1)), RangeError, "600");
  assert.throws(() => hashOf(PASS_SALT_SHA, utf8("a"), long), RangeError, "65");
  assert.throws(() => createTarget(SHA, new Uint8Array(32), Uint8Array.of(1)), RangeError, "1400");
  assert.throws(() => createTarget(PASS_SALT_SHA, new Uint8Array(32), long), RangeError, "65");
});

test("a digest of the wrong length is a RangeError", () => {
  for (const length of [0, 31, 33, 64]) {
    assert.throws(() => createTarget(SHA, new Uint8Array(length), new Uint8Array()), RangeError);
  }
});

test("a line in canonical form stays as it is", () => {
  for (const mode of HASH_MODES) {
    assert.strictEqual(parseHashLine(EXAMPLES[mode.number], mode).line, EXAMPLES[mode.number]);
  }
});

test("upper-case hex, a missing signature and line ends are put right", () => {
  const canonical = `$BLAKE2$${HEX_128}:Salt`;
  const lines = [
    `$BLAKE2$${HEX_128.toUpperCase()}:Salt`,
    `${HEX_128}:Salt`,
    `${canonical}\r`,
    `${canonical}\r\n`,
    `${canonical}\r\r\n`,
  ];
  for (const line of lines) {
    assert.strictEqual(parseHashLine(line, PASS_SALT_BLAKE2).line, canonical);
  }
  assert.strictEqual(parseHashLine(HEX_128, BLAKE2).line, `$BLAKE2$${HEX_128}`);
});

test("a salt is all that follows the first colon", () => {
  assert.deepEqual(saltOf(":a:b::"), [...utf8("a:b::")]);
  assert.deepEqual(saltOf("::"), [...utf8(":")]);
  assert.deepEqual(saltOf(": a\t "), [...utf8(" a\t ")]);
  assert.deepEqual(saltOf(":é😀"), [...utf8("é😀")]);
  assert.deepEqual(saltOf(":$HEX[61]"), [...utf8("$HEX[61]")]);
});

test("a colon at the end is an empty salt, kept in the line", () => {
  const target = parseHashLine(`${HEX_64}:\r`, PASS_SALT_SHA);
  assert.strictEqual(target.salt.length, 0);
  assert.strictEqual(target.line, `${HEX_64}:`);
  assert.deepEqual(saltOf(":", true), []);
});

test("a hex salt of either case is decoded, and written in lower case", () => {
  const target = parseHashLine(`${HEX_64}:6162fF00`, PASS_SALT_SHA, { hexSalt: true });
  assert.deepEqual([...target.salt], [0x61, 0x62, 0xff, 0]);
  assert.strictEqual(target.line, `${HEX_64}:6162ff00`);
});

test("hexSalt changes nothing in a mode without salt", () => {
  const target = parseHashLine(HEX_64, SHA, { hexSalt: true });
  assert.deepEqual(target, parseHashLine(HEX_64, SHA));
});

test("without hexSalt a salt of hex digits is text", () => {
  assert.deepEqual(saltOf(":6162"), [...utf8("6162")]);
});

test("createTarget() writes the line that parseHashLine() reads", () => {
  for (const mode of HASH_MODES) {
    const parsed = parseHashLine(EXAMPLES[mode.number], mode);
    assert.deepEqual(createTarget(mode, parsed.digest, parsed.salt), parsed);
  }
  const empty = createTarget(PASS_SALT_SHA, new Uint8Array(32), new Uint8Array());
  assert.strictEqual(empty.line, "0".repeat(64) + ":");
});

test("createTarget() writes a salt in hex if it is no text of one line", () => {
  for (const salt of [[0xff], [0x61, 0x0a], [0x0d], [0xc2, 0x85], [0]]) {
    const target = createTarget(PASS_SALT_SHA, new Uint8Array(32), Uint8Array.from(salt));
    const back = parseHashLine(target.line, PASS_SALT_SHA, { hexSalt: true });
    assert.deepEqual(back, target);
  }
});

test("a target does not change with the arrays it was made of", () => {
  const [digest, salt] = [new Uint8Array(32), Uint8Array.of(1)];
  const target = createTarget(PASS_SALT_SHA, digest, salt);
  digest[0] = salt[0] = 9;
  assert.deepEqual([target.digest[0], target.salt[0]], [0, 1]);
});

test("an empty line is refused", () => {
  for (const line of ["", "\r", "\n", "\r\n"]) {
    for (const mode of HASH_MODES) assertRefused(/line is empty: write /, line, mode);
  }
});

test("a digest of the wrong length is refused with both numbers of digits", () => {
  assertRefused(/has 127 hex digits, expected 128/, `$BLAKE2$${HEX_128.slice(1)}:s`);
  assertRefused(/has 129 hex digits, expected 128/, `${HEX_128}0:s`);
  assertRefused(/has 64 hex digits, expected 128/, `${HEX_64}:s`);
  assertRefused(/has 128 hex digits, expected 64/, HEX_128, SHA);
  assertRefused(/has 0 hex digits, expected 128/, "$BLAKE2$", BLAKE2);
  assertRefused(/has 0 hex digits, expected 64/, ":salt", PASS_SALT_SHA);
});

test("a character that is no hex digit is refused with its place", () => {
  assertRefused(/character 3 of the digest is "g"/, `01g${HEX_128.slice(3)}:s`);
  assertRefused(/character 1 of the digest is " "/, ` $BLAKE2$${HEX_128}:s`);
  assertRefused(/character 65 of the digest is " "/, `${HEX_64} `, SHA);
  assertRefused(/character 2 of the digest is "😀"/, `0😀${HEX_64}`, SHA);
  assertRefused(/character 1 of the digest is "\\n"/, `\n${HEX_64}`, SHA);
  assertRefused(/character 1 of the digest is "０"/, `０${HEX_64.slice(1)}`, SHA);
  assertRefused(/character 2 of the digest is "x"/, `0x${HEX_64}`, SHA);
});

test("a signature that is not the mode's is refused with the modes it belongs to", () => {
  const named = /begins with "\$BLAKE2\$0123", the signature of modes 600, 610, 620: mode 14/;
  assertRefused(named, `$BLAKE2$${HEX_128}`, SHA);
  assertRefused(named, `$BLAKE2$${HEX_128}:s`, PASS_SALT_SHA);
  assertRefused(/"\$blake2\$0123", which no mode knows/, `$blake2$${HEX_128}:s`);
  assertRefused(/which no mode knows/, `$6$salt$${"x".repeat(1000)}`);
  assertRefused(/which no mode knows/, "$\u0007\u0085\u2028");
});

test("a signature written twice is refused", () => {
  assertRefused(/character 1 of the digest is "\$"/, `$BLAKE2$$BLAKE2$${HEX_128}:s`);
});

test("a salted mode without a salt is refused, with how to write an empty one", () => {
  const message = /needs a salt: .*:SALT, or just the colon for an empty salt/;
  assertRefused(message, `$BLAKE2$${HEX_128}`);
  assertRefused(message, HEX_64, PASS_SALT_SHA);
});

test("a salt in a mode without one is refused, even an empty one", () => {
  assertRefused(/mode 600 takes none: .* mode 610 or 620/, `${HEX_128}:salt`, BLAKE2);
  assertRefused(/mode 1400 takes none: .* mode 1410/, `${HEX_64}:`, SHA);
});

test("a salt of 64 bytes is read and one of 65 is refused", () => {
  assert.strictEqual(saltOf(":" + "é".repeat(32)).length, 64);
  assert.strictEqual(saltOf(":" + "00".repeat(64), true).length, 64);
  assertRefused(/salt is 65 bytes long, expected 64/, `${HEX_128}:a${"é".repeat(32)}`);
  assertRefused(/65 bytes/, `${HEX_128}:${"00".repeat(65)}`, PASS_SALT_BLAKE2, true);
});

test("a hex salt with an odd digit or another character is refused", () => {
  assertRefused(/odd number of hex digits, 3:/, `${HEX_128}:616`, undefined, true);
  assertRefused(/character 2 of the salt is "g"/, `${HEX_128}:6g`, undefined, true);
  assertRefused(/character 1 of the salt is ":"/, `${HEX_128}::61`, undefined, true);
});

test("a salt with half a surrogate pair is refused", () => {
  assertRefused(/not valid Unicode/, `${HEX_128}:\ud83d`);
});

test("candidateText() writes plain text where hashcat does", () => {
  const texts = ["", "abc", " a ", "~", "é", "😀", "\ufeffa", "\ufffe", "\u00a0", "\u2028"];
  const almostHex = ["$HEX[", "$HEX[616]", "$HEX[zz]", "$HEX[6g]", "$hex[61]", "$HEX[61]x"];
  for (const text of [...texts, ...almostHex]) {
    assert.strictEqual(candidateText(utf8(text)), text);
  }
});

test("candidateText() writes $HEX[] where hashcat does", () => {
  const written: [string, number[]][] = [
    ["a colon", [0x61, 0x3a, 0x62]],
    ["a control character", [0x61, 0x01]],
    ["a line end", [0x61, 0x0a]],
    ["a tab", [0x09]],
    ["a zero", [0]],
    ["delete", [0x61, 0x7f]],
    ["the first control character of the upper half", [0xc2, 0x80]],
    ["the last control character of the upper half", [0xc2, 0x9f]],
    ["Latin-1", [0xe9, 0x61]],
    ["half a character", [0x61, 0xc3]],
    ["an overlong zero", [0xc0, 0x80]],
    ["a surrogate", [0xed, 0xa0, 0x80]],
    ["a character beyond Unicode", [0xf4, 0x90, 0x80, 0x80]],
    ["five bytes for one character", [0xf8, 0x88, 0x80, 0x80, 0x80]],
    ["hashcat's own $HEX[61]", [...utf8("$HEX[61]")]],
    ["hashcat's own $HEX[aB]", [...utf8("$HEX[aB]")]],
    ["hashcat's own $HEX[]", [...utf8("$HEX[]")]],
  ];
  for (const [what, bytes] of written) {
    const candidate = Uint8Array.from(bytes);
    assert.strictEqual(candidateText(candidate), `$HEX[${hex(candidate)}]`, what);
  }
});

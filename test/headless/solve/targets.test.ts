import { test } from "#test";
import { assert } from "chai";
import { join } from "node:path";
import { UsageError } from "../../../core/errors.ts";
import { createTarget, hashOf } from "../../../core/hash/hash_target.ts";
import { hashMode } from "../../../core/hash/modes.ts";
import { readTargets } from "../../../headless/solve/targets.ts";
import { withTempFolder } from "../temp_folder.ts";

const MODE = hashMode(610);

function lineOf(salt: string): string {
  const bytes = new TextEncoder().encode(salt);
  return createTarget(MODE, hashOf(MODE, bytes, bytes), bytes).line;
}

/** The lines read from a file of that content, and the warnings. */
async function readFile(
  content: string | Uint8Array,
  hexSalt = false,
): Promise<{ lines: string[]; warnings: string[] }> {
  const warnings: string[] = [];
  let lines: string[] = [];
  await withTempFolder((dir) => {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    Deno.writeFileSync(join(dir, "hashes"), bytes);
    const form = { mode: MODE, hexSalt };
    lines = readTargets("hashes", dir, form, (message) => warnings.push(message))
      .map(({ line }) => line);
  });
  return { lines, warnings };
}

async function complaint(operand: string, content?: string): Promise<string> {
  let message = "";
  await withTempFolder((dir) => {
    if (content !== undefined) Deno.writeTextFileSync(join(dir, operand), content);
    try {
      readTargets(operand, dir, { mode: MODE, hexSalt: false }, () => {});
    } catch (error) {
      assert.instanceOf(error, UsageError);
      message = error.message;
    }
  });
  assert.notEqual(message, "");
  assert.notInclude(message, "\n");
  return message;
}

test("readTargets() takes an operand that is no file for the hash itself", () => {
  const warn = (): void => assert.fail("it warned");
  const form = { mode: MODE, hexSalt: false };
  for (const salt of ["s", "a/b", "../..", "a b:c", "x".repeat(64)]) {
    const [{ line }] = readTargets(lineOf(salt), "/", form, warn);
    assert.equal(line, lineOf(salt));
  }
});

test("readTargets() reads lines in order, without blank ones and repetitions", async () => {
  const [a, b, c] = ["a", "b", "c"].map(lineOf);
  const upper = a.replace(/[0-9a-f]{128}/, (hex) => hex.toUpperCase());
  const { lines, warnings } = await readFile(`${b}\n\n  \n${a}\n${upper}\n${b}\n${c}`);
  assert.deepEqual([lines, warnings], [[b, a, c], []]);
});

test("readTargets() reads a file as Windows writes it, with byte order mark", async () => {
  const { lines, warnings } = await readFile(`\ufeff${lineOf("a")}\r\n\r\n${lineOf("b")}\r\n`);
  assert.deepEqual([lines, warnings], [[lineOf("a"), lineOf("b")], []]);
});

test("readTargets() leaves bad lines out and names each by its number", async () => {
  const bad = `${lineOf("a")}\nnonsense\n${lineOf("b")}\n${lineOf("c").slice(0, 100)}:c\n`;
  const { lines, warnings } = await readFile(bad);
  assert.deepEqual(lines, [lineOf("a"), lineOf("b")]);
  assert.deepEqual(warnings.map((each) => /line \d+/.exec(each)?.[0]), ["line 2", "line 4"]);
});

test("readTargets() leaves out a line that is not UTF-8, and only that", async () => {
  const [first, last] = [lineOf("a"), lineOf("b")].map((line) => new TextEncoder().encode(line));
  const { lines, warnings } = await readFile(
    Uint8Array.of(...first, 0x0a, ...first, 0xff, 0x0a, ...last),
  );
  assert.deepEqual(lines, [lineOf("a"), lineOf("b")]);
  assert.include(warnings[0], "line 2 ");
  assert.include(warnings[0], "--hex-salt");
});

test("readTargets() keeps blanks at the end of a salt, which belong to it", async () => {
  assert.deepEqual((await readFile(`${lineOf("a ")}\n${lineOf("a")}\n`)).lines, [
    lineOf("a "),
    lineOf("a"),
  ]);
});

test("readTargets() reads salts in hex when told", async () => {
  const hex = lineOf("a").replace(/:a$/, ":61");
  assert.deepEqual((await readFile(hex, true)).lines, [hex]);
});

test("readTargets() refuses a file without a good line", async () => {
  for (const content of ["", "\n\n", "nonsense\n"]) {
    assert.include(await complaint("hashes", content), "hashes holds no hash of mode 610");
  }
});

test("readTargets() says of what looks like a file's name that there is none", async () => {
  assert.include(await complaint("hashes.txt"), 'no file "hashes.txt"');
});

test("readTargets() says of what looks like a hash only what is wrong with it", async () => {
  const hash = lineOf("s");
  const odd = hash.replace(/.:s$/, ":s");
  assert.match(await complaint(odd), /^the digest has 127 hex digits, expected 128/);
  assert.match(await complaint(hash.replace("$BLAKE2$", "$BLAKE2$z")), /^character 1 .* "z"/);
  assert.match(await complaint(hash.replace(/:s$/, "")), /needs a salt/);
  assert.match(await complaint(hash + "s".repeat(64)), /^the salt is 65 bytes long/);
});

test("readTargets() refuses a folder", async () => {
  assert.include(await complaint("."), "is a folder");
});

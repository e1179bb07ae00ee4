import { test } from "#test";
import { assert } from "chai";
import { checkShaderText } from "../../../core/compute/sandbox/shader_guard.ts";
import { UsageError } from "../../../core/errors.ts";

function main(body: string): string {
  return `@compute @workgroup_size(1)\nfn main() {\n${body}\n}`;
}

function repeated(text: string, count: number, after = ""): string {
  return text.repeat(count) + after.repeat(count);
}

const FINE: readonly (readonly [string, string])[] = [
  ["a long list", main(`let x = array(${"1u, ".repeat(4000)}1u);`)],
  ["many statements", main("out[0] += 1u;\n".repeat(2000))],
  ["signs in a line comment", main(`// ${"(".repeat(1000)}\n`)],
  ["signs in a comment within a comment", main(`/* /* */ ${"(".repeat(1000)} */`)],
  ["a line comment's end in a comment", main(`// /*\n${"x = 1u;".repeat(10)}`)],
  ["many functions with an else each", "fn f() { if (a) {} else {} }\n".repeat(300)],
  ["brackets that are closed again", main(`${"f(1u) + ".repeat(90)}1u;`)],
  ["nothing", ""],
  ["an open comment", "/* /* */ ((("],
];
for (const [what, text] of FINE) {
  test(`checkShaderText() takes ${what}`, () => checkShaderText(text));
}

const DEEP: readonly (readonly [string, string, RegExp])[] = [
  ["parentheses", main(`x = ${repeated("(", 200, ")")};`), /line 3: more than 100 brackets/],
  ["indices", main(`x = ${repeated("a[", 200, "]")};`), /line 3: more than 100 brackets/],
  ["blocks", main(repeated("{", 200, "}")), /line 3: more than 100 brackets/],
  ["calls with commas", main(repeated("f(a, ", 200, ")")), /line 3: more than 100 brackets/],
  ["a sum", main(`x = 1${"+1".repeat(400)};`), /line 3: more than 500 words and signs/],
  ["a sum over lines", main(`x = 1${"\n+1".repeat(400)};`), /line 252: more than 500 words/],
  ["a sum with comments", main(`x = 1${"/*;*/+1".repeat(400)};`), /line 3: more than 500 words/],
  ["signs before a number", main(`x = ${"-".repeat(600)}1;`), /line 3: more than 500 words/],
  ["types", main(`var x: ${"array<".repeat(300)}u32`), /line 3: more than 500 words/],
  ["members", main(`x = a${".b".repeat(300)};`), /line 3: more than 500 words/],
  ["a sum after a comment", `/*\n\n(\n*/ x = 1${"+1".repeat(400)};`, /line 4: more than 500 words/],
  ["elses", main(`if (a) {} ${"else if (a) {}\n".repeat(101)}`), /line 103: more than 100 elses/],
  ["foreign letters", main(`x = ${"\u{1f600}".repeat(600)};`), /line 3: more than 500 words/],
];
for (const [what, text, message] of DEEP) {
  test(`checkShaderText() refuses too many: ${what}`, () => {
    assert.throws(() => checkShaderText(text), UsageError, message);
  });
}

test("checkShaderText() refuses a zero character", () => {
  assert.throws(() => checkShaderText("fn\0"), UsageError, /zero character/);
});

test("checkShaderText() takes a time that grows with the text alone", () => {
  // Each would take minutes if it were looked through again and again.
  for (const text of ["/*", "//\n", "/", "\n", "*/", "/*/"]) checkText(text.repeat(2 ** 18));
});

function checkText(text: string): void {
  try {
    checkShaderText(text);
  } catch (error) {
    assert.instanceOf(error, UsageError);
  }
}

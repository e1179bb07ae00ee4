import { test } from "#test";
import { assert } from "chai";
import { tableLines, wrapText } from "../../headless/text_table.ts";

const COLUMNS = [
  { title: "name", wraps: true },
  { title: "n", align: "right" },
] as const;

test("wrapText() breaks between words and loses none", () => {
  assert.deepEqual(wrapText("one two three", 8), ["one two", "three"]);
});

test("wrapText() cuts a word that is longer than a line", () => {
  assert.deepEqual(wrapText("a abcdefgh b", 3), ["a", "abc", "def", "gh", "b"]);
});

test("wrapText() keeps a line that just fits", () => {
  assert.deepEqual(wrapText("12345 78", 8), ["12345 78"]);
});

test("wrapText() makes one empty line of an empty text", () => {
  assert.deepEqual(wrapText("", 8), [""]);
});

test("tableLines() aligns columns and leaves no blanks at line ends", () => {
  assert.deepEqual(
    tableLines([{ title: "n", align: "right" }, { title: "name" }], [
      ["1", "a"],
      ["200", "long"],
    ], 80),
    ["  n  name", "  1  a", "200  long"],
  );
});

test("tableLines() wraps the one column that may, and keeps the others on its first line", () => {
  const lines = tableLines(COLUMNS, [["parameters after all of the steps", "12"]], 26);
  assert.deepEqual(lines, [
    "name                     n",
    "parameters after all    12",
    "of the steps",
  ]);
});

test("tableLines() keeps to the width of the terminal", () => {
  const lines = tableLines(COLUMNS, [["word ".repeat(40).trim(), "123456"]], 40);
  assert.isAtMost(Math.max(...lines.map((line) => line.length)), 40);
});

test("tableLines() gives titles alone when there are no rows", () => {
  assert.deepEqual(tableLines(COLUMNS, [], 80), ["name  n"]);
});

import { test } from "#test";
import { assert } from "chai";
import { markdownLines, percent, threeDigits } from "./print_table.ts";

test("markdownLines() escapes what would end a cell and keeps numbers at the right", () => {
  const columns = [{ title: "op" }, { title: "ms", align: "right" as const }];
  assert.deepEqual(markdownLines(columns, [["a|b", "1"]]), [
    "| op | ms |",
    "| --- | --: |",
    "| a\\|b | 1 |",
  ]);
});

test("threeDigits() keeps three digits over the whole range of a benchmark", () => {
  const values = [0.00048123, 9.999, 99.94, 99.96, 1234.5, 13_070_000];
  assert.deepEqual(values.map(threeDigits), [
    "0.000481",
    "10.0",
    "99.9",
    "100",
    "1,230",
    "13,100,000",
  ]);
});

test("threeDigits() shows what was not measured as a dash", () => {
  assert.deepEqual([NaN, Infinity].map(threeDigits), ["-", "-"]);
});

test("percent() has one digit after the point", () => {
  assert.equal(percent(0.12345), "12.3%");
});

import { test } from "#test";
import { assert } from "chai";
import { type FittedColumn, fittedTable } from "../../../headless/wallet/fitted_table.ts";

interface Row {
  readonly name: string;
  readonly much: string;
}

const NAME: FittedColumn<Row> = { title: "name", cell: ({ name }) => name };
const MUCH: FittedColumn<Row> = { title: "much", align: "right", cell: ({ much }) => much };

function filled(title: string, width: number, dropOrder?: number): FittedColumn<Row> {
  return { title, cell: () => "x".repeat(width), dropOrder };
}

const ROWS: Row[] = [{ name: "a", much: "1" }, { name: "bb", much: "200" }];

test("fittedTable() shows all columns where there is room, to the last character", () => {
  assert.deepEqual(fittedTable([NAME, MUCH], ROWS, 10), [
    "name  much",
    "a        1",
    "bb     200",
  ]);
});

test("fittedTable() shows sums below the rows, and counts them in the width", () => {
  const columns = [{ ...NAME, total: "all" }, { ...MUCH, total: "1234567" }, filled("c", 9, 1)];
  assert.deepEqual(fittedTable(columns, ROWS, 24).slice(0, 4), [
    "name     much  c",
    "a           1  xxxxxxxxx",
    "bb        200  xxxxxxxxx",
    "all   1234567",
  ]);
  assert.equal(fittedTable(columns, ROWS, 23)[0], "name     much");
});

test("fittedTable() shortens all it can before it leaves a column out", () => {
  const long = { ...NAME, cell: () => "abcdefghij", shortCell: () => "a…j" };
  const lines = fittedTable([long, MUCH, filled("c", 4, 1)], ROWS, 16);
  assert.deepEqual(lines, ["name  much  c", "a…j      1  xxxx", "a…j    200  xxxx"]);
});

test("fittedTable() leaves out what matters least, and names it", () => {
  const columns = [filled("a", 10), filled("b", 10, 2), filled("c", 10, 1), filled("d", 10, 3)];
  const lines = fittedTable(columns, ROWS, 24);
  assert.equal(lines[0], "a           c");
  assert.equal(lines.slice(3).join(" ").split(".")[0], "Left out: b, d");
});

test("fittedTable() fills the room that a large column leaves with a lesser one", () => {
  const columns = [filled("a", 10), filled("b", 30, 1), filled("c", 5, 2)];
  assert.equal(fittedTable(columns, ROWS, 20)[0], "a           c");
});

test("fittedTable() never leaves out what always stays, narrow as the terminal may be", () => {
  const lines = fittedTable([filled("a", 10), filled("b", 10), filled("c", 1, 1)], ROWS, 5);
  assert.equal(lines[0], "a           b");
});

test("fittedTable() keeps to the width with every width that has room for the first columns", () => {
  const columns = [filled("a", 8), filled("b", 7, 4), filled("c", 21, 1), filled("d", 13, 2)];
  for (let width = 12; width < 60; width++) {
    for (const line of fittedTable(columns, ROWS, width)) assert.isAtMost(line.length, width);
  }
});

test("fittedTable() wraps the one column that may wrap", () => {
  const list = { title: "list", wraps: true, cell: () => "one two three four five six" };
  const lines = fittedTable([NAME, list], [ROWS[0]], 24);
  assert.deepEqual(lines, ["name  list", "a     one two three four", "      five six"]);
});

test("fittedTable() without rows shows its titles", () => {
  assert.deepEqual(fittedTable([NAME, MUCH], [], 80), ["name  much"]);
});

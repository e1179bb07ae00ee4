/**
 * A table that keeps to the width of the terminal: it shortens what can be shortened, then leaves out
 * the columns that matter least, and says which.
 *
 * @module
 */

import { type Column, tableLines, wrapText } from "../text_table.ts";

/** A column, and what it shows of a row. */
export interface FittedColumn<Row> extends Column {
  cell(row: Row): string;
  /** A shorter text, for when the table is too wide. */
  readonly shortCell?: (row: Row) => string;
  /** The higher, the sooner it is left out; without one it always stays. */
  readonly dropOrder?: number;
  /** What the line of sums shows below the rows. */
  readonly total?: string;
}

const GAP_WIDTH = 2;
/** A column that wraps is this wide at least, as in `tableLines`. */
const LEAST_WRAPPED_WIDTH = 16;

/**
 * The lines of a table of at most `width` characters, as far as the columns that always stay allow:
 * titles, rows, sums if a column has one, and a note of what was left out.
 */
export function fittedTable<Row>(
  columns: readonly FittedColumn<Row>[],
  rows: readonly Row[],
  width: number,
): string[] {
  if (tableWidth(columns, rows) <= width) return tableLines(columns, texts(columns, rows), width);
  const shortened = columns.map((column) => ({ ...column, cell: column.shortCell ?? column.cell }));
  const shown = columnsThatFit(shortened, rows, width);
  const leftOut = shortened.filter((column) => !shown.includes(column)).map(({ title }) => title);
  const lines = tableLines(shown, texts(shown, rows), width);
  if (leftOut.length === 0) return lines;
  const note = `Left out: ${leftOut.join(", ")}. A wider terminal has room, and --json has all.`;
  return [...lines, ...wrapText(note, width)];
}

/** Those that always stay, then one after another by importance, each if there is room for it. */
function columnsThatFit<Row>(
  columns: readonly FittedColumn<Row>[],
  rows: readonly Row[],
  width: number,
): FittedColumn<Row>[] {
  let shown = columns.filter(({ dropOrder }) => dropOrder === undefined);
  const others = columns.filter((column) => !shown.includes(column))
    .toSorted((x, y) => (x.dropOrder ?? 0) - (y.dropOrder ?? 0));
  for (const next of others) {
    const more = columns.filter((column) => column === next || shown.includes(column));
    if (tableWidth(more, rows) <= width) shown = more;
  }
  return shown;
}

function texts<Row>(columns: readonly FittedColumn<Row>[], rows: readonly Row[]): string[][] {
  const cells = rows.map((row) => columns.map((column) => column.cell(row)));
  const hasTotal = columns.some(({ total }) => total !== undefined);
  return hasTotal ? [...cells, columns.map(({ total }) => total ?? "")] : cells;
}

function tableWidth<Row>(columns: readonly FittedColumn<Row>[], rows: readonly Row[]): number {
  const lines = texts(columns, rows);
  const widths = columns.map(({ title, wraps }, at) => {
    const widest = Math.max(title.length, ...lines.map((line) => line[at].length));
    return wraps ? Math.min(widest, LEAST_WRAPPED_WIDTH) : widest;
  });
  return widths.reduce((sum, each) => sum + each, GAP_WIDTH * (columns.length - 1));
}

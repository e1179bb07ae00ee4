/**
 * Text in columns for a terminal.
 *
 * @module
 */

/** Cuts a text between words into lines of at most `width` characters; a longer word is cut too. */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const joined = line === "" ? word : `${line} ${word}`;
    if (joined.length <= width) {
      line = joined;
      continue;
    }
    if (line !== "") lines.push(line);
    line = word;
    while (line.length > width) {
      lines.push(line.slice(0, width));
      line = line.slice(width);
    }
  }
  return [...lines, line];
}

/** A column of a table. */
export interface Column {
  readonly title: string;
  /** Numbers stand at the right. @default {"left"} */
  readonly align?: "left" | "right";
  /** The one column that is wrapped when the table is wider than the terminal. */
  readonly wraps?: boolean;
}

const GAP = "  ";
const LEAST_WRAPPED_WIDTH = 16;

/**
 * The lines of a table, titles first. One column may wrap so that the whole keeps to `width`.
 *
 * @param rows texts without control characters, one for each column
 */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
): string[] {
  const widths = columns.map(({ title }, at) =>
    Math.max(title.length, ...rows.map((row) => row[at].length))
  );
  const wrapped = columns.findIndex((column) => column.wraps);
  if (wrapped >= 0) {
    const total = widths.reduce((sum, each) => sum + each, GAP.length * (columns.length - 1));
    const over = Math.max(0, total - width);
    const least = Math.min(LEAST_WRAPPED_WIDTH, widths[wrapped]);
    widths[wrapped] = Math.max(least, widths[wrapped] - over);
  }
  return [columns.map(({ title }) => title), ...rows].flatMap((row) => {
    const cells = row.map((cell, at) => at === wrapped ? wrapText(cell, widths[at]) : [cell]);
    const height = Math.max(...cells.map((lines) => lines.length));
    return Array.from({ length: height }, (_, line) =>
      columns.map(({ align }, at) => {
        const part = cells[at][line] ?? "";
        return align === "right" ? part.padStart(widths[at]) : part.padEnd(widths[at]);
      }).join(GAP).trimEnd());
  });
}

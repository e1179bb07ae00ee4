/**
 * Tables and lines of a benchmark: plain, or as Markdown for the README.
 *
 * @module
 */
import type { Screen } from "../../headless/screen.ts";
import { type Column, tableLines } from "../../headless/text_table.ts";

/** Tables keep to this width whatever the terminal, so that two runs can be compared. */
const WIDTH = 100;

/** Writes the results of a benchmark. */
export class Printer {
  constructor(readonly screen: Screen, readonly markdown: boolean) {}

  heading(text: string): void {
    this.screen.print(this.markdown ? `\n### ${text}` : `\n${this.screen.style("bold", text)}`);
  }

  /** A line of text; in Markdown an item of a list. */
  line(text: string): void {
    this.screen.print(this.markdown ? `- ${text}` : text);
  }

  table(columns: readonly Column[], rows: readonly (readonly string[])[]): void {
    const lines = this.markdown ? markdownLines(columns, rows) : tableLines(columns, rows, WIDTH);
    this.screen.print(["", ...lines].join("\n"));
  }
}

/** A table in GitHub's Markdown. */
export function markdownLines(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): string[] {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  const rule = columns.map(({ align }) => align === "right" ? "--:" : "---");
  return [line(columns.map(({ title }) => title)), line(rule), ...rows.map(line)];
}

/** A number with three digits that count: `0.0123`, `1.20`, `123`, `1,230`; `-` for none. */
export function threeDigits(value: number): string {
  if (!Number.isFinite(value)) return "-";
  if (Math.abs(value) < 99.95) return value.toPrecision(3);
  return value.toLocaleString("en", { maximumSignificantDigits: 3 });
}

/** `12.3%` */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)}%`;
}

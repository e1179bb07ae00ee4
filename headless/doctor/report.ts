/**
 * What a person or a program sees of the findings.
 *
 * Each finding is a line that opens with its level and subject; what to do stands below, behind an
 * arrow, and a command on a line of its own, never cut, so that it can be copied. With `--json` each
 * is an object on stdout instead: check, level, subject, message, advice, command; the last two are
 * left out where there are none.
 *
 * @module
 */

import type { Screen, Style } from "../screen.ts";
import type { Check, Finding, Level } from "./check.ts";
import type { CheckListener } from "./run_checks.ts";

const STYLES: Record<Level, Style> = { ok: "green", warning: "yellow", fail: "red" };
const LEVEL_WIDTH = 9;
const SUBJECT_WIDTH = 14;
const INDENT = LEVEL_WIDTH + SUBJECT_WIDTH;
const LEAST_TEXT_WIDTH = 24;

/** How a report is written. */
export interface ReportOptions {
  readonly json: boolean;
  /** Takes out of a text what must not be shown. */
  readonly hide: (text: string) => string;
}

/** Writes findings as they come, and counts them. */
export class DoctorReport implements CheckListener {
  readonly #counts: Record<Level, number> = { ok: 0, warning: 0, fail: 0 };

  constructor(readonly screen: Screen, readonly options: ReportOptions) {}

  get hasFailed(): boolean {
    return this.#counts.fail > 0;
  }

  pending(names: readonly string[]): void {
    this.screen.endStatus();
    if (names.length > 0) this.screen.status(`checking ${names.join(", ")}`);
  }

  found(check: Check, findings: readonly Finding[]): void {
    for (const each of findings) {
      const finding = this.#hidden(each);
      this.#counts[finding.level] += 1;
      if (this.options.json) this.screen.printJson({ check: check.name, ...finding });
      else this.screen.print(this.#lines(finding).join("\n"));
    }
  }

  /** The last line: how many of each. */
  end(isWhole: boolean): void {
    this.screen.endStatus();
    const { ok, warning, fail } = this.#counts;
    const warnings = `${warning} ${warning === 1 ? "warning" : "warnings"}`;
    const text = `${ok} ok, ${warnings}, ${fail} to fix`;
    const line = isWhole ? text : `stopped: ${text} so far`;
    if (this.options.json) this.screen.message(line);
    else this.screen.print(`\n${line}`);
  }

  #hidden(finding: Finding): Finding {
    const { hide } = this.options;
    const { level, subject, message, advice, command } = finding;
    return {
      level,
      subject: hide(subject),
      message: hide(message),
      ...advice === undefined ? {} : { advice: hide(advice) },
      ...command === undefined ? {} : { command: hide(command) },
    };
  }

  #lines({ level, subject, message, advice, command }: Finding): string[] {
    const width = Math.max(LEAST_TEXT_WIDTH, this.screen.columns - INDENT);
    const indent = " ".repeat(INDENT);
    const [first, ...rest] = wordLines(message, width);
    const mark = this.screen.style(STYLES[level], level) + " ".repeat(LEVEL_WIDTH - level.length);
    const [doFirst, ...doRest] = advice === undefined ? [] : wordLines(advice, width - 2);
    return [
      `${mark}${`${subject} `.padEnd(SUBJECT_WIDTH)}${first}`,
      ...rest.map((line) => indent + line),
      ...doFirst === undefined ? [] : [`${indent}→ ${doFirst}`],
      ...doRest.map((line) => `${indent}  ${line}`),
      ...command === undefined ? [] : [`${indent}$ ${command}`],
    ];
  }
}

/** Lines of at most that width. A longer word keeps whole, so that a path can be copied. */
function wordLines(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const joined = lines.length === 0 ? word : `${lines[lines.length - 1]} ${word}`;
    if (lines.length > 0 && joined.length <= width) lines[lines.length - 1] = joined;
    else lines.push(word);
  }
  return lines;
}

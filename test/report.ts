/**
 * JUnit reports, in which both test hosts say what happened: `dist/reports/<host>.xml`.
 *
 * @module
 */

import type { TestResult } from "./harness/browser.ts";

/** How many tests passed, failed, and were not run for want of what the machine may lack. */
export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** `3 passed, 0 failed`, and the skipped ones where there are any. */
export function totalsText({ passed, failed, skipped }: Totals): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

const REPORT_DIR = new URL("../dist/reports/", import.meta.url);

/** Writes the results of one host. */
export function writeReport(host: string, results: readonly TestResult[]): void {
  const { failed } = countResults(results);
  const counts = `tests="${results.length}" failures="${failed}" errors="0"`;
  const cases = results.map(({ file, name, durationMs, failure }) =>
    `<testcase classname="${escapeXml(file)}" name="${escapeXml(name)}" ` +
    `time="${durationMs / 1000}">` +
    (failure === undefined ? "" : `<failure>${escapeXml(failure)}</failure>`) + "</testcase>\n"
  );
  Deno.mkdirSync(REPORT_DIR, { recursive: true });
  Deno.writeTextFileSync(
    reportFile(host),
    `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="${host}" ${counts}>
<testsuite name="${host}" ${counts}>
${cases.join("")}</testsuite>
</testsuites>
`,
  );
}

/** Counts a list of results. */
export function countResults(results: readonly TestResult[]): Totals {
  const failed = results.filter((result) => result.failure !== undefined).length;
  return { passed: results.length - failed, failed, skipped: 0 };
}

/**
 * Reads the totals of a report.
 *
 * @returns undefined when there is no report, or one that cannot be read
 */
export function readTotals(host: string): Totals | undefined {
  const xml = readReport(host);
  if (xml === undefined) return undefined;
  const counts = /<testsuites [^>]*tests="(\d+)" failures="(\d+)" errors="(\d+)"/.exec(xml);
  if (counts === null) return undefined;
  const [tests, failures, errors] = counts.slice(1).map(Number);
  const failed = failures + errors;
  const skipped = xml.split("<skipped").length - 1;
  return { passed: tests - failed - skipped, failed, skipped };
}

/** The tests of a report that failed, as `file > name`; none when there is no report. */
export function readFailures(host: string): readonly string[] {
  const cases = (readReport(host) ?? "").matchAll(/<testcase ([^>]*)>\s*<(?:failure|error)/g);
  return [...cases].map(([, attributes]) =>
    ["classname", "name"].map((name) => attributeOf(attributes, name)).join(" > ")
  );
}

/** Removes a report, so that an earlier run is not taken for this one. */
export function removeReport(host: string): void {
  try {
    Deno.removeSync(reportFile(host));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function readReport(host: string): string | undefined {
  try {
    return Deno.readTextFileSync(reportFile(host));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function reportFile(host: string): URL {
  return new URL(`${host}.xml`, REPORT_DIR);
}

const XML_ENTITIES: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

function escapeXml(text: string): string {
  return text.replaceAll(/[&<>"]/g, (character) => XML_ENTITIES[character]);
}

function attributeOf(attributes: string, name: string): string {
  const value = attributes.match(new RegExp(`(?:^| )${name}="([^"]*)"`))?.[1] ?? "";
  return Object.entries(XML_ENTITIES).reduceRight(
    (text, [character, entity]) => text.replaceAll(entity, character),
    value,
  );
}

/**
 * Runs every test: the unit tests in Deno, then the GPU suite in a browser, then the page as people use
 * it. In the end the failed tests are named once more; the last line is the sum of all. Exit code 1
 * when a test failed, when a host broke down, and when one ran no test.
 *
 * @module
 */

import { print } from "./print.ts";
import { readFailures, readTotals, removeReport, type Totals, totalsText } from "./report.ts";

/** Hosts of tests: the task `test:<host>` writes the report `<host>`. */
const HOSTS = ["unit", "browser", "page"];

const totals: Totals[] = [];
for (const host of HOSTS) totals.push(await runHost(host));

print("");
for (const host of HOSTS) readFailures(host).forEach((name) => print(`failed: ${host}: ${name}`));
totals.forEach((host, i) => print(`${HOSTS[i]}: ${totalsText(host)}`));
const sum = totals.reduce((left, right) => ({
  passed: left.passed + right.passed,
  failed: left.failed + right.failed,
  skipped: left.skipped + right.skipped,
}));
print(totalsText(sum));
Deno.exit(sum.failed > 0 ? 1 : 0);

/** Runs one host's task. A breakdown outside the tests counts as one more failed test. */
async function runHost(host: string): Promise<Totals> {
  removeReport(host);
  const command = new Deno.Command("deno", {
    args: ["task", `test:${host}`],
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
  });
  const { success } = await command.output();
  const { passed, failed, skipped } = readTotals(host) ?? { passed: 0, failed: 0, skipped: 0 };
  const brokeDown = failed === 0 && (!success || passed === 0);
  if (brokeDown) print(`test:${host} broke down outside its tests`);
  return { passed, failed: brokeDown ? 1 : failed, skipped };
}

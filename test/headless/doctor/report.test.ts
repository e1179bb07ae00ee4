import { test } from "#test";
import { assert } from "chai";
import { type Check, type Finding, ok, warning } from "../../../headless/doctor/check.ts";
import { fail } from "../../../headless/doctor/check.ts";
import { DoctorReport, type ReportOptions } from "../../../headless/doctor/report.ts";
import { fakeScreen, type FakeScreenOptions } from "../fake_screen.ts";

const CHECK: Check = { name: "trial", run: () => Promise.resolve([]) };

/** What a report of these findings is on either stream. */
function write(
  findings: readonly Finding[],
  options: Partial<ReportOptions> & FakeScreenOptions & { isWhole?: boolean } = {},
): { out: string; error: string } {
  const { json = false, hide = (text: string) => text, isWhole = true, ...screenOptions } = options;
  const { screen, out, error } = fakeScreen(screenOptions);
  const report = new DoctorReport(screen, { json, hide });
  report.found(CHECK, findings);
  report.end(isWhole);
  return { out: out(), error: error() };
}

test("a report has a line for each finding, what to do below, and a sum at the end", () => {
  const { out, error } = write([
    ok("clock", "fine"),
    warning("coldkey", "open", "Close it:", "chmod 600 /a"),
    fail("subnet 27", "not registered"),
  ]);
  assert.equal(
    out,
    [
      "ok       clock         fine",
      "warning  coldkey       open",
      "                       → Close it:",
      "                       $ chmod 600 /a",
      "fail     subnet 27     not registered",
      "",
      "1 ok, 1 warning, 1 to fix",
      "",
    ].join("\n"),
  );
  assert.equal(error, "");
});

test("a report keeps to the screen's width, but for a command and a word too long", () => {
  const path = "/very/long/path".repeat(4);
  const { out } = write([
    warning("a", `some words and ${path} too`, "do this, that and all the rest", path),
  ], {
    columns: 51,
  });
  assert.deepEqual(out.split("\n").slice(0, 6), [
    "warning  a             some words and",
    `                       ${path}`,
    "                       too",
    "                       → do this, that and all the",
    "                         rest",
    `                       $ ${path}`,
  ]);
});

test("a report stays readable on a screen of a few columns", () => {
  const { out } = write([ok("a", "some words")], { columns: 5 });
  assert.equal(out.split("\n")[0], "ok       a             some words");
});

test("a report parts a subject that is too long from its message", () => {
  assert.include(write([ok("a subject without end", "x")]).out, "a subject without end x\n");
});

test("a report colours levels where colours are wanted, without moving the columns", () => {
  const { out } = write([ok("a", "x"), warning("b", "y"), fail("c", "z")], { hasColour: true });
  assert.deepEqual(out.split("\n").slice(0, 3), [
    "\x1b[32mok\x1b[39m       a             x",
    "\x1b[33mwarning\x1b[39m  b             y",
    "\x1b[31mfail\x1b[39m     c             z",
  ]);
});

test("a report in JSON has one object a line, and the sum on stderr", () => {
  const findings = [ok("clock", "fine"), warning("coldkey", "open", "Close it:", "chmod 600 /a")];
  const { out, error } = write(findings, { json: true });
  assert.deepEqual(out.trimEnd().split("\n").map((line) => JSON.parse(line)), [
    { check: "trial", level: "ok", subject: "clock", message: "fine" },
    {
      ...{ check: "trial", level: "warning", subject: "coldkey", message: "open" },
      ...{ advice: "Close it:", command: "chmod 600 /a" },
    },
  ]);
  assert.equal(error, "1 ok, 1 warning, 0 to fix\n");
});

test("a report hides secrets in every part, in both forms", () => {
  const finding = fail("s3cret", "a s3cret", "s3cret!", "echo s3cret");
  for (const json of [false, true]) {
    const { out } = write([finding], { json, hide: (text) => text.replaceAll("s3cret", "…") });
    assert.notInclude(out, "s3cret");
    assert.equal(out.split("…").length, 5);
  }
});

test("a report that was stopped says so", () => {
  assert.include(
    write([ok("a", "x")], { isWhole: false }).out,
    "stopped: 1 ok, 0 warnings, 0 to fix so far",
  );
});

test("a report shows on a terminal what still runs, and wipes it away", () => {
  const { screen, out } = fakeScreen({ isLive: true });
  const report = new DoctorReport(screen, { json: false, hide: (text) => text });
  report.pending(["chain", "clock"]);
  report.pending(["chain"]);
  report.found(CHECK, [ok("chain", "x")]);
  report.pending([]);
  report.end(true);
  const wipe = "\r\x1b[2K";
  assert.equal(
    out(),
    `${wipe}checking chain, clock${wipe}${wipe}checking chain` +
      `${wipe}ok       chain         x\nchecking chain${wipe}\n1 ok, 0 warnings, 0 to fix\n`,
  );
});

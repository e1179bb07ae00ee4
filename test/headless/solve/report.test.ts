import { test } from "#test";
import { assert } from "chai";
import { createTarget } from "../../../core/hash/hash_target.ts";
import { hashMode } from "../../../core/hash/modes.ts";
import { type ReportStyle, SolveReport } from "../../../headless/solve/report.ts";
import { Tally } from "../../../headless/solve/tally.ts";
import { type FakeScreen, fakeScreen } from "../fake_screen.ts";

const MODE = hashMode(1400);
const TARGET = createTarget(MODE, new Uint8Array(32), new Uint8Array());
const HALFWAY = { tried: 50n, total: 100n, elapsedMs: 10, rate: 5000 };

interface Shown extends FakeScreen {
  readonly report: SolveReport;
  /** Sets the clock. */
  setNow(ms: number): void;
}

function show(style: ReportStyle, isLive = false): Shown {
  let now = 10;
  const fake = fakeScreen({ isLive });
  const report = new SolveReport(fake.screen, style, new Tally(() => now, 1, 100n), {
    ...{ mode: MODE, target: TARGET.line, mask: "?d?d", length: 2, hashes: 1 },
    ...{ charsets: [], startedAt: new Date(0) },
  });
  return { ...fake, report, setNow: (ms) => void (now = ms) };
}

const PLAIN = { json: false, quiet: false };

test("SolveReport rewrites the last line of a terminal, five times a second at most", () => {
  const { report, out, setNow } = show(PLAIN, true);
  for (const ms of [10, 100, 209, 210]) {
    setNow(ms);
    report.progress(TARGET, HALFWAY);
  }
  assert.lengthOf(out().match(/50\.00% of 100 /g) ?? [], 2);
});

test("SolveReport shows no such line off a terminal, in JSON, or when it is to be quiet", () => {
  for (const style of [PLAIN, { json: true, quiet: false }, { json: false, quiet: true }]) {
    const { report, out, error } = show(style, style !== PLAIN);
    report.progress(TARGET, HALFWAY);
    assert.deepEqual([out(), error()], ["", ""]);
  }
});

test("SolveReport reports on stderr when asked, even when it is to be quiet otherwise", () => {
  const { report, out, error } = show({ json: false, quiet: true });
  report.progress(TARGET, HALFWAY);
  report.status();
  assert.equal(out(), "");
  assert.include(error(), "Progress.........: 50/100 (50.00%)\n");
});

test("SolveReport reports in JSON with numbers only", () => {
  const { report, out } = show({ json: true, quiet: false });
  report.status();
  report.progress(TARGET, HALFWAY);
  report.status();
  const [before, after] = out().trimEnd().split("\n").map((line) => JSON.parse(line));
  const always = { event: "status", status: "Running", recovered: 0, hashes: 1, total: 100 };
  assert.deepEqual(before, { ...always, tried: 0, elapsedMs: 0, rate: 0 });
  assert.deepEqual(after, { ...always, tried: 50, elapsedMs: 10, rate: 5000, leftMs: 10 });
});

import { test } from "#test";
import { assert } from "chai";
import { HASH_MODES, hashMode } from "../../../core/hash/modes.ts";
import { type Variant, VARIANTS } from "../../../core/hash/search_engine.ts";
import { fakeScreen } from "../../headless/fake_screen.ts";
import { Printer } from "../print_table.ts";
import type { HashcatEvent } from "./hash.ts";
import { HashReport } from "./report.ts";

const COUNT = { wordBits: 64, additions: 393, logic: 360, rotations: 268 } as const;
const HASHCAT: HashcatEvent = { kind: "hashcat", version: "v6.2.6", absentBecause: undefined };

/** The lines of a report at the rates of a data centre's GPU. */
function reportLines(markdown: boolean, hashcat: HashcatEvent = HASHCAT): string[] {
  const { screen, out } = fakeScreen();
  const report = new HashReport(new Printer(screen, markdown), "deno task bench hash", new Date(0));
  report.show({
    kind: "checked",
    ...{ gpu: undefined, cores: 128, answers: 36 },
    contenders: VARIANTS.map((variant) => ({ variant, devices: ["NVIDIA H200"] })),
    absent: [],
  });
  report.show({ kind: "bound", bits: 32 });
  const perSecond = new Map<Variant, number>([["u64", 8.1e9], ["u32", 8.05e9], ["wasm", 2.2e9]]);
  for (const mode of HASH_MODES) {
    for (const length of [8, 12]) {
      const rates = { count: COUNT, perSecond, boundPerSecond: 16.54e12 };
      report.show({ kind: "rates", mode, length, ...rates });
    }
  }
  const mode = hashMode(610);
  const first = { submittedMs: 0.123, triedMs: 12.3 };
  for (const variant of VARIANTS) {
    const cold = { submittedMs: 1234.5, triedMs: 1236.7 };
    report.show({ kind: "latency", mode, variant, warm: first, cold, openMs: 56, compileMs: 1100 });
  }
  report.show(hashcat);
  if (hashcat.version !== undefined) {
    const rows = VARIANTS.map((variant) => ({ variant, perSecond: 8.1e9, ratio: 1.09 }));
    const race = { form: "attack" as const, rows, hashcatPerSecond: 7.4e9 };
    report.show({ kind: "race", mode, length: 12, ...race });
  }
  report.show({
    kind: "end to end",
    ...{ mode, length: 7, candidates: 10n ** 7n },
    rows: VARIANTS.map((variant) => ({ variant, warmMs: 14.2, coldMs: 1240, overheadMs: 12.9 })),
    hashcatMs: hashcat.version === undefined ? undefined : 3290,
  });
  return out().split("\n");
}

test("no line is longer than 100 characters, with the widest numbers in the tables", () => {
  assert.deepEqual(reportLines(false).filter((line) => line.length > 100), []);
});

test("Markdown tables have as many cells in each row as there are titles", () => {
  const tables = reportLines(true).join("\n").split("\n\n")
    .map((part) => part.split("\n").filter((line) => line.startsWith("|")))
    .filter((rows) => rows.length > 0);
  assert.lengthOf(tables, 5);
  for (const rows of tables) {
    assert.lengthOf(new Set(rows.map((row) => row.split("|").length)), 1, rows[0]);
  }
});

test("Markdown has no empty item, and no item right below a table, which would be a row of it", () => {
  const lines = reportLines(true);
  assert.notInclude(lines.map((line) => line.trim()), "-");
  const swallowed = lines.filter((line, at) =>
    line.startsWith("- ") && lines[at - 1].startsWith("|")
  );
  assert.deepEqual(swallowed, []);
});

test("the share is rate times 32-bit operations by the bound; wasm has none of an adapter", () => {
  const row = reportLines(false).find((line) => /^610 .* 12 /.test(line)) ?? "";
  // 8.1e9 · 2042 / 16.54e12
  assert.match(row, /8,100\s+100\.0%\s+8,050\s+99\.4%\s+2,200$/);
});

test("lengths of a mode that cost the same share a row", () => {
  const rows = reportLines(false).filter((line) => /8, 12 .* 64 bits .* 2042$/.test(line));
  assert.lengthOf(rows, HASH_MODES.length);
});

test("without hashcat the report says why, and the challenge's table has no column of it", () => {
  const why = "it is not installed: install the package hashcat";
  const lines = reportLines(false, { kind: "hashcat", version: undefined, absentBecause: why });
  assert.include(lines, `hashcat is left out: ${why}`);
  assert.isFalse(lines.some((line) => line.includes("hashcat takes")));
});

test("a cold start's overhead is that of the warm one and the difference", () => {
  const cold = reportLines(false).find((line) => line.startsWith("u64, cold")) ?? "";
  assert.match(cold, /1,240\s+1,240\s+2\.65x$/);
});

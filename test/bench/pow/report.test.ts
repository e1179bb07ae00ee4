import { test } from "#test";
import { assert } from "chai";
import { SEAL_VARIANTS } from "../../../core/hash/seal_engine.ts";
import { runCommand } from "../../../headless/command.ts";
import { fakeScreen } from "../../headless/fake_screen.ts";
import { Printer } from "../print_table.ts";
import { powCommand } from "./command.ts";
import { jsonLines } from "./json_lines.ts";
import type { PowBenchEvent } from "./pow.ts";
import type { RaceRow } from "./race.ts";
import { PowReport } from "./report.ts";
import { countSealOperations, sealOperations32 } from "./seal_operations.ts";

const NOBLE: RaceRow = { name: "noble", perSecond: 4.5e5, ratio: 1, share: 0.001 };

/** All events of a run, at the rates of a data centre's GPU. */
function events(share = 0.6241): PowBenchEvent[] {
  const gpu = { adapterName: "NVIDIA H200", backend: "wgpu", isSoftware: false };
  const rows = SEAL_VARIANTS.map((name) => ({ name, perSecond: 1.234e9, ratio: 2742, share }));
  return [
    {
      kind: "checked",
      ...{ gpu, cores: 128, variants: SEAL_VARIANTS, promising: SEAL_VARIANTS, answers: 30 },
    },
    { kind: "operations", ...countSealOperations("little") },
    { kind: "race", boundBits: 32, boundPerSecond: 16.54e12, rows: [...rows, NOBLE] },
  ];
}

function reportLines(markdown: boolean, share?: number): string[] {
  const { screen, out } = fakeScreen();
  const report = new PowReport(new Printer(screen, markdown), "deno task bench pow", new Date(0));
  for (const event of events(share)) report.show(event);
  return out().split("\n");
}

test("no line of the report is longer than 100 characters", () => {
  assert.deepEqual(reportLines(false, 1.5).filter((line) => line.length > 100), []);
});

test("the report's Markdown tables have as many cells in each row as there are titles", () => {
  const tables = reportLines(true).join("\n").split("\n\n")
    .map((part) => part.split("\n").filter((line) => line.startsWith("|")))
    .filter((rows) => rows.length > 0);
  assert.lengthOf(tables, 2);
  for (const rows of tables) {
    assert.lengthOf(new Set(rows.map((row) => row.split("|").length)), 1, rows[0]);
  }
});

test("the report shows rate, share and ratio of a kernel, and no share of the loop", () => {
  const lines = reportLines(false);
  assert.isTrue(lines.some((line) => /^u64-looped\s+1,230\s+62\.4%\s+2,740x$/.test(line)));
  assert.isTrue(lines.some((line) => /^noble\s+0\.450\s+-\s+1\.00x$/.test(line)));
});

test("the report explains a share above 100%, and only that", () => {
  const explains = (line: string): boolean => line.startsWith("above 100%");
  assert.isTrue(reportLines(false, 1.01).some(explains));
  assert.isFalse(reportLines(false, 0.99).some(explains));
});

test("the report states what a seal costs", () => {
  const both = reportLines(false).find((line) => line.startsWith("both")) ?? "";
  assert.include(both, String(sealOperations32(countSealOperations("little"))));
});

test("JSON has one flat object a kernel, and the loop's without a share", () => {
  const lines = events().flatMap(jsonLines);
  assert.deepInclude(lines, {
    ...{ kind: "race", name: "u32", sealsPerSecond: 1.234e9, ratio: 2742, share: 0.6241 },
  });
  assert.deepInclude(lines, { kind: "race", name: "noble", sealsPerSecond: 4.5e5, ratio: 1 });
  assert.deepInclude(lines, { kind: "bound", operationsPerSecond: 16.54e12, bits: 32 });
  const nested = lines.flatMap((line) => Object.values(line))
    .filter((value) => typeof value === "object" && !Array.isArray(value));
  assert.isEmpty(nested);
});

for (const args of [["--json", "--markdown"], ["--variant", "u128"], ["--rounds", "0"], ["more"]]) {
  test(`bench pow ${args.join(" ")} is wrong use`, async () => {
    const { screen, out } = fakeScreen();
    const source = { args, environment: {}, envFile: {} };
    const { signal } = new AbortController();
    assert.strictEqual(await runCommand(powCommand, source, screen, signal), 2);
    assert.strictEqual(out(), "");
  });
}

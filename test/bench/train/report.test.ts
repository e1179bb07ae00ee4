import { test } from "#test";
import { assert } from "chai";
import { Screen } from "../../../headless/screen.ts";
import { Printer } from "../print_table.ts";
import { rate, TrainReport } from "./report.ts";

/** A report of which the lines can be read. */
function report(markdown: boolean): { report: TrainReport; lines: () => string[] } {
  let text = "";
  const screen = new Screen({
    ...{ columns: 80, isLive: false, hasColour: false },
    writeOut: (more) => text += more,
    writeError: () => {},
  });
  return {
    report: new TrainReport(new Printer(screen, markdown), "deno task bench train", new Date(0)),
    lines: () => text.split("\n"),
  };
}

const PEERS = ["@jax-js/jax", "@tensorflow/tfjs-backend-webgpu", "onnxruntime-web"];
const NAMES = ["weft direct", "weft tiled", ...PEERS];

/** The largest product of the published models, at rates of a data centre's GPU. */
function showRace(to: TrainReport, absentPeer?: string): void {
  const shape = { M: 128256, N: 5120, K: 800, transposeA: true, transposeB: false };
  const ms = new Map(NAMES.filter((name) => name !== absentPeer).map((name) => [name, 20.123]));
  to.show({
    kind: "contenders",
    chosen: "weft tiled",
    contenders: NAMES.map((name) => ({ name, version: "1.2.3", adapter: "NVIDIA H200" })),
    absent: [],
  });
  to.show({
    kind: "product",
    product: { labels: ["logits dW"], shape, perStep: 10 },
    ms,
    failed: absentPeer ? [{ name: absentPeer, why: "out of memory" }] : [],
  });
  to.end();
}

test("a table of products with the widest numbers fits 100 columns", () => {
  const { report: to, lines } = report(false);
  showRace(to);
  const tooLong = lines().filter((line) => line.length > 100);
  assert.deepEqual(tooLong, []);
});

test("the sum over a step is left open for a peer that missed a product of it", () => {
  const { report: to, lines } = report(false);
  showRace(to, "onnxruntime-web");
  const sum = lines().find((line) => line.startsWith("all of a step")) ?? "";
  assert.match(sum, / -$/);
  assert.include(lines().join(" "), "onnxruntime-web is left out of logits dW: out of memory");
});

test("Markdown tables have as many cells in each row as there are titles", () => {
  const { report: to, lines } = report(true);
  showRace(to);
  const cells = lines().filter((line) => line.startsWith("|")).map((line) =>
    line.split("|").length
  );
  assert.isAtLeast(cells.length, 4);
  assert.deepEqual([...new Set(cells)], [2 + 2 + NAMES.length]);
});

test("rate() changes its unit at a thousand GFLOP/s", () => {
  assert.equal(rate(999e9), "999 GFLOP/s");
  assert.equal(rate(1.5e12), "1.50 TFLOP/s");
});

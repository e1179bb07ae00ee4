import { test } from "#test";
import { assert } from "chai";
import type { FinishedEvent, StartedEvent, StepEvent } from "../../core/node/events.ts";
import { MineReport } from "../../headless/mine_report.ts";
import { type FakeScreen, fakeScreen, type FakeScreenOptions } from "./fake_screen.ts";

const CLEAR = "\x1b[2K";

const STARTED: StartedEvent = {
  kind: "started",
  adapter: "SwiftShader Device (Subzero)",
  backend: "wgpu",
  isSoftware: true,
  model: "nano",
  parameters: 176_576,
  step: 0,
  steps: 400,
  batch: 4,
  seq: 64,
  batchesBeforeMerging: 2,
  learningRate: 0.005,
  precision: "f32",
  ...{ minersPerLayer: 1, mergeEvery: 10, url: "http://127.0.0.1:4000" },
  unigramLoss: 3.0916,
  bigramLoss: 2.3997,
};

const FINISHED: FinishedEvent = {
  kind: "finished",
  step: 400,
  stopped: false,
  validationLoss: 2.25,
  sample: "The whale\nis white",
};

function stepEvent(step: number, changes: Partial<StepEvent> = {}): StepEvent {
  return {
    kind: "step",
    step,
    loss: 2.5,
    validationLoss: undefined,
    learningRate: 0.005,
    gradientNorms: [1, 1, 1],
    tokensPerSecond: 1500,
    stepMs: 340,
    gpuMs: { forward: 104, loss: 8.7, backward: 217, optimizer: 6.31 },
    memoryBytes: 13_919_088,
    secondsLeft: 83,
    ...changes,
  };
}

function reportOn(options: FakeScreenOptions = {}): FakeScreen & {
  report: MineReport;
  clock: { now: number };
} {
  const fake = fakeScreen(options);
  const clock = { now: 0 };
  const report = new MineReport(fake.screen, { nowMs: () => clock.now }, {
    runDir: "/runs/nano",
    textName: "moby-dick",
    tokens: 1_200_000,
    chartPath: "/runs/nano/loss.svg",
  });
  return { ...fake, report, clock };
}

test("MineReport says once what runs where, and that a software adapter is the CPU", () => {
  const { report, out } = reportOn();
  report.show(STARTED);
  for (const text of ["nano, 177 k parameters, f32", "/runs/nano", "3.0916", "2.3997", "the CPU"]) {
    assert.include(out().replace(/\s+/g, " "), text);
  }
});

test("MineReport does not speak of software on a GPU", () => {
  const { report, out } = reportOn();
  report.show({ ...STARTED, adapter: "NVIDIA H200", isSoftware: false });
  assert.notInclude(out(), "CPU");
});

test("MineReport gives no second header when the GPU was opened again", () => {
  const { report, out } = reportOn();
  report.show(STARTED);
  const before = out().length;
  report.show({ ...STARTED, step: 50 });
  assert.equal(out().slice(before), "going on from step 50\n");
});

test("MineReport keeps to 80 columns with the longest numbers", () => {
  const { report, out } = reportOn();
  report.show({ ...STARTED, steps: 20_000 });
  report.show(stepEvent(10_000, {
    validationLoss: 12.3456,
    tokensPerSecond: 999_400,
    gpuMs: { forward: 9999, loss: 9999, backward: 9999, optimizer: 9999 },
    memoryBytes: 141e9,
    secondsLeft: 23 * 3600 + 59 * 60,
  }));
  report.show({ ...FINISHED, sample: "word ".repeat(50) });
  const longest = out().split("\n").reduce((most, line) => Math.max(most, line.length), 0);
  assert.isAtMost(longest, 80);
});

test("MineReport lines its numbers up under the headings", () => {
  const { report, out } = reportOn();
  report.show(STARTED);
  report.show(stepEvent(50, { validationLoss: 2.75 }));
  const [heading, row] = out().trimEnd().split("\n").slice(-2);
  assert.equal(row.length, heading.length);
  for (const [title, number] of [["loss", "2.5000"], ["val", "2.7500"], ["bwd", "217"]]) {
    assert.equal(row.indexOf(number) + number.length, heading.indexOf(title) + title.length);
  }
});

test("MineReport shows - where the adapter measures no time and nothing was validated", () => {
  const { report, out } = reportOn();
  report.show(STARTED);
  report.show(stepEvent(10, { gpuMs: undefined, secondsLeft: NaN }));
  assert.lengthOf(out().trimEnd().split("\n").at(-1)?.match(/ -(?= |$)/g) ?? [], 6);
});

test("MineReport rewrites its line on a terminal at most five times a second", () => {
  const { report, out, clock } = reportOn({ isLive: true });
  report.show(STARTED);
  const before = out().length;
  for (let step = 1; step <= 99; step++) {
    clock.now = 10 * step;
    report.show(stepEvent(step));
  }
  const rewrites = out().slice(before).split(CLEAR).slice(1);
  assert.lengthOf(rewrites, 5, "at 10, 210, 410, 610 and 810 ms");
});

test("MineReport keeps the rows that validate on a terminal", () => {
  const { report, out } = reportOn({ isLive: true });
  report.show(STARTED);
  report.show(stepEvent(49));
  report.show(stepEvent(50, { validationLoss: 2.75 }));
  assert.match(out(), /50\/400 .*2\.7500.*\n$/);
});

test("MineReport writes about forty rows of a run into a file, and those that validate", () => {
  const { report, out } = reportOn();
  report.show(STARTED);
  for (let step = 1; step <= 400; step++) {
    report.show(stepEvent(step, { validationLoss: step % 25 === 0 ? 2.7 : undefined }));
  }
  assert.lengthOf(out().match(/^ +\d+\/400 /gm) ?? [], 40 + 8);
});

test("MineReport compares the end with the bigram table, on either side", () => {
  for (const [loss, text] of [[2.25, "0.1497 below"], [2.5, "0.1003 above"]] as const) {
    const { report, out } = reportOn();
    report.show(STARTED);
    report.show({ ...FINISHED, validationLoss: loss });
    assert.include(out(), text);
    assert.include(out(), "/runs/nano/loss.svg");
  }
});

test("MineReport does not let the model's text steer the terminal", () => {
  const { report, out } = reportOn();
  report.show(STARTED);
  report.show({ ...FINISHED, sample: "a\x1b[2Jb\rc\td\u202ee\u0085f" });
  assert.include(out(), "a·[2Jb·c·d·e·f");
});

test("MineReport says how a stopped run goes on, and shows no empty sample", () => {
  const { report, out } = reportOn();
  report.show(STARTED);
  report.show({ ...FINISHED, step: 130, stopped: true, sample: "" });
  assert.include(out(), "Stopped at step 130 of 400. The same command goes on from there.");
  assert.notInclude(out(), "The model writes");
});

test("MineReport leaves no status line behind at the end", () => {
  const { report, out } = reportOn({ isLive: true });
  report.show(STARTED);
  report.show(stepEvent(399));
  report.show({ kind: "checkpoint", step: 400, sizeBytes: 2_130_880 });
  report.show(FINISHED);
  assert.match(out(), /checkpoint of step 400, 2\.1 MB\n/);
  assert.include(out(), `${CLEAR}\nDone: 400 steps.\n`);
});

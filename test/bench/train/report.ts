/**
 * The training benchmark's results as tables.
 *
 * @module
 */
import { countParameters } from "../../../core/model/presets.ts";
import { formatBytes, formatCount } from "../../../headless/units.ts";
import type { Column } from "../../../headless/text_table.ts";
import { percent, type Printer, threeDigits } from "../print_table.ts";
import { isArithmetic, opName, shapeText } from "../../../core/bench/train/ops.ts";
import type { AttentionTimes } from "../../../core/bench/train/attention.ts";
import { productFlops, type ProductTimes } from "../../../core/bench/train/product_race.ts";
import type { PhaseTime } from "../../../core/bench/train/profile.ts";
import type {
  BoundsEvent,
  CheckedEvent,
  ContendersEvent,
  ProfileEvent,
  StepEvent,
  TrainBenchEvent,
} from "../../../core/bench/train/train.ts";

const PHASES = ["forward", "loss", "backward", "optimizer"];

const OP_COLUMNS: readonly Column[] = [
  { title: "op", wraps: true },
  { title: "phase" },
  { title: "shape" },
  { title: "count", align: "right" },
  { title: "ms", align: "right" },
  { title: "rate", align: "right" },
  { title: "share", align: "right" },
];

/** Prints events as they come; products wait for the last, to share a table. */
export class TrainReport {
  #contenders: ContendersEvent | undefined;
  /** f32 operations a second that the adapter does at most. */
  #bound = NaN;
  readonly #attention: AttentionTimes[] = [];
  readonly #products: ProductTimes[] = [];

  constructor(readonly printer: Printer, readonly command: string, readonly date: Date) {}

  show(event: TrainBenchEvent): void {
    switch (event.kind) {
      case "checked":
        return this.#checked(event);
      case "step":
        return this.#step(event);
      case "profile":
        return this.#profile(event);
      case "bounds":
        return this.#bounds(event);
      case "attention":
        return void this.#attention.push(event);
      case "contenders":
        this.#showAttention();
        this.#contenders = event;
        return;
      case "product":
        this.#products.push(event);
    }
  }

  /** Prints what waited. */
  end(): void {
    if (this.#contenders) this.#race(this.#contenders);
  }

  #checked({ gpu, preset, precision, golden, products }: CheckedEvent): void {
    const { printer, command, date } = this;
    const { model, batch, seq, batchesBeforeMerging } = preset;
    printer.heading(`Training on ${gpu.adapterName}`);
    printer.line(
      `${gpu.adapterName}${gpu.isSoftware ? ", a software adapter" : ""} (${gpu.backend}), ` +
        `${date.toISOString().slice(0, 10)}`,
    );
    printer.line(printer.markdown ? `\`${command}\`` : command);
    printer.line(
      `model ${model.name}, ${formatCount(countParameters(model))} parameters, ${precision}, ` +
        `${batchesBeforeMerging} batches of ${batch} x ${seq} tokens a step`,
    );
    printer.line(
      `answers are right: ${golden.groups} groups of ${golden.files} golden files, ` +
        `${products} products in both variants`,
    );
  }

  #bounds({ flopsPerSecond, bandwidth }: BoundsEvent): void {
    const { printer } = this;
    this.#bound = flopsPerSecond;
    printer.heading("Bounds of the adapter");
    printer.table([{ title: "of" }, { title: "rate", align: "right" }], [
      ["f32 arithmetic in registers", rate(flopsPerSecond)],
      ...bandwidth.map(({ sizeBytes, bytesPerSecond }) => [
        `memory, copies of ${formatBytes(sizeBytes)}, read and written`,
        `${threeDigits(bytesPerSecond / 1e9)} GB/s`,
      ]),
    ]);
  }

  #showAttention(): void {
    const { printer } = this;
    printer.heading("Attention, causal, f32");
    printer.line("share: of the bound of f32 arithmetic");
    const numbers = ["forward ms", "rate", "share", "backward ms", "rate", "share"];
    printer.table(
      [
        { title: "B x T x heads x channels" },
        ...numbers.map((title): Column => ({ title, align: "right" })),
      ],
      this.#attention.map((times) => {
        const { B, T, NH, HD } = times.shape;
        return [
          `${B}x${T}x${NH}x${HD}`,
          threeDigits(times.forwardMs),
          rate(times.forwardFlopsPerSecond),
          percent(times.forwardFlopsPerSecond / this.#bound),
          threeDigits(times.backwardMs),
          rate(times.backwardFlopsPerSecond),
          percent(times.backwardFlopsPerSecond / this.#bound),
        ];
      }),
    );
  }

  #step(event: StepEvent): void {
    const { printer } = this;
    printer.heading("Step");
    printer.table([{ title: "measure" }, { title: "value", align: "right" }], [
      ["optimizer step", `${threeDigits(event.stepMs)} ms`],
      ["steps measured", String(event.steps)],
      ["tokens a second", threeDigits(event.tokensPerSecond)],
      ["rate", rate(event.flopsPerSecond)],
      ["matmul rate, 512x512x512", rate(event.matmulFlopsPerSecond)],
      ["share of it", percent(event.flopsPerSecond / event.matmulFlopsPerSecond)],
      ["GPU time", `${threeDigits(event.gpuMs)} ms`],
      ["host overhead", percent(event.hostShare)],
      ["GPU memory held", formatBytes(event.heldBytes)],
      ["GPU memory at its peak", formatBytes(event.peakBytes)],
    ]);
  }

  #profile({ byTimestamps, phases }: ProfileEvent): void {
    const { printer } = this;
    printer.heading("Milliseconds of GPU time in a step, by stage and phase");
    if (!byTimestamps) {
      printer.line("without timestamps: each program was repeated and waited for");
    }
    const stages = [...Map.groupBy(phases, ({ phase }) => phase.stage).values()];
    const numbers = [...PHASES, "sum"].map((title): Column => ({ title, align: "right" }));
    printer.table([{ title: "stage" }, ...numbers], [
      ...stages.map((stage) => [stageName(stage[0]), ...phaseCells(stage)]),
      ["all", ...phaseCells(phases)],
    ]);
    const totalMs = sum(phases.flatMap(opMs));
    for (const stage of stages) {
      printer.heading(`Ops of ${stageName(stage[0])}, times of a step`);
      printer.table(OP_COLUMNS, opRows(stage, totalMs));
    }
  }

  #race({ contenders, absent, chosen }: ContendersEvent): void {
    const { printer } = this;
    printer.heading("Matrix products, f32");
    for (const { name, version, adapter } of contenders) {
      printer.line(`${name} ${version} on ${adapter}`);
    }
    for (const { name, why } of absent) printer.line(`${name} is absent: ${why}`);
    printer.line(`GFLOP/s; in brackets how many times as fast ${chosen} is, which the step uses`);
    const names = contenders.map(({ name }) => name);
    const columns = names.map((name): Column => ({ title: shortName(name), align: "right" }));
    printer.table([{ title: "product", wraps: true }, { title: "shape" }, ...columns], [
      ...this.#products.map(({ product, ms }) => {
        const { M, N, K } = product.shape;
        const flops = productFlops(product.shape);
        return [
          product.labels.join(", "),
          `${M}x${N}x${K}`,
          ...names.map((name) => raceCell(flops, ms, name, chosen)),
        ];
      }),
      ["all of a step", "", ...stepCells(this.#products, names, chosen)],
    ]);
    for (const { product, failed } of this.#products) {
      for (const { name, why } of failed) {
        printer.line(`${name} is left out of ${product.labels.join(", ")}: ${why}`);
      }
    }
  }
}

/** An operation rate with its unit: `1.23 GFLOP/s`. */
export function rate(flopsPerSecond: number): string {
  return flopsPerSecond >= 1e12
    ? `${threeDigits(flopsPerSecond / 1e12)} TFLOP/s`
    : `${threeDigits(flopsPerSecond / 1e9)} GFLOP/s`;
}

function stageName({ phase }: PhaseTime): string {
  return `stage ${phase.stage} (${phase.kind})`;
}

function phaseCells(phases: readonly PhaseTime[]): string[] {
  const msOf = (some: readonly PhaseTime[]): number =>
    sum(some.map(({ ms, phase }) => ms * phase.perStep));
  const each = PHASES.map((name) => phases.filter(({ phase }) => phase.name === name));
  return [...each, phases].map((some) => some.length === 0 ? "" : threeDigits(msOf(some)));
}

function opMs({ ops, phase }: PhaseTime): number[] {
  return ops.map(({ ms }) => ms * phase.perStep);
}

/** The ops of a stage, the slowest first. */
function opRows(phases: readonly PhaseTime[], totalMs: number): string[][] {
  return phases
    .flatMap(({ phase, ops }) => ops.map((time) => ({ ...time, phase })))
    .toSorted((x, y) => y.ms * y.phase.perStep - x.ms * x.phase.perStep)
    .map(({ op, ms, phase }) => [
      opName(op),
      phase.name,
      shapeText(op.dispatches),
      String(op.dispatches.length * phase.perStep),
      threeDigits(ms * phase.perStep),
      isArithmetic(op)
        ? rate(1000 * sum(op.dispatches.map(({ flops }) => flops)) / ms)
        : `${threeDigits(sum(op.dispatches.map(({ bytes }) => bytes)) / ms / 1e6)} GB/s`,
      percent(ms * phase.perStep / totalMs),
    ]);
}

function raceCell(
  flops: number,
  ms: ReadonlyMap<string, number>,
  name: string,
  chosen: string,
): string {
  const took = ms.get(name) ?? NaN;
  if (Number.isNaN(took)) return "-";
  const gigaflops = threeDigits(flops / took / 1e6);
  return name.startsWith("weft") ? gigaflops : `${gigaflops} (${ratio(ms.get(chosen), took)})`;
}

/** The rate over all products of a step, each as often as the step computes it. */
function stepCells(
  all: readonly ProductTimes[],
  names: readonly string[],
  chosen: string,
): string[] {
  const products = all.filter(({ product }) => product.perStep > 0);
  const flops = sum(products.map(({ product }) => product.perStep * productFlops(product.shape)));
  const ms = new Map(names.map((name) => [
    name,
    sum(products.map(({ product, ms }) => product.perStep * (ms.get(name) ?? NaN))),
  ]));
  return names.map((name) => raceCell(flops, ms, name, chosen));
}

function ratio(oursMs: number | undefined, theirsMs: number): string {
  return `${threeDigits(theirsMs / (oursMs ?? NaN))}x`;
}

/** `@tensorflow/tfjs-backend-webgpu` as `tfjs`, `weft tiled` as `tiled`. */
function shortName(name: string): string {
  return name.replace(/^(.*\/|weft )/, "").replace(/-(backend-webgpu|web)$/, "");
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

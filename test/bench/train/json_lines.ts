/**
 * The training benchmark's results for machines: each event as one or more flat objects.
 *
 * @module
 */
import { countParameters } from "../../../core/model/presets.ts";
import { shapeText } from "../../../core/bench/train/ops.ts";
import { productFlops } from "../../../core/bench/train/product_race.ts";
import type { PhaseTime } from "../../../core/bench/train/profile.ts";
import type { CheckedEvent, TrainBenchEvent } from "../../../core/bench/train/train.ts";

/** The objects of one event; times are milliseconds. */
export function jsonLines(event: TrainBenchEvent): object[] {
  switch (event.kind) {
    case "checked":
      return [checkedLine(event)];
    case "step":
    case "bounds":
      return [event];
    case "attention": {
      const { shape, ...times } = event;
      return [{ ...times, ...shape }];
    }
    case "profile":
      return event.phases.flatMap((time) => profileLines(time, event.byTimestamps));
    case "contenders":
      return [
        ...event.contenders.map(({ name, version, adapter }) => ({
          ...{ kind: "contender", name, version, adapter },
          chosen: name === event.chosen,
        })),
        ...event.absent.map((absent) => ({ kind: "absent", ...absent })),
      ];
    case "product": {
      const { product: { labels, shape, perStep }, ms, failed } = event;
      const flops = productFlops(shape);
      const common = { kind: "product", labels, ...shape, perStep };
      return [
        ...[...ms].map(([contender, took]) => ({
          ...common,
          ...{ contender, ms: took, flopsPerSecond: 1000 * flops / took },
        })),
        ...failed.map(({ name, why }) => ({ ...common, contender: name, why })),
      ];
    }
  }
}

function checkedLine({ gpu, preset, precision, tuning, golden, products }: CheckedEvent): object {
  const { adapterName: adapter, backend, isSoftware } = gpu;
  const { model, batch, seq, batchesBeforeMerging } = preset;
  return {
    kind: "checked",
    ...{ adapter, backend, isSoftware },
    ...{ model: model.name, parameters: countParameters(model), precision },
    ...{ batch, seq, batchesBeforeMerging },
    matmul: tuning.matmul,
    ...{ goldenFiles: golden.files, goldenGroups: golden.groups, products },
  };
}

function profileLines({ phase, ms, ops }: PhaseTime, byTimestamps: boolean): object[] {
  const { stage, kind: stageKind, name, perStep } = phase;
  const common = { stage, stageKind, phase: name, perStep, byTimestamps };
  return [
    { kind: "phase", ...common, ms },
    ...ops.map(({ op, ms }) => ({
      kind: "op",
      ...common,
      ...{ op: op.label, kernel: op.kernel, shape: shapeText(op.dispatches) },
      ...{ dispatches: op.dispatches.length, ms },
      flopsPerSecond: 1000 * op.dispatches.reduce((sum, { flops }) => sum + flops, 0) / ms,
      bytesPerSecond: 1000 * op.dispatches.reduce((sum, { bytes }) => sum + bytes, 0) / ms,
    })),
  ];
}

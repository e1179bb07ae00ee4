/**
 * Training and its ops as the page shows them.
 *
 * @module
 */

import type { GoldenSource } from "../../core/bench/train/golden.ts";
import type { PhaseTime } from "../../core/bench/train/profile.ts";
import { productFlops } from "../../core/bench/train/product_race.ts";
import { benchTrain, type TrainBenchEvent, type TrainPart } from "../../core/bench/train/train.ts";
import type { OpenGpuOptions } from "../../core/gpu/gpu.ts";
import type { Preset } from "../../core/model/presets.ts";
import type { BenchEvent } from "./bench_api.ts";
import type { StepResult } from "./result.ts";

/** Optimizer steps on the clock. */
const STEPS = 10;

/** Steps of the published PyTorch model, loaded when they are needed. */
const GOLDEN: GoldenSource = {
  name: "iota-tiny-f32.safetensors",
  read: async () => {
    // Bundlers find the file by just this form.
    const url = new URL("../../test/golden/iota-tiny-f32.safetensors", import.meta.url);
    const response = await fetch(url);
    if (!response.ok) throw new Error(`the golden file was answered with ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  },
};

/**
 * Measures the parts in f32, on the model that a node would take here.
 *
 * @throws {WeftError} if an answer is wrong
 */
export async function* trainFindings(
  webgpu: OpenGpuOptions,
  options: {
    parts: ReadonlySet<TrainPart>;
    rounds: number;
    nowMs: () => number;
    onStatus: (text: string) => void;
  },
): AsyncGenerator<BenchEvent, void> {
  let preset: Preset | undefined;
  let step: Omit<StepResult, "phases"> | undefined;
  const events = benchTrain(webgpu, {
    ...{ ...options, model: "auto", precision: "f32", steps: STEPS, timestamps: true },
    ...{ version: "of this page", golden: [GOLDEN], loadPeers: undefined },
  });
  for await (const event of events) {
    if (event.kind === "checked") preset = event.preset;
    if (event.kind === "step" && preset) step = stepOf(event, preset);
    if (event.kind === "profile" && step) {
      yield { kind: "step", step: { ...step, phases: phasesOf(event.phases) } };
    }
    yield* findings(event);
  }
}

function* findings(event: TrainBenchEvent): Generator<BenchEvent, void> {
  switch (event.kind) {
    case "checked": {
      const { gpu: { adapterName: name, isSoftware }, golden, products } = event;
      yield { kind: "adapter", adapter: { name, isSoftware } };
      const text = `${golden.groups} groups of tensors are those of PyTorch` +
        (products > 0 ? `, ${products} products those of plain loops` : "");
      return yield { kind: "checked", text };
    }
    case "bounds":
      yield { kind: "bounds", bounds: { flopsPerSecond: event.flopsPerSecond } };
      for (const row of event.bandwidth) yield { kind: "bandwidth", row };
      return;
    case "attention": {
      const { shape, forwardFlopsPerSecond, backwardFlopsPerSecond } = event;
      const row = { ...shape, forwardFlopsPerSecond, backwardFlopsPerSecond };
      return yield { kind: "attention", row };
    }
    case "product": {
      const { product: { labels, shape: { M, N, K } }, ms } = event;
      const label = labels.join(", ");
      for (const variant of ["direct", "tiled"] as const) {
        const flopsPerSecond = 1000 * productFlops(event.product.shape) /
          (ms.get(`weft ${variant}`) ?? NaN);
        yield { kind: "product", row: { label, M, N, K, variant, flopsPerSecond } };
      }
    }
  }
}

function stepOf(
  event: Extract<TrainBenchEvent, { kind: "step" }>,
  { model, batch, seq, batchesBeforeMerging }: Preset,
): Omit<StepResult, "phases"> {
  const { steps, stepMs, gpuMs, tokensPerSecond, flopsPerSecond, matmulFlopsPerSecond } = event;
  return {
    ...{ model: model.name, batch, seq, batches: batchesBeforeMerging },
    ...{ steps, stepMs, gpuMs, tokensPerSecond, flopsPerSecond, matmulFlopsPerSecond },
  };
}

/** Milliseconds of a step, all stages together. */
function phasesOf(times: readonly PhaseTime[]): StepResult["phases"] {
  const msOf = (name: string): number =>
    times.filter(({ phase }) => phase.name === name)
      .reduce((sum, { ms, phase }) => sum + ms * phase.perStep, 0);
  return {
    forward: msOf("forward"),
    loss: msOf("loss"),
    backward: msOf("backward"),
    optimizer: msOf("optimizer"),
  };
}

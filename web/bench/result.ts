/**
 * What the benchmark page has measured: the form in which it is shown, downloaded and sent as a link.
 * A link comes from anybody, so all of it is bounded.
 *
 * @module
 */

import * as v from "valibot";

/** Larger than any figure of any machine, and still exact enough. */
const MOST = 1e21;
const MOST_ROWS = 64;

/** Letters, figures and signs: nothing that hides, or turns the direction of what stands beside it. */
const Text = v.pipe(v.string(), v.maxLength(160), v.regex(/^[\p{L}\p{M}\p{N}\p{P}\p{S} ]*$/u));
const Rate = v.pipe(v.number(), v.finite(), v.minValue(0), v.maxValue(MOST));
const Size = v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(1e12));
const Rows = <Row extends v.GenericSchema>(row: Row) =>
  v.pipe(v.array(row), v.maxLength(MOST_ROWS));

const HashRow = v.object({
  mode: v.picklist([600, 610, 620, 1400, 1410]),
  /** Characters of a password. */
  length: Size,
  variant: v.picklist(["u64", "u32", "wasm"]),
  /** Candidates. */
  perSecond: Rate,
  /** Part of the adapter's integer bound; null without one. */
  share: v.nullable(Rate),
});

const ProductRow = v.object({
  label: Text,
  ...{ M: Size, N: Size, K: Size },
  variant: v.picklist(["direct", "tiled"]),
  flopsPerSecond: Rate,
});

const AttentionRow = v.object({
  ...{ B: Size, T: Size, NH: Size, NKV: Size, HD: Size },
  forwardFlopsPerSecond: Rate,
  backwardFlopsPerSecond: Rate,
});

const BandwidthRow = v.object({ sizeBytes: Size, bytesPerSecond: Rate });

const Step = v.object({
  model: Text,
  ...{ batches: Size, batch: Size, seq: Size, steps: Size },
  ...{ stepMs: Rate, gpuMs: Rate, tokensPerSecond: Rate },
  flopsPerSecond: Rate,
  /** Of the step's own matmul kernel on a product of 512 x 512 x 512. */
  matmulFlopsPerSecond: Rate,
  /** GPU time of a step by phase, all stages together, in milliseconds. */
  phases: v.object({ forward: Rate, loss: Rate, backward: Rate, optimizer: Rate }),
});

/** See the module. */
export const ResultSchema = v.object({
  /** Of this form. */
  version: v.literal(1),
  /** When the run was started, in milliseconds since 1970. */
  startedMs: v.pipe(v.number(), v.safeInteger(), v.minValue(1.6e12), v.maxValue(4.1e12)),
  browser: Text,
  /** Of the processor. */
  cores: Size,
  /** Of which each figure is the median. */
  rounds: Size,
  /** Null without WebGPU. */
  adapter: v.nullable(v.object({ name: Text, isSoftware: v.boolean() })),
  /** What the adapter does at most, of 32-bit integers and of f32; null if it was not measured. */
  bounds: v.object({
    operationsPerSecond: v.nullable(Rate),
    flopsPerSecond: v.nullable(Rate),
  }),
  hashes: Rows(HashRow),
  products: Rows(ProductRow),
  attention: Rows(AttentionRow),
  bandwidth: Rows(BandwidthRow),
  step: v.nullable(Step),
});

/** See the module. */
export type Result = v.InferOutput<typeof ResultSchema>;
/** A rate of password searches. */
export type HashRow = Result["hashes"][number];
/** A rate of a matrix product. */
export type ProductRow = Result["products"][number];
/** Rates of an attention. */
export type AttentionRow = Result["attention"][number];
/** A rate of copies. */
export type BandwidthRow = Result["bandwidth"][number];
/** A training step. */
export type StepResult = NonNullable<Result["step"]>;

/** What the worker tells: a part of a result. */
export type Finding =
  | { readonly kind: "adapter"; readonly adapter: NonNullable<Result["adapter"]> }
  | { readonly kind: "bounds"; readonly bounds: Partial<Result["bounds"]> }
  | { readonly kind: "hash"; readonly row: HashRow }
  | { readonly kind: "product"; readonly row: ProductRow }
  | { readonly kind: "attention"; readonly row: AttentionRow }
  | { readonly kind: "bandwidth"; readonly row: BandwidthRow }
  | { readonly kind: "step"; readonly step: StepResult };

/** A result before the first finding. */
export function emptyResult(
  run: Pick<Result, "startedMs" | "browser" | "cores" | "rounds">,
): Result {
  return {
    ...{ version: 1, ...run, adapter: null, step: null },
    bounds: { operationsPerSecond: null, flopsPerSecond: null },
    ...{ hashes: [], products: [], attention: [], bandwidth: [] },
  };
}

/** The result with one finding more. */
export function withFinding(result: Result, finding: Finding): Result {
  switch (finding.kind) {
    case "adapter":
      return { ...result, adapter: finding.adapter };
    case "bounds":
      return { ...result, bounds: { ...result.bounds, ...finding.bounds } };
    case "hash":
      return { ...result, hashes: [...result.hashes, finding.row] };
    case "product":
      return { ...result, products: [...result.products, finding.row] };
    case "attention":
      return { ...result, attention: [...result.attention, finding.row] };
    case "bandwidth":
      return { ...result, bandwidth: [...result.bandwidth, finding.row] };
    case "step":
      return { ...result, step: finding.step };
  }
}

/** Whether there is a figure in it. */
export function isEmpty({ hashes, products, attention, bandwidth, step }: Result): boolean {
  return step === null &&
    [hashes, products, attention, bandwidth].every(({ length }) => length === 0);
}

/**
 * The lines that the published miner script prints, written and read.
 *
 * Source: neuralinternet/compute-subnet v1.8.3, `neurons/Validator/miner_script_m_merkletree.py`, which
 * prints, and `parse_benchmark_output` and `parse_merkle_output` of `pog.py`.
 *
 * @module
 */

import * as v from "valibot";
import { WeftError } from "../../errors.ts";
import { type JsonStyle, PythonFloat, pythonJson } from "../../formats/python_json.ts";

/** What the benchmark measured. Times are of one product of n × n, in seconds. */
export interface BenchmarkResult {
  readonly gpuCount: number;
  readonly vramGb: number;
  readonly fp16Size: number;
  /** Undefined where the adapter has no f16 arithmetic: f32 only. */
  readonly fp16Seconds: number | undefined;
  readonly fp32Size: number;
  readonly fp32Seconds: number;
}

/** How long the steps of one product took, in seconds, under the names of the published script. */
export interface ProofTimings {
  readonly generation_time: number;
  readonly n: number;
  readonly multiplication_time: number;
  readonly transfer_back_time: number;
  readonly merkle_tree_time: number;
}

/** What one GPU claims after the product. */
export interface ProofClaim {
  readonly gpu: number;
  /** Of the Merkle tree, in hex. */
  readonly root: string;
  readonly timings: ProofTimings;
}

const ROOTS = "Root hashes: ";
const TIMINGS = "Timings: ";
/** `json.dumps` as the script calls it. */
const PLAIN: JsonStyle = { sorted: false, ascii: true, compact: false };

/** `gpu_info` as printed: JSON, indented by two. */
export function gpuInfoText(names: readonly string[]): string {
  const indented = (lines: readonly string[]): string =>
    lines.length === 0 ? "[]" : `[\n${lines.map((line) => `    ${line}`).join(",\n")}\n  ]`;
  const quoted = names.map((name) => pythonJson(name, PLAIN));
  return `{\n  "num_gpus": ${names.length},\n  "gpu_names": ${indented(quoted)}\n}`;
}

/**
 * The benchmark's line. A time that was not measured is `nan`, as Python writes and reads it: no
 * number stands in for it.
 */
export function benchmarkLine(result: BenchmarkResult): string {
  const { gpuCount, vramGb, fp16Size, fp16Seconds, fp32Size, fp32Seconds } = result;
  const time16 = fp16Seconds === undefined ? "nan" : fp16Seconds.toFixed(6);
  return `${gpuCount} ${vramGb.toFixed(2)} ${fp16Size} ${time16} ${fp32Size} ` +
    fp32Seconds.toFixed(6);
}

const BENCHMARK_LINE =
  /^(\d{1,4}) (\d{1,6}\.\d{2}) (\d{1,7}) (nan|\d{1,9}\.\d{6}) (\d{1,7}) (\d{1,9}\.\d{6})\n?$/;

/**
 * Reads a benchmark's line.
 * @throws {WeftError} if it is none
 */
export function parseBenchmarkLine(line: string): BenchmarkResult {
  const found = BENCHMARK_LINE.exec(line);
  if (!found) throw unreadable("a benchmark's line", line);
  const [gpuCount, vramGb, fp16Size, fp16Seconds, fp32Size, fp32Seconds] = found.slice(1)
    .map(Number);
  return {
    gpuCount,
    vramGb,
    fp16Size,
    fp16Seconds: Number.isNaN(fp16Seconds) ? undefined : fp16Seconds,
    fp32Size,
    fp32Seconds,
  };
}

/** The two lines after the products, without a newline at the end. */
export function computeLines(claims: readonly ProofClaim[]): string {
  const roots = claims.map(({ gpu, root }) => [gpu, root]);
  const timings = claims.map(({ gpu, timings: t }) => [gpu, {
    generation_time: new PythonFloat(t.generation_time),
    n: t.n,
    multiplication_time: new PythonFloat(t.multiplication_time),
    transfer_back_time: new PythonFloat(t.transfer_back_time),
    merkle_tree_time: new PythonFloat(t.merkle_tree_time),
  }]);
  return `${ROOTS}${pythonJson(roots, PLAIN)}\n${TIMINGS}${pythonJson(timings, PLAIN)}`;
}

const gpuNumber = v.pipe(v.number(), v.integer(), v.minValue(0));
const seconds = v.pipe(v.number(), v.finite(), v.minValue(0));
const rootsSchema = v.array(
  v.strictTuple([gpuNumber, v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))]),
);
const timingsSchema = v.array(v.strictTuple([
  gpuNumber,
  v.object({
    generation_time: seconds,
    n: v.pipe(v.number(), v.integer(), v.minValue(1)),
    multiplication_time: seconds,
    transfer_back_time: seconds,
    merkle_tree_time: seconds,
  }),
]));

/**
 * Reads what `computeLines` writes; other lines are passed over, as upstream does.
 * @throws {WeftError} if a line lacks, comes twice or cannot be read, or the two lines disagree on
 *   which GPUs there are
 */
export function parseComputeLines(text: string): ProofClaim[] {
  const roots = readLine(text, ROOTS, rootsSchema);
  const timings = new Map(readLine(text, TIMINGS, timingsSchema));
  const gpus = new Set(roots.map(([gpu]) => gpu));
  const claims = roots.flatMap(([gpu, root]) => {
    const own = timings.get(gpu);
    return own ? [{ gpu, root, timings: own }] : [];
  });
  if (gpus.size !== roots.length || claims.length !== roots.length || timings.size !== gpus.size) {
    throw unreadable("a root hash and timings for each GPU", text);
  }
  return claims;
}

function readLine<Schema extends v.GenericSchema>(
  text: string,
  opening: string,
  schema: Schema,
): v.InferOutput<Schema> {
  const lines = text.split("\n").filter((line) => line.startsWith(opening));
  if (lines.length !== 1) throw unreadable(`one line that opens with "${opening}"`, text);
  try {
    const parsed = v.safeParse(schema, JSON.parse(lines[0].slice(opening.length)));
    if (parsed.success) return parsed.output;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw unreadable(`the published form after "${opening}"`, lines[0]);
}

function unreadable(expected: string, got: string): WeftError {
  const shown = got.length > 60 ? `${got.slice(0, 60)}…` : got;
  return new WeftError(`a proof of GPU says ${JSON.stringify(shown)}, expected ${expected}`);
}

/**
 * A run on disk: one safetensors file with every stage's parameters and moments in f32 or as they
 * are stored, the step counts, the position in the corpus and what the run was started with.
 *
 * @module
 */
import * as v from "valibot";
import { UsageError, WeftError } from "../errors.ts";
import {
  bfloat16Tensor,
  float32Tensor,
  type HostTensor,
  tensorToFloat32,
} from "../formats/dtype.ts";
import {
  readSafetensorsIndex,
  safetensorsHeader,
  type SafetensorsIndex,
} from "../formats/safetensors.ts";
import type { BlobReader, Storage } from "../host.ts";
import type { ParameterArray, Parameters } from "../model/parameters.ts";
import type { Pipeline } from "../model/pipeline.ts";

const NAME = "checkpoint.safetensors";
const FORMAT = "weft-run-1";

const Whole = v.pipe(v.number(), v.integer(), v.minValue(0));

const State = v.object({
  format: v.literal(FORMAT),
  /** Optimizer steps of the run. */
  step: Whole,
  /** Batches taken from the corpus. */
  position: Whole,
  /** Steps each stage's optimizer has taken: fewer than `step` if one was left out. */
  optimizerSteps: v.array(Whole),
  /** What must be the same to go on; compared as text. */
  identity: v.record(v.string(), v.string()),
});

/** What a checkpoint says besides the tensors. */
export type RunState = Omit<v.InferOutput<typeof State>, "format">;

/** Arrays that, with the step count, are all that a stage goes on from. */
export function savedArrays({ precision }: Parameters): ParameterArray[] {
  return [precision.master ? "master" : "param", "m", "v"];
}

function keyOf(stage: number, array: ParameterArray, name: string): string {
  return `stage.${stage}.${array === "master" ? "param" : array}.${name}`;
}

/**
 * Writes a checkpoint; miners must be idle.
 * @returns its size in bytes
 */
export async function saveCheckpoint(
  storage: Storage,
  pipeline: Pipeline,
  state: RunState,
): Promise<number> {
  const entries = pipeline.stages.flatMap(({ parameters }, stage) =>
    savedArrays(parameters).flatMap((array) =>
      parameters.layout.views.map(({ name, dims }) => ({
        name: keyOf(stage, array, name),
        dtype: parameters.dtypeOf(array) === "bf16" ? "bf16" as const : "f32" as const,
        shape: dims,
      }))
    )
  );
  const header = safetensorsHeader(entries, { run: JSON.stringify({ format: FORMAT, ...state }) });
  let sizeBytes = header.length;
  async function* chunks(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    yield header;
    for (const { parameters } of pipeline.stages) {
      for (const array of savedArrays(parameters)) {
        for await (const { view, values } of parameters.read(array)) {
          const bytes = encode(parameters, array, view.dims, values).bytes;
          sizeBytes += bytes.length;
          yield new Uint8Array(bytes);
        }
      }
    }
  }
  await storage.writeBlob(NAME, chunks());
  return sizeBytes;
}

function encode(
  parameters: Parameters,
  array: ParameterArray,
  dims: readonly number[],
  values: Float32Array<ArrayBuffer>,
): HostTensor {
  return parameters.dtypeOf(array) === "bf16"
    ? bfloat16Tensor(dims, values)
    : float32Tensor(dims, values);
}

/**
 * Loads a run's checkpoint into a pipeline.
 * @returns its state, or undefined if there is none
 * @throws {UsageError} if it is of another run: another model, text, batch, …
 * @throws {WeftError} if the file is damaged
 */
export async function loadCheckpoint(
  storage: Storage,
  pipeline: Pipeline,
  identity: Record<string, string>,
): Promise<RunState | undefined> {
  const blob = await storage.openBlob(NAME);
  if (!blob) return undefined;
  try {
    const index = await indexOf(blob);
    const state = stateOf(index);
    checkIdentity(state.identity, identity);
    if (state.optimizerSteps.length !== pipeline.stages.length) throw notOurs();
    await readTensors(blob, index, pipeline);
    pipeline.stages.forEach(({ optimizer }, stage) =>
      optimizer.setStepCount(state.optimizerSteps[stage])
    );
    return state;
  } finally {
    blob.close();
  }
}

/** Name of the model that a run's checkpoint is of, or undefined if there is none. */
export async function checkpointModel(storage: Storage): Promise<string | undefined> {
  const blob = await storage.openBlob(NAME);
  if (!blob) return undefined;
  try {
    return stateOf(await indexOf(blob)).identity.model;
  } finally {
    blob.close();
  }
}

function indexOf(blob: BlobReader): Promise<SafetensorsIndex> {
  return readSafetensorsIndex(blob.sizeBytes, (offset, length) => blob.read(offset, length));
}

function stateOf({ metadata }: SafetensorsIndex): RunState {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), State), metadata.run);
  if (parsed.success) return parsed.output;
  throw notOurs();
}

function notOurs(): WeftError {
  return new WeftError(
    `${NAME} in the run folder is no checkpoint of this version of Weft: ` +
      `choose another folder with --run.dir`,
  );
}

function checkIdentity(found: Record<string, string>, wanted: Record<string, string>): void {
  for (const [key, value] of Object.entries(wanted)) {
    if (found[key] === value) continue;
    throw new UsageError(
      `the run folder holds a run with ${key} ${found[key] ?? "unknown"}, not ${value}: ` +
        `use the same again, or another folder with --run.dir`,
    );
  }
}

async function readTensors(
  blob: BlobReader,
  { entries, dataStart }: SafetensorsIndex,
  pipeline: Pipeline,
): Promise<void> {
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  for (const [stage, { parameters }] of pipeline.stages.entries()) {
    for (const array of savedArrays(parameters)) {
      for (const view of parameters.layout.views) {
        const key = keyOf(stage, array, view.name);
        const entry = byName.get(key);
        if (!entry || entry.shape.join() !== view.dims.join()) {
          throw new WeftError(
            `${NAME} lacks tensor ${key} of shape ${view.dims.join(" x ")}: the file is damaged; ` +
              `choose another folder with --run.dir`,
          );
        }
        const { dtype, shape, begin, end } = entry;
        const bytes = await blob.read(dataStart + begin, end - begin);
        const values = tensorToFloat32({ dtype, shape, bytes });
        if (array === "m" || array === "v") parameters.write(array, view, values);
        else parameters.writeParameter(view, values);
      }
    }
  }
}

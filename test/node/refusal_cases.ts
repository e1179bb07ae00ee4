/**
 * A run folder that holds something else, or something broken: it is named in one line, and left
 * as it is.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { UsageError, WeftError } from "../../core/errors.ts";
import { float32Tensor, type HostTensor } from "../../core/formats/dtype.ts";
import { readSafetensors, safetensorsHeader } from "../../core/formats/safetensors.ts";
import { openGpu } from "../../core/gpu/gpu.ts";
import { Pipeline } from "../../core/model/pipeline.ts";
import { checkpointModel, loadCheckpoint, saveCheckpoint } from "../../core/node/checkpoint.ts";
import type { TrainSettings } from "../../core/node/settings.ts";
import { MemoryHost, MemoryStorage } from "../harness/memory_host.ts";
import { TEST_TUNING } from "../model/device_pipeline.ts";
import { tinyModel } from "../model/tiny_model.ts";
import { shared } from "../model/shared.ts";
import { B, CHECKPOINT, ofKind, runNode, T, tinyText, unbrokenRun } from "./setup.ts";

const IDENTITY = { model: "tiny", seed: "7" };
const STATE = { step: 3, position: 6, optimizerSteps: [3, 2, 3], identity: IDENTITY };

let opened: Promise<Pipeline> | undefined;

/** Stages to save and to load into; made once, and not before the first test runs. */
function openPipeline(): Promise<Pipeline> {
  opened ??= openGpu({ gpu: shared.entry(), backend: "test" }).then((gpu) =>
    Pipeline.create(gpu, {
      ...{ model: tinyModel(), batch: B, seq: T, seed: 1, slots: 1 },
      ...{ precision: "f32", tuning: TEST_TUNING },
    })
  );
  return opened;
}

async function savedBytes(): Promise<Uint8Array<ArrayBuffer>> {
  const storage = new MemoryStorage();
  await saveCheckpoint(storage, await openPipeline(), STATE);
  return storage.blobs.get(CHECKPOINT) ?? new Uint8Array();
}

/** A checkpoint with other metadata or tensors. */
async function rewritten(
  change: (tensors: Map<string, HostTensor>, metadata: Record<string, string>) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const file = readSafetensors(await savedBytes());
  const [tensors, metadata] = [new Map(file.tensors), { ...file.metadata }];
  change(tensors, metadata);
  const entries = [...tensors].map(([name, { dtype, shape }]) => ({ name, dtype, shape }));
  const parts = [safetensorsHeader(entries, metadata)];
  for (const { bytes } of tensors.values()) parts.push(new Uint8Array(bytes));
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/** A copy of the run's state with other fields. */
function stateWith(changes: Record<string, unknown>): string {
  return JSON.stringify({ format: "weft-run-1", ...STATE, ...changes });
}

/** Asserts that loading these bytes fails in one line, without a change to the storage. */
async function assertRefused(bytes: Uint8Array<ArrayBuffer>, pattern: RegExp): Promise<void> {
  const storage = new MemoryStorage();
  storage.blobs.set(CHECKPOINT, bytes.slice());
  const error = await loadCheckpoint(storage, await openPipeline(), IDENTITY)
    .catch((error: unknown) => error);
  assert.instanceOf(error, WeftError, `${bytes.length} bytes`);
  assert.match(String(error), pattern);
  assert.notInclude(String(error), "\n");
  assert.deepEqual(storage.blobs.get(CHECKPOINT), bytes);
}

test("a saved checkpoint is loaded with its state", async () => {
  const storage = new MemoryStorage();
  const pipeline = await openPipeline();
  const sizeBytes = await saveCheckpoint(storage, pipeline, STATE);
  assert.equal(storage.blobs.get(CHECKPOINT)?.length, sizeBytes);
  assert.deepInclude(await loadCheckpoint(storage, pipeline, IDENTITY), STATE);
  const steps = await Promise.all(pipeline.stages.map(({ optimizer }) => optimizer.stepCount()));
  assert.deepEqual(steps, [3, 2, 3]);
  assert.equal(await checkpointModel(storage), "tiny");
});

test("without a checkpoint there is no state and no model", async () => {
  assert.isUndefined(await loadCheckpoint(new MemoryStorage(), await openPipeline(), IDENTITY));
  assert.isUndefined(await checkpointModel(new MemoryStorage()));
});

test("a checkpoint that was cut anywhere is refused", async () => {
  const bytes = await savedBytes();
  const header = bytes.length - 100;
  for (const length of [0, 1, 7, 8, 9, 100, 1000, bytes.length >> 1, header, bytes.length - 1]) {
    await assertRefused(bytes.slice(0, length), /\.safetensors|safetensors|cut|short|bytes/i);
  }
});

test("a checkpoint with something behind its end is refused", async () => {
  const bytes = await savedBytes();
  const longer = new Uint8Array(bytes.length + 1);
  longer.set(bytes);
  await assertRefused(longer, /./);
});

test("bytes that are no safetensors are refused", async () => {
  await assertRefused(new Uint8Array(10_000).fill(0x20), /./);
  await assertRefused(new Uint8Array(10_000).fill(0xff), /./);
});

const STRANGE_STATES: [string, (metadata: Record<string, string>) => void][] = [
  ["no metadata", (metadata) => delete metadata.run],
  ["metadata that is no JSON", (metadata) => metadata.run = "{"],
  ["another format", (metadata) => metadata.run = stateWith({ format: "weft-run-9" })],
  ["a negative step", (metadata) => metadata.run = stateWith({ step: -1 })],
  ["no position", (metadata) => metadata.run = stateWith({ position: undefined })],
  ["no identity", (metadata) => metadata.run = stateWith({ identity: undefined })],
  ["a stage without step count", (metadata) => metadata.run = stateWith({ optimizerSteps: [3] })],
];

for (const [what, change] of STRANGE_STATES) {
  test(`a checkpoint with ${what} is refused as one of another version`, async () => {
    const bytes = await rewritten((_, metadata) => change(metadata));
    await assertRefused(bytes, /no checkpoint of this version.*--run\.dir/);
  });
}

test("a checkpoint that lacks a tensor is refused with the tensor's name", async () => {
  const name = "stage.1.m.trf_blocks.0.norm1.weight";
  await assertRefused(await rewritten((tensors) => tensors.delete(name)), new RegExp(name));
});

test("a checkpoint with a tensor of another shape is refused with the tensor's name", async () => {
  const name = "stage.2.v.final_norm.weight";
  const bytes = await rewritten((tensors) => {
    tensors.set(name, float32Tensor([4, 4], new Float32Array(16)));
  });
  await assertRefused(bytes, new RegExp(name));
});

test("a checkpoint of another run is a UsageError that names both sides", async () => {
  const storage = new MemoryStorage();
  await saveCheckpoint(storage, await openPipeline(), STATE);
  const wanted = { ...IDENTITY, seed: "8" };
  const error = await loadCheckpoint(storage, await openPipeline(), wanted)
    .catch((error: unknown) => error);
  assert.instanceOf(error, UsageError);
  assert.match(String(error), /seed 7, not 8/);
});

test("a write that fails keeps the checkpoint that was there", async () => {
  const storage = new MemoryStorage();
  await saveCheckpoint(storage, await openPipeline(), STATE);
  const before = storage.copy();
  const gone = new Proxy(await openPipeline(), {
    get: (target, key): unknown =>
      key === "stages"
        ? target.stages.map(({ optimizer, parameters }) => ({
          optimizer,
          parameters: new Proxy(parameters, {
            get: (own, name): unknown =>
              name === "read" ? failingRead : Reflect.get(own, name, own),
          }),
        }))
        : Reflect.get(target, key, target),
  });
  const error = await saveCheckpoint(storage, gone, STATE).catch((error: unknown) => error);
  assert.match(String(error), /the device is gone/);
  assert.deepEqual(storage, before);
});

function failingRead(): never {
  throw new Error("the device is gone");
}

const OTHER_RUNS: [string, Partial<TrainSettings>, RegExp][] = [
  ["seed", { seed: 8 }, /seed 7, not 8/],
  ["batch", { batch: 1 }, /batch 2, not 1/],
  ["seq", { seq: 4 }, /seq 8, not 4/],
  ["number of batches", { batchesBeforeMerging: 3 }, /batches before merging 2, not 3/],
  ["precision", { precision: "bf16" }, /precision f32, not bf16/],
  ["model", presetOf({ name: "other" }), /model tiny, not other/],
  ["size of the same model", presetOf({ H: 20 }), /sizes .*"H":24.*, not .*"H":20/],
];

function presetOf(changes: Parameters<typeof tinyModel>[0]): Partial<TrainSettings> {
  const preset = { batch: B, seq: T, batchesBeforeMerging: 2, learningRate: 1e-2 };
  return { model: { ...preset, model: tinyModel(changes) } };
}

for (const [what, settings, pattern] of OTHER_RUNS) {
  test(`resuming with another ${what} is a UsageError, and the storage is left alone`, async () => {
    const before = (await unbrokenRun()).storage;
    const host = new MemoryHost(shared, before.copy());
    const { failure, events } = await runNode(host, { settings });
    assert.instanceOf(failure, UsageError);
    assert.match(String(failure), pattern);
    assert.notInclude(String(failure), "\n");
    assert.deepEqual(host.storage, before);
    assert.isEmpty(events);
  });
}

test("resuming with another text is a UsageError, and the storage is left alone", async () => {
  const before = (await unbrokenRun()).storage;
  const host = new MemoryHost(shared, before.copy());
  const { failure } = await runNode(host, { text: tinyText(2) });
  assert.instanceOf(failure, UsageError);
  assert.match(String(failure), /holds a run with text 144 \+ 32 tokens, hash \w+, not 144/);
  assert.deepEqual(host.storage, before);
});

test("a node with a cut checkpoint ends with one line, and the storage is left alone", async () => {
  const before = (await unbrokenRun()).storage.copy();
  const bytes = before.blobs.get(CHECKPOINT) ?? new Uint8Array();
  before.blobs.set(CHECKPOINT, bytes.slice(0, bytes.length - 10));
  const host = new MemoryHost(shared, before.copy());
  const { failure, events } = await runNode(host);
  assert.instanceOf(failure, WeftError);
  assert.notInclude(String(failure), "\n");
  assert.isEmpty(events);
  assert.deepEqual(host.storage, before);
});

test("a run goes on with another learning rate and other stages that train", async () => {
  const host = new MemoryHost(shared, (await unbrokenRun()).storage.copy());
  const settings = { steps: 7, learningRate: 1e-3, stages: [1] };
  const { events, failure } = await runNode(host, { settings });
  assert.isUndefined(failure);
  assert.deepEqual(ofKind(events, "step").map(({ step }) => step), [7]);
});

for (const stages of [[3], [-1], [0, 1.5]]) {
  test(`training stages ${stages} of a model of three is a UsageError`, async () => {
    const { failure } = await runNode(new MemoryHost(shared), { settings: { stages } });
    assert.instanceOf(failure, UsageError);
    assert.match(String(failure), /--stages: model tiny has no stage .* expected some of 0, 1, 2/);
  });
}

test("a text too short for one batch is a UsageError before anything is written", async () => {
  const { corpus: { training, validation }, tokenizer } = tinyText();
  for (
    const corpus of [
      { training: training.subarray(0, B * T - 1), validation },
      { training, validation: validation.subarray(0, B * T - 1) },
    ]
  ) {
    const host = new MemoryHost(shared);
    const { failure } = await runNode(host, { text: { corpus, tokenizer } });
    assert.instanceOf(failure, UsageError);
    assert.deepEqual(host.storage, new MemoryStorage());
  }
});

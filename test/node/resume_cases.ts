/**
 * A run that was interrupted goes on as if it had not been.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import type { NodeEvent } from "../../core/node/events.ts";
import { MemoryHost } from "../harness/memory_host.ts";
import { shared } from "../model/shared.ts";
import {
  CHECKPOINT,
  checkpointTensors,
  METRICS,
  ofKind,
  outcomes,
  runNode,
  tinyText,
  unbrokenRun,
} from "./setup.ts";

function stepOf(record: unknown): unknown {
  return typeof record === "object" && record !== null && "step" in record ? record.step : record;
}

test("a run tells its start, each step, its checkpoints and its end in order", async () => {
  const { events } = await unbrokenRun();
  assert.deepEqual(events.map(({ kind }) => kind), [
    "started",
    ...["step", "step", "checkpoint", "step", "step", "checkpoint", "step", "step", "checkpoint"],
    "finished",
  ]);
  assert.deepEqual(ofKind(events, "checkpoint").map(({ step }) => step), [2, 4, 6]);
  const validated = ofKind(events, "step").filter((event) => event.validationLoss !== undefined);
  assert.deepEqual(validated.map(({ step }) => step), [3, 6]);
});

test("the first event says what is trained and what tables reach on the same text", async () => {
  const { events } = await unbrokenRun();
  const [started] = ofKind(events, "started");
  assert.deepInclude(started, {
    ...{ model: "tiny", step: 0, steps: 6, batch: 2, seq: 8, batchesBeforeMerging: 2 },
    ...{ learningRate: 1e-2, precision: "f32" },
  });
  // About what four tokens that come equally often have.
  assert.closeTo(started.unigramLoss, Math.log(4), 0.1);
  assert.isAbove(started.bigramLoss, 0);
});

test("the last event has a validation loss and a text that begins with the prompt", async () => {
  const { events } = await unbrokenRun();
  const [finished] = ofKind(events, "finished");
  assert.deepInclude(finished, { step: 6, stopped: false });
  assert.isAbove(finished.validationLoss ?? NaN, 0);
  const prompt = tinyText().tokenizer.encode("The whale");
  assert.isTrue(finished.sample.startsWith([...prompt].join(" ")));
});

test("the same run twice gives the same numbers and the same checkpoint", async () => {
  const first = await unbrokenRun();
  const second = new MemoryHost(shared);
  const { events } = await runNode(second);
  assert.deepEqual(outcomes(events), outcomes(first.events));
  assert.deepEqual(second.storage.blobs.get(CHECKPOINT), first.storage.blobs.get(CHECKPOINT));
});

for (const precision of ["f32", "bf16", "pure-bf16"] as const) {
  test(`a run resumed from its checkpoint gives the losses of an unbroken one (${precision})`, async () => {
    const unbroken = await unbrokenRun(precision);
    const host = new MemoryHost(shared);
    const first = await runNode(host, { settings: { precision, steps: 2 } });
    const second = await runNode(host, { settings: { precision } });
    assert.equal(ofKind(second.events, "started")[0].step, 2);
    const joined = [...outcomes(first.events), ...outcomes(second.events)];
    const expected = outcomes(unbroken.events);
    // The first run ended on step 2, and validated there for that.
    assert.deepEqual(
      joined.map(({ step, loss }) => [step, loss]),
      expected.map(({ step, loss }) => [step, loss]),
    );
    assert.deepEqual(joined.slice(2), expected.slice(2));
    // All of it: weights, moments, step counts and the place in the text.
    assert.deepEqual(host.storage.blobs, unbroken.storage.blobs);
  });
}

test("a run whose steps are done already trains nothing and tells its end", async () => {
  const host = new MemoryHost(shared);
  await runNode(host, { settings: { steps: 2 } });
  const before = host.storage.copy();
  const { events } = await runNode(host, { settings: { steps: 2 } });
  assert.deepEqual(events.map(({ kind }) => kind), ["started", "finished"]);
  assert.deepEqual(host.storage, before);
});

test("an abort ends the run with a checkpoint of the last step, and says that it was stopped", async () => {
  const host = new MemoryHost(shared);
  const { events, failure } = await runNode(host, {
    onEvent: (event) => event.kind === "step" && event.step === 3,
  });
  assert.isUndefined(failure);
  const finished = events.at(-1);
  assert.deepInclude(finished, { kind: "finished", stopped: true });
  const lastStep = ofKind(events, "step").at(-1)?.step;
  assert.equal(ofKind(events, "checkpoint").at(-1)?.step, lastStep);
  assert.deepInclude(finished, { step: lastStep });
});

test("a run aborted between two checkpoints and resumed gives the losses of an unbroken one", async () => {
  const unbroken = await unbrokenRun();
  const host = new MemoryHost(shared);
  const first = await runNode(host, {
    onEvent: (event) => event.kind === "step" && event.step === 3,
  });
  const second = await runNode(host);
  assert.deepEqual(
    [...outcomes(first.events), ...outcomes(second.events)],
    outcomes(unbroken.events),
  );
});

test("an abort before the first step writes nothing", async () => {
  const host = new MemoryHost(shared);
  const { events } = await runNode(host, { onEvent: ({ kind }) => kind === "started" });
  assert.deepInclude(events.at(-1), { kind: "finished", step: 0, stopped: true });
  assert.equal(host.storage.blobs.size, 0);
});

test("an abort while a checkpoint was just written writes none again", async () => {
  const host = new MemoryHost(shared);
  const { events } = await runNode(host, { onEvent: ({ kind }) => kind === "checkpoint" });
  assert.deepEqual(ofKind(events, "checkpoint").map(({ step }) => step), [2]);
  assert.deepInclude(events.at(-1), { kind: "finished", step: 2, stopped: true });
});

test("records of steps after the checkpoint are taken again, not twice", async () => {
  const host = new MemoryHost(shared);
  // Killed after step 3: the checkpoint is of step 2, the record of step 3 is there.
  let left = host.storage;
  await runNode(host, {
    onEvent: (event) => {
      if (event.kind !== "step" || event.step !== 3) return false;
      left = host.storage.copy();
      return true;
    },
  });
  assert.deepEqual((await left.readRecords(METRICS)).map(stepOf), [1, 2, 3]);
  const again = new MemoryHost(shared, left);
  await runNode(again);
  assert.deepEqual((await left.readRecords(METRICS)).map(stepOf), [1, 2, 3, 4, 5, 6]);
});

test("each step's event is what its record holds", async () => {
  const { events, storage } = await unbrokenRun();
  const expected: unknown = JSON.parse(JSON.stringify(ofKind(events, "step")));
  assert.deepEqual(await storage.readRecords(METRICS), expected);
});

test("stages that do not train have the same weights in every checkpoint", async () => {
  const host = new MemoryHost(shared);
  const seen: Map<string, Uint8Array>[] = [];
  await runNode(host, {
    settings: { stages: [2], steps: 4 },
    onEvent: (event: NodeEvent) => {
      if (event.kind === "checkpoint") seen.push(checkpointTensors(host.storage));
    },
  });
  const moved = [...seen[0]].filter(([name, bytes]) => !isSame(bytes, seen[1].get(name)))
    .map(([name]) => name);
  const weights = moved.filter((name) => name.includes(".param."));
  assert.isNotEmpty(weights);
  assert.isTrue(weights.every((name) => name.startsWith("stage.2.")));
});

function isSame(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return b !== undefined && a.length === b.length && a.every((byte, index) => byte === b[index]);
}

/**
 * Steps whose gradient or loss is NaN: left out, told, and not more than two in a row.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { UsageError, WeftError } from "../../core/errors.ts";
import type { NodeEvent } from "../../core/node/events.ts";
import { MemoryHost } from "../harness/memory_host.ts";
import { shared } from "../model/shared.ts";
import { checkpointTensors, METRICS, ofKind, runNode, type RunOptions } from "./setup.ts";

/** With a checkpoint after each step the miners are idle between steps. */
const EVERY_STEP = { checkpointEvery: 1, validateEvery: 100 };

interface PoisonedRun {
  host: MemoryHost;
  events: NodeEvent[];
  failure: unknown;
  /** Tensors of the checkpoint of each step. */
  saved: Map<number, Map<string, Uint8Array>>;
}

/** A run in which one write to the buffers of this label is all NaN, in each of the given steps. */
async function poisonedRun(
  label: string,
  poisonedSteps: readonly number[],
  settings: RunOptions["settings"] = {},
): Promise<PoisonedRun> {
  const host = new MemoryHost(shared);
  const saved: PoisonedRun["saved"] = new Map();
  let armed = poisonedSteps.includes(1);
  host.hooks.onWrite = (to, bytes) => {
    if (!armed || to !== label) return bytes;
    armed = false;
    return bytes.fill(0xff);
  };
  const run = await runNode(host, {
    settings: { ...EVERY_STEP, ...settings },
    onEvent: (event) => {
      if (event.kind !== "checkpoint") return;
      armed = poisonedSteps.includes(event.step + 1);
      saved.set(event.step, checkpointTensors(host.storage));
    },
  });
  return { host, saved, ...run };
}

for (const precision of ["f32", "bf16"] as const) {
  test(`a batch with NaN leaves weights and moments as they were, bit by bit (${precision})`, async () => {
    const { saved, failure } = await poisonedRun("input", [3], { precision, steps: 4 });
    assert.isUndefined(failure);
    assert.deepEqual(saved.get(3), saved.get(2));
    assert.notDeepEqual(saved.get(4), saved.get(3));
  });
}

test("a step that was left out is told with the places of its batches, and training goes on", async () => {
  const { events, host } = await poisonedRun("input", [3]);
  assert.deepEqual(ofKind(events, "skipped"), [{ kind: "skipped", positions: [4, 5], inARow: 1 }]);
  const steps = ofKind(events, "step");
  assert.deepEqual(steps.map(({ step }) => step), [1, 2, 3, 4, 5, 6]);
  assert.deepEqual(steps.map(({ loss }) => Number.isFinite(loss)), [
    ...[true, true, false],
    ...[true, true, true],
  ]);
  assert.isTrue(host.messages.some((message) => /^warn: step 3: .*\(batches 4, 5/.test(message)));
  assert.equal((await host.storage.readRecords(METRICS)).length, 6);
  assert.deepInclude(events.at(-1), { kind: "finished", stopped: false });
});

test("a gradient with NaN in one stage alone leaves that stage as it was, the others step", async () => {
  const { events, saved } = await poisonedRun("output gradient", [3], { steps: 3 });
  assert.equal(ofKind(events, "skipped").length, 1);
  const moved = [...saved.get(3) ?? []].filter(([name, bytes]) =>
    bytes.some((byte, at) => byte !== saved.get(2)?.get(name)?.[at])
  );
  const stages = new Set(moved.map(([name]) => name.split(".")[1]));
  // The first gradient to be written is the body's: body and head are poisoned by it.
  assert.deepEqual([...stages], ["2"]);
});

test("a run resumed after a step that one stage left out gives the unbroken run's losses", async () => {
  const unbroken = await poisonedRun("output gradient", [2], { steps: 3 });
  const first = await poisonedRun("output gradient", [2], { steps: 2 });
  const second = await runNode(first.host, { settings: { ...EVERY_STEP, steps: 3 } });
  const losses = (events: readonly NodeEvent[]): number[] =>
    ofKind(events, "step").map(({ loss }) => loss);
  assert.deepEqual(
    [...losses(first.events), ...losses(second.events)],
    losses(unbroken.events),
  );
});

test("two steps in a row may be left out, and after a good one two more", async () => {
  const { events, failure } = await poisonedRun("input", [1, 2, 4, 5]);
  assert.isUndefined(failure);
  assert.deepEqual(ofKind(events, "skipped").map(({ inARow }) => inARow), [1, 2, 1, 2]);
});

test("the third in a row ends the run in one line, and the last good checkpoint is kept", async () => {
  const { events, failure, saved, host } = await poisonedRun("input", [3, 4, 5]);
  assert.instanceOf(failure, WeftError);
  assert.notInstanceOf(failure, UsageError);
  assert.match(String(failure), /3 steps in a row.*checkpoint is kept.*--lr/);
  assert.notInclude(String(failure), "\n");
  assert.deepEqual(ofKind(events, "skipped").map(({ inARow }) => inARow), [1, 2]);
  assert.deepEqual(checkpointTensors(host.storage), saved.get(2));
  assert.isEmpty(ofKind(events, "finished"));
});

test("a run that ended for NaN goes on from its checkpoint with a lower rate", async () => {
  const { host } = await poisonedRun("input", [2, 3, 4]);
  const { events, failure } = await runNode(host, { settings: { learningRate: 1e-3 } });
  assert.isUndefined(failure);
  assert.isEmpty(ofKind(events, "skipped"));
  assert.deepInclude(events.at(-1), { kind: "finished", step: 6 });
});

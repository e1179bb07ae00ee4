/**
 * The GPU is lost while a node trains.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { WeftError } from "../../core/errors.ts";
import { MemoryHost } from "../harness/memory_host.ts";
import { shared } from "../model/shared.ts";
import { METRICS, ofKind, outcomes, runNode, unbrokenRun } from "./setup.ts";

for (const lostAfter of [1, 3]) {
  test(`a device that seems lost after step ${lostAfter} is opened again, to the same losses`, async () => {
    const unbroken = await unbrokenRun();
    const host = new MemoryHost(shared);
    let isLost = false;
    const { events, failure } = await runNode(host, {
      onEvent: async (event) => {
        if (isLost || event.kind !== "step" || event.step !== lostAfter) return;
        isLost = true;
        await shared.loseStandIns("it fell off the bus");
      },
    });
    assert.isUndefined(failure);
    const [lost] = ofKind(events, "device lost");
    assert.deepEqual(lost, { kind: "device lost", reason: "it fell off the bus" });
    assert.equal(host.opened, 2);
    const from = ofKind(events, "started")[1].step;
    assert.equal(from, 2 * Math.floor(lostAfter / 2));
    const after = outcomes(events.slice(events.indexOf(lost)));
    assert.deepEqual(after, outcomes(unbroken.events).slice(from));
    assert.deepEqual(host.storage.blobs, unbroken.storage.blobs);
    const records = await host.storage.readRecords(METRICS);
    assert.equal(records.length, 6, "steps that were taken again are recorded once");
  });
}

test("losses with new steps between them do not end a run", async () => {
  const host = new MemoryHost(shared);
  const lostAfter = new Set([1, 2, 3, 4, 5]);
  const { events, failure } = await runNode(host, {
    settings: { checkpointEvery: 1 },
    onEvent: async (event) => {
      if (event.kind === "checkpoint" && lostAfter.delete(event.step)) {
        await shared.loseStandIns("gone");
      }
    },
  });
  assert.isUndefined(failure);
  assert.equal(ofKind(events, "device lost").length, 5);
  assert.deepInclude(events.at(-1), { kind: "finished", step: 6 });
});

test("a device that is lost on the same step again and again ends the run in one line", async () => {
  const host = new MemoryHost(shared);
  const { events, failure } = await runNode(host, {
    onEvent: async (event) => {
      if (event.kind === "step" && event.step === 3) await shared.loseStandIns("gone");
    },
  });
  assert.instanceOf(failure, WeftError);
  assert.match(String(failure), /lost 3 times without a new step.*checkpoint is kept/);
  assert.notInclude(String(failure), "\n");
  // The first loss comes after new steps, and counts.
  assert.equal(ofKind(events, "device lost").length, 3);
  assert.isDefined(host.storage.blobs.get("checkpoint.safetensors"));
});

test("a device that is really lost in the middle of a step gives the unbroken run's losses", async () => {
  const unbroken = await unbrokenRun();
  const host = new MemoryHost(shared);
  let submits = 0;
  const tick = host.hooks.onSubmit;
  const { events, failure } = await runNode(host, {
    onEvent: (event) => {
      if (event.kind !== "step" || event.step !== 3 || host.opened > 1) return;
      host.hooks.onSubmit = () => {
        // Some way into the next step, between two of its programs.
        if (++submits === 4) shared.loseDevices();
        return tick?.() ?? true;
      };
    },
  });
  assert.isUndefined(failure);
  const [lost] = ofKind(events, "device lost");
  assert.isAbove(lost.reason.length, 0);
  assert.equal(ofKind(events, "started")[1].step, 2);
  const after = outcomes(events.slice(events.indexOf(lost)));
  assert.deepEqual(after, outcomes(unbroken.events).slice(2));
  assert.deepEqual(host.storage.blobs, unbroken.storage.blobs);
});

test("a device that is really lost while it is measured, each time, ends the run in one line", async () => {
  const host = new MemoryHost(shared);
  host.hooks.onCreateBuffer = () => void shared.loseDevices();
  const { events, failure } = await runNode(host);
  assert.instanceOf(failure, WeftError);
  assert.match(String(failure), /lost 3 times/);
  assert.equal(ofKind(events, "device lost").length, 3);
  assert.isEmpty(ofKind(events, "step"));
});

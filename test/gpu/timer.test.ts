/**
 * GPU time by label, where the adapter grants timestamps.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { Program } from "../../core/gpu/program.ts";
import { createTensor } from "../../core/gpu/tensor.ts";
import { PassTimer } from "../../core/gpu/timer.ts";
import { openTestGpu } from "../ops/device.ts";
import { add } from "./dispatch.ts";

const gpu = await openTestGpu();
const [a, b] = ["a", "b"].map((label) => createTensor(gpu, label, "f32", 1, 4));

async function programs(): Promise<Program[]> {
  return await Promise.all(
    ["forward", "backward"].map((label) => Program.prepare(gpu, label, [add(b, a, 1)])),
  );
}

/** What `collect` must name: nothing where the adapter grants no timestamps. */
function whereGranted(...labels: string[]): string[] {
  return gpu.features.has("timestamp-query") ? labels : [];
}

test("a timer sums the time of passes by label", async () => {
  const timer = new PassTimer(gpu);
  assert.equal(timer.available, gpu.features.has("timestamp-query"));
  const [forward, backward] = await programs();
  for (const program of [forward, backward, forward]) program.run(timer);
  const times = await timer.collect();
  assert.deepEqual([...times.keys()], whereGranted("forward", "backward"));
  for (const milliseconds of times.values()) assert.isAtLeast(milliseconds, 0);
  timer.destroy();
});

test("a timer that was collected starts again from nothing", async () => {
  const timer = new PassTimer(gpu);
  const [forward, backward] = await programs();
  forward.run(timer);
  await timer.collect();
  assert.isEmpty(await timer.collect());
  backward.run(timer);
  assert.deepEqual([...(await timer.collect()).keys()], whereGranted("backward"));
  timer.destroy();
});

test("runEach() times every dispatch under its kernel and label", async () => {
  const timer = new PassTimer(gpu);
  const [forward] = await programs();
  forward.runEach(timer);
  assert.deepEqual([...(await timer.collect()).keys()], whereGranted("add: sum"));
  timer.destroy();
});

test("passes beyond a timer's capacity run untimed", async () => {
  const timer = new PassTimer(gpu, 1);
  const [forward, backward] = await programs();
  forward.run(timer);
  backward.run(timer);
  assert.deepEqual([...(await timer.collect()).keys()], whereGranted("forward"));
  timer.destroy();
});

test("a destroyed timer holds no memory", () => {
  const { bytes, buffers } = gpu.memory;
  new PassTimer(gpu).destroy();
  assert.deepInclude(gpu.memory, { bytes, buffers });
});

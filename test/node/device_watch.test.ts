/**
 * Work that goes on after its GPU was lost, and when it does not.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { WeftError } from "../../core/errors.ts";
import { ComputeError } from "../../core/iota/miner/consequences.ts";
import { DeviceWatch } from "../../core/node/device_watch.ts";
import { failureOf } from "../harness/kept_log.ts";
import { FakeTime } from "../iota/fake_time.ts";

const NEVER = new AbortController().signal;

/** A watch, and the losses it was told of. */
function setUp(): { watch: DeviceWatch; time: FakeTime; losses: string[] } {
  const [time, losses] = [new FakeTime(), new Array<string>()];
  return { watch: new DeviceWatch(time, (reason) => losses.push(reason)), time, losses };
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
}

test("work that ends by itself is done once", async () => {
  const { watch, losses } = setUp();
  let runs = 0;
  await watch.survive(() => Promise.resolve(void runs++), NEVER);
  assert.deepEqual([runs, losses.length], [1, 0]);
});

test("a loss ends the work and begins it anew", async () => {
  const { watch, losses } = setUp();
  let runs = 0;
  await watch.survive((until) => {
    if (++runs === 2) return Promise.resolve();
    const ended = untilAborted(until);
    watch.lost("unplugged");
    return ended;
  }, NEVER);
  assert.deepEqual([runs, losses], [2, ["unplugged"]]);
});

test("a failure just before the loss is told is of the loss", async () => {
  const { watch, time } = setUp();
  let runs = 0;
  const surviving = watch.survive(() => {
    if (++runs === 2) return Promise.resolve();
    return Promise.reject(new ComputeError("mapping failed", { cause: new Error("mapping") }));
  }, NEVER);
  await time.settle();
  watch.lost("unplugged");
  await surviving;
  assert.equal(runs, 2);
});

test("a failure without a loss is thrown as it is, some moments later", async () => {
  const { watch, time } = setUp();
  const error = new ComputeError("wrong", { cause: new RangeError("wrong") });
  const failing = failureOf(watch.survive(() => Promise.reject(error), NEVER));
  await time.pass(1000);
  assert.equal(await failing, error);
});

test("a failure that says what is wrong waits for no loss", async () => {
  const { watch } = setUp();
  const causes = [
    new WeftError("refused"),
    new ComputeError("memory", { cause: new WeftError("memory") }),
  ];
  for (const error of causes) {
    assert.equal(await failureOf(watch.survive(() => Promise.reject(error), NEVER)), error);
  }
});

test("work that hangs on the lost device is left after a while", async () => {
  const { watch, time } = setUp();
  let runs = 0;
  const surviving = watch.survive(
    () => ++runs === 2 ? Promise.resolve() : new Promise(() => {}),
    NEVER,
  );
  watch.lost("unplugged");
  await time.pass(3000);
  await surviving;
  assert.equal(runs, 2);
});

test("three losses without progress end it with advice", async () => {
  const { watch, losses } = setUp();
  const failure = await failureOf(watch.survive((until) => {
    const ended = untilAborted(until);
    watch.lost("unplugged");
    return ended;
  }, NEVER));
  assert.match(String(failure), /lost 3 times .*\(unplugged\): check the driver/);
  assert.equal(losses.length, 3);
});

test("with progress between them any number of losses is survived", async () => {
  const { watch, losses } = setUp();
  let runs = 0;
  await watch.survive((until) => {
    if (++runs === 8) return Promise.resolve();
    const ended = untilAborted(until);
    watch.progressed();
    watch.lost("unplugged");
    return ended;
  }, NEVER);
  assert.equal(losses.length, 7);
});

test("after a stop nothing is begun anew", async () => {
  const { watch } = setUp();
  const stop = new AbortController();
  let runs = 0;
  await watch.survive((until) => {
    runs += 1;
    const ended = untilAborted(until);
    watch.lost("unplugged");
    stop.abort();
    return ended;
  }, stop.signal);
  assert.equal(runs, 1);
});

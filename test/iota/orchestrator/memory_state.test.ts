import { test } from "#test";
import { assert } from "chai";
import { MemoryState } from "../../../core/iota/orchestrator/memory_state.ts";
import { stateCases } from "./state_cases.ts";

const LEASE_MS = 60_000;

/** A state, and the time that it goes by. */
function memory(): { state: MemoryState; pass: (durationMs: number) => void } {
  let nowMs = 1_800_000_000_000;
  const state = new MemoryState({ unixMs: () => nowMs });
  return { state, pass: (durationMs) => void (nowMs += durationMs) };
}

stateCases((name, body) =>
  test(`memory: ${name}`, async () => {
    const { state, pass } = memory();
    await body({
      open: () => Promise.resolve(state),
      leaseMs: LEASE_MS,
      passLease: () => Promise.resolve(pass(LEASE_MS)),
    });
  })
);

test("a lease ends to the millisecond", async () => {
  const { state: { queues }, pass } = memory();
  await queues.add("forward.0", "a");
  await queues.take("forward.0", LEASE_MS);
  pass(LEASE_MS - 1);
  assert.isUndefined(await queues.take("forward.0", LEASE_MS));
  pass(1);
  assert.equal((await queues.take("forward.0", LEASE_MS))?.id, "a");
});

test("leases that were taken for different times end in the order of their ends", async () => {
  const { state: { queues }, pass } = memory();
  await queues.add("forward.0", "long");
  await queues.add("forward.0", "short");
  await queues.take("forward.0", 1000);
  await queues.take("forward.0", 10);
  pass(10);
  assert.deepEqual(await queues.count("forward.0"), { waiting: 1, leased: 1 });
  assert.equal((await queues.take("forward.0", 10))?.id, "short");
  pass(990);
  assert.equal((await queues.take("forward.0", 10))?.id, "long");
});

test("an id may be queued again some minutes after it was done, and after a clear", async () => {
  const { state: { queues }, pass } = memory();
  await queues.add("forward.0", "done");
  await queues.add("forward.0", "cleared");
  const lease = await queues.take("forward.0", LEASE_MS);
  await queues.acknowledge("forward.0", lease?.token ?? "");
  await queues.clear("forward.0");
  pass(119_999);
  await queues.add("forward.0", "done");
  await queues.add("forward.0", "cleared");
  assert.deepEqual(await queues.count("forward.0"), { waiting: 0, leased: 0 });
  pass(1);
  await queues.add("forward.0", "done");
  await queues.add("forward.0", "cleared");
  assert.deepEqual(await queues.count("forward.0"), { waiting: 2, leased: 0 });
});

test("an id that waits for hours is not queued again", async () => {
  const { state: { queues }, pass } = memory();
  await queues.add("forward.0", "a");
  pass(36_000_000);
  await queues.add("forward.0", "a");
  assert.deepEqual(await queues.count("forward.0"), { waiting: 1, leased: 0 });
});

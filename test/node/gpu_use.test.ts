import { test } from "#test";
import { assert } from "chai";
import { GpuTurns } from "../../core/node/gpu_turns.ts";
import { GpuUse } from "../../core/node/gpu_use.ts";
import { FakeClock } from "../harness/memory_host.ts";

const IDLE = { training: 0, challenge: 0, sandbox: 0, proof: 0 };

function setup(): { clock: FakeClock; use: GpuUse } {
  const clock = new FakeClock();
  return { clock, use: new GpuUse(clock) };
}

test("a job's share is the part of the time in which it had work", async () => {
  const { clock, use } = setup();
  await use.during("training", () => Promise.resolve(clock.advance(30)));
  clock.advance(70);
  assert.deepEqual(use.read(), { ...IDLE, training: 0.3 });
});

test("work that is still under way counts, and goes on counting after a reading", async () => {
  const { clock, use } = setup();
  const end = Promise.withResolvers<void>();
  const work = use.during("challenge", () => end.promise);
  clock.advance(50);
  assert.deepEqual(use.read(), { ...IDLE, challenge: 1 });
  clock.advance(10);
  end.resolve();
  await work;
  clock.advance(30);
  assert.deepEqual(use.read(), { ...IDLE, challenge: 0.25 });
});

test("pieces of one job that overlap count once, those of two jobs for each", async () => {
  const { clock, use } = setup();
  const ends = Array.from({ length: 3 }, () => Promise.withResolvers<void>());
  const works = ends.map(({ promise }, index) =>
    use.during(index < 2 ? "training" : "proof", () => promise)
  );
  clock.advance(40);
  for (const { resolve } of ends) resolve();
  await Promise.all(works);
  clock.advance(40);
  assert.deepEqual(use.read(), { ...IDLE, training: 0.5, proof: 0.5 });
});

test("work that fails is over", async () => {
  const { clock, use } = setup();
  const failing = use.during("sandbox", () => Promise.reject(new Error("no")));
  assert.equal(await failing.catch((error: Error) => error.message), "no");
  clock.advance(10);
  assert.deepEqual(use.read(), IDLE);
});

test("a reading at the moment of the one before is no share of nothing", () => {
  const { use } = setup();
  assert.deepEqual(use.read(), IDLE);
});

test("turns count their jobs: slices of training, challenges, and what else goes first", async () => {
  const { clock, use } = setup();
  const turns = new GpuTurns(use);
  const pass = (): Promise<void> => Promise.resolve(clock.advance(10));
  await turns.slice(Promise.resolve(), pass).result;
  await turns.challenge(pass);
  await turns.challenge(pass, "sandbox");
  await turns.challenge(pass, "proof");
  assert.deepEqual(use.read(), { training: 0.25, challenge: 0.25, sandbox: 0.25, proof: 0.25 });
});

import { test } from "#test";
import { assert } from "chai";
import { GpuTurns } from "../../core/node/gpu_turns.ts";
import { TurnTakingTrainer } from "../../core/node/turn_taking_trainer.ts";
import { float32Tensor, type HostTensor } from "../../core/formats/dtype.ts";
import type { Trainer } from "../../core/iota/miner/trainer.ts";
import { overriding } from "../harness/shared_gpu.ts";
import { FakeTrainer } from "../iota/miner/fake_trainer.ts";

const TENSOR = float32Tensor([1], new Float32Array(1));

/** Lets everything happen that waits for nothing. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
}

/** A trainer that notes which of its calls have begun; `forward` may be told to fail. */
function notingTrainer(begun: string[]): Trainer {
  return overriding<Trainer>(new FakeTrainer([1]), {
    forward: (uid): Promise<HostTensor> => {
      begun.push(uid);
      return uid === "bad" ? Promise.reject(new Error("bad")) : Promise.resolve(TENSOR);
    },
    backward: (uid): Promise<HostTensor> => {
      begun.push(`back ${uid}`);
      return Promise.resolve(TENSOR);
    },
  });
}

test("without a challenge training goes on at once", async () => {
  const begun: string[] = [];
  const trainer = new TurnTakingTrainer(notingTrainer(begun), new GpuTurns());
  await trainer.forward("a", TENSOR);
  assert.deepEqual(begun, ["a"]);
});

test("a challenge begins at once, and training waits until the last one is done", async () => {
  const turns = new GpuTurns();
  const begun: string[] = [];
  const trainer = new TurnTakingTrainer(notingTrainer(begun), turns);
  const ends = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const challenges = ends.map(({ promise }) => turns.challenge(() => promise));
  assert.isTrue(turns.isTaken);
  const forward = trainer.forward("a", TENSOR);
  await settle();
  ends[0].resolve();
  await settle();
  assert.isEmpty(begun);
  ends[1].resolve();
  await Promise.all([...challenges, forward]);
  assert.deepEqual(begun, ["a"]);
});

test("calls that waited begin in their order", async () => {
  const turns = new GpuTurns();
  const begun: string[] = [];
  const trainer = new TurnTakingTrainer(notingTrainer(begun), turns);
  const end = Promise.withResolvers<void>();
  const challenge = turns.challenge(() => end.promise);
  const calls = [
    trainer.forward("a", TENSOR),
    trainer.backward("a", TENSOR),
    trainer.forward("b", TENSOR),
  ];
  end.resolve();
  await Promise.all([challenge, ...calls]);
  assert.deepEqual(begun, ["a", "back a", "b"]);
});

test("a challenge that comes between two waiting slices goes first", async () => {
  const turns = new GpuTurns();
  const begun: string[] = [];
  const trainer = new TurnTakingTrainer(
    overriding<Trainer>(notingTrainer(begun), {
      forward: (uid) => {
        begun.push(uid);
        if (uid === "a") void turns.challenge(settle).then(() => begun.push("challenge done"));
        return Promise.resolve(TENSOR);
      },
    }),
    turns,
  );
  await Promise.all([trainer.forward("a", TENSOR), trainer.forward("b", TENSOR)]);
  assert.deepEqual(begun, ["a", "challenge done", "b"]);
});

test("a call that fails holds up nobody", async () => {
  const begun: string[] = [];
  const trainer = new TurnTakingTrainer(notingTrainer(begun), new GpuTurns());
  const bad = trainer.forward("bad", TENSOR).catch((error: Error) => error.message);
  await trainer.forward("b", TENSOR);
  assert.equal(await bad, "bad");
});

test("a challenge that fails lets training go on", async () => {
  const turns = new GpuTurns();
  await turns.challenge(() => Promise.reject(new Error("lost"))).catch(() => {});
  assert.isFalse(turns.isTaken);
  await turns.training();
});

test("what waits is slices of training, and challenges but the first", async () => {
  const turns = new GpuTurns();
  const end = Promise.withResolvers<void>();
  const challenges = [1, 2, 3].map(() => turns.challenge(() => end.promise));
  const trainer = new TurnTakingTrainer(notingTrainer([]), turns);
  const slices = ["a", "b"].map((uid) => trainer.forward(uid, TENSOR));
  await settle();
  assert.equal(turns.waiting, 4);
  end.resolve();
  await Promise.all([...challenges, ...slices]);
  assert.equal(turns.waiting, 0);
});

import { test } from "#test";
import { assert } from "chai";
import type { Thread } from "../../../core/host.ts";
import type { SealBatch } from "../../../core/hash/seal_engine.ts";
import { rejection } from "../../gpu/dispatch.ts";
import { checkSeals } from "./check_seals.ts";
import { nobleLoop } from "./noble_loop.ts";
import { NoblePeer } from "./noble_peer.ts";

const BATCH: SealBatch = {
  ...{ boundHash: new Uint8Array(32), endianness: "little", limitWord: 0 },
  ...{ first: 10n, count: 100 },
};

/** A thread that does at once what it is asked, and keeps it. */
class FakeThread implements Thread {
  readonly asked: SealBatch[] = [];
  isStopped = false;
  #tell: (message: unknown) => void = () => {};
  #die: (reason: string) => void = () => {};

  constructor(readonly answer: (batch: SealBatch) => unknown = () => ({ found: undefined })) {}

  post(message: unknown): void {
    // Only batches are posted.
    const batch = message as SealBatch;
    this.asked.push(batch);
    const answer = this.answer(batch);
    if (answer === "death") this.#die("it fell");
    else this.#tell(answer);
  }

  onMessage(listener: (message: unknown) => void): void {
    this.#tell = listener;
  }

  onError(listener: (reason: string) => void): void {
    this.#die = listener;
  }

  stop(): void {
    this.isStopped = true;
  }
}

function peerOf(threads: readonly FakeThread[]): NoblePeer {
  const left = [...threads];
  return new NoblePeer(threads.length, () => left.shift() ?? new FakeThread());
}

test("threads of this machine find the chain's seals", async () => {
  const peer = new NoblePeer(2);
  try {
    assert.strictEqual(await checkSeals(peer, "noble"), 6);
  } finally {
    peer.close();
  }
});

test("a batch is cut into pieces that cover it, one for each thread", async () => {
  for (const count of [1, 2, 3, 99, 100]) {
    const threads = Array.from({ length: 3 }, () => new FakeThread());
    await peerOf(threads).run({ ...BATCH, count });
    let next = BATCH.first;
    for (const { first, count: part } of threads.flatMap(({ asked }) => asked)) {
      assert.strictEqual(first, next);
      next += BigInt(part);
    }
    assert.strictEqual(next, BATCH.first + BigInt(count));
  }
});

test("of several threads that found one the first in the batch counts", async () => {
  const threads = Array.from(
    { length: 3 },
    () => new FakeThread((batch) => ({ found: nobleLoop({ ...batch, limitWord: 2 ** 30 }) })),
  );
  const found = await peerOf(threads).run(BATCH);
  assert.strictEqual(found, nobleLoop({ ...BATCH, limitWord: 2 ** 30 }));
});

test("a thread that dies fails what it was asked", async () => {
  const threads = [new FakeThread(), new FakeThread(() => "death")];
  assert.include((await rejection(peerOf(threads).run(BATCH))).message, "it fell");
});

test("close() stops all threads", () => {
  const threads = [new FakeThread(), new FakeThread()];
  peerOf(threads).close();
  assert.isTrue(threads.every(({ isStopped }) => isStopped));
});

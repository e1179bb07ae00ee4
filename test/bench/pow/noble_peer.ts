/**
 * The loop over `@noble/hashes` on all cores.
 *
 * @module
 */
import * as v from "valibot";
import type { SealBatch } from "../../../core/hash/seal_engine.ts";
import type { Thread } from "../../../core/host.ts";
import { startThread } from "../../../headless/threads.ts";

/** A thread's answer: how far behind the first nonce of its piece it has found one. */
const AnswerSchema = v.object({ found: v.optional(v.number()) });

type Answer = PromiseWithResolvers<number | undefined>;

/** Threads of the loop. */
export class NoblePeer {
  /** So that no thread waits for its next piece. */
  readonly batchesInFlight = 2;
  readonly #threads: readonly { readonly thread: Thread; readonly answers: Answer[] }[];

  /** @param cores threads to start */
  constructor(readonly cores: number, start: () => Thread = startNobleThread) {
    this.#threads = Array.from({ length: cores }, () => {
      const thread = start();
      // In the order in which the thread was asked.
      const answers: Answer[] = [];
      thread.onMessage((message) => answers.shift()?.resolve(v.parse(AnswerSchema, message).found));
      thread.onError((reason) => {
        const error = new Error(`a thread of the comparison died: ${reason}`);
        for (const answer of answers.splice(0)) answer.reject(error);
      });
      return { thread, answers };
    });
  }

  /**
   * Tries a batch, a piece of it on each thread, as `SealEngine.run` does.
   *
   * @throws {Error} if a thread dies
   */
  async run(batch: SealBatch): Promise<number | undefined> {
    const size = Math.ceil(batch.count / this.cores);
    const found = await Promise.all(this.#threads.map(async ({ thread, answers }, index) => {
      const before = Math.min(batch.count, index * size);
      const count = Math.min(batch.count, before + size) - before;
      const answer: Answer = Promise.withResolvers();
      answers.push(answer);
      thread.post({ ...batch, first: batch.first + BigInt(before), count });
      const at = await answer.promise;
      return at === undefined ? undefined : before + at;
    }));
    return found.find((each) => each !== undefined);
  }

  close(): void {
    for (const { thread } of this.#threads) thread.stop();
  }
}

function startNobleThread(): Thread {
  return startThread(new URL("./noble_thread.ts", import.meta.url));
}

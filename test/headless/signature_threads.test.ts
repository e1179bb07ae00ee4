import { test } from "#test";
import { assert } from "chai";
import type { Thread } from "../../core/host.ts";
import { Refusal } from "../../core/iota/api/service.ts";
import { Keypair } from "../../core/wallet/keypair.ts";
import { readyKeys } from "../../core/wallet/ready.ts";
import { startSignatureThreads } from "../../headless/signature_threads.ts";
import { startThread } from "../../headless/threads.ts";

await readyKeys();
const ALICE = Keypair.fromUri("//Alice");
const BOB = Keypair.fromUri("//Bob");
const DIES = new URL('data:text/javascript,self.onmessage = () => { throw new Error("planted") }');

/** A message, signed by Alice. */
function signed(text: string): { readonly message: Uint8Array; readonly signature: Uint8Array } {
  const message = new TextEncoder().encode(text);
  return { message, signature: ALICE.signSync(message) };
}

test("each of many checks gets its own verdict", async () => {
  const threads = startSignatureThreads(2);
  const verdicts = await Promise.all(Array.from({ length: 100 }, (_, at) => {
    const { message, signature } = signed(`${at}`);
    const address = at % 3 === 0 ? BOB.address : ALICE.address;
    return threads.check(message, signature, address);
  }));
  threads.close();
  assert.deepEqual(verdicts, verdicts.map((_, at) => at % 3 !== 0));
});

test("what is malformed is no signature, and ends no thread", async () => {
  const threads = startSignatureThreads(1);
  const { message, signature } = signed("a");
  assert.isFalse(await threads.check(message, signature.subarray(1), ALICE.address));
  assert.isFalse(await threads.check(message, signature, "nobody"));
  assert.isFalse(await threads.check(message, new Uint8Array(64).fill(255), ALICE.address));
  assert.isTrue(await threads.check(message, signature, ALICE.address));
  threads.close();
});

test("what a thread leaves behind that dies is checked all the same", async () => {
  const threads = startSignatureThreads(1, () => startThread(DIES));
  const { message, signature } = signed("a");
  const verdicts = await Promise.all([
    threads.check(message, signature, ALICE.address),
    threads.check(message, signature, BOB.address),
  ]);
  assert.deepEqual(verdicts, [true, false]);
  assert.isTrue(await threads.check(message, signature, ALICE.address));
  threads.close();
});

test("close() leaves no check unanswered", async () => {
  const threads = startSignatureThreads(1);
  const { message, signature } = signed("a");
  const verdict = threads.check(message, signature, ALICE.address);
  threads.close();
  assert.isTrue(await verdict);
});

test("more checks than can be answered in time are refused", async () => {
  const nothing = (): void => {};
  const silent: Thread = { post: nothing, onMessage: nothing, onError: nothing, stop: nothing };
  const threads = startSignatureThreads(1, () => silent);
  const { message, signature } = signed("a");
  const results: Promise<unknown>[] = [];
  for (let at = 0; at < 8_194; at++) {
    results.push(threads.check(message, signature, ALICE.address).catch((error) => error));
  }
  assert.instanceOf(await results[8_193], Refusal);
});

import { test } from "#test";
import { assert } from "chai";
import {
  type CallOptions,
  type CallStage,
  type Receipt,
  UnknownOutcomeError,
} from "../../../core/chain/receipt.ts";
import { WeftError } from "../../../core/errors.ts";
import { sendOnce } from "../../../headless/wallet/send_once.ts";
import { type FakeScreen, fakeScreen } from "../fake_screen.ts";
import { EXTRINSIC_HASH, FakeChain } from "./fake_chain.ts";

const CLEAR_LINE = "\r\x1b[2K";

const RECEIPT: Receipt = {
  ...{ extrinsicHash: EXTRINSIC_HASH, blockHash: EXTRINSIC_HASH, blockNumber: 1001 },
  ...{ feeRao: undefined, uid: undefined },
};

/** Sends on a screen, the call going through these stages. */
function sendThrough(
  { screen }: FakeScreen,
  stages: readonly CallStage[],
  end: () => Promise<Receipt> = () => Promise.resolve(RECEIPT),
): Promise<Receipt> {
  return sendOnce({
    ...{ chain: new FakeChain(), screen, signal: new AbortController().signal },
    lookCommand: "deno task wallet look",
    send({ onProgress }: CallOptions): Promise<Receipt> {
      for (const stage of stages) onProgress?.(stage);
      return end();
    },
  });
}

async function complaint(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    assert.instanceOf(error, WeftError);
    return error.message;
  }
  return assert.fail("it succeeded");
}

test("sendOnce() shows where the call is on a terminal, and clears the line", async () => {
  const fake = fakeScreen({ isLive: true });
  const receipt = await sendThrough(fake, ["signing", "submitted", "inBlock", "finalized"]);
  assert.equal(receipt, RECEIPT);
  for (const text of ["signing", "waiting for a block", "until it is final"]) {
    assert.include(fake.out(), text);
  }
  assert.isTrue(fake.out().endsWith(CLEAR_LINE));
  assert.equal(fake.error(), "");
});

test("sendOnce() is silent off a terminal, but once for a broken connection", async () => {
  const fake = fakeScreen();
  await sendThrough(fake, ["submitted", "reconnecting", "reconnecting", "inBlock"]);
  assert.equal(fake.out(), "");
  assert.equal(fake.error(), "the connection broke, looking for it again\n");
});

test("sendOnce() says nothing more of a call that the user has left", async () => {
  const [fake, stop] = [fakeScreen(), new AbortController()];
  let late: CallOptions["onProgress"];
  const message = await complaint(sendOnce({
    ...{ chain: new FakeChain(), screen: fake.screen, signal: stop.signal, lookCommand: "look" },
    send({ onProgress }: CallOptions): Promise<Receipt> {
      late = onProgress;
      queueMicrotask(() => stop.abort());
      return new Promise(() => {});
    },
  }));
  late?.("reconnecting");
  assert.match(message, /^stopped waiting/);
  assert.equal(fake.error(), "");
});

test("sendOnce() clears the line before an error is told", async () => {
  const fake = fakeScreen({ isLive: true });
  const end = (): Promise<never> => Promise.reject(new WeftError("no"));
  assert.equal(await complaint(sendThrough(fake, ["submitted"], end)), "no");
  assert.isTrue(fake.out().endsWith(CLEAR_LINE));
});

test("sendOnce() does not repeat a hash that the chain's own words hold already", async () => {
  const text = `look for ${EXTRINSIC_HASH} in blocks 1001 to 1128`;
  const end = (): Promise<never> =>
    Promise.reject(new UnknownOutcomeError(text, EXTRINSIC_HASH, 1000));
  const message = await complaint(sendThrough(fakeScreen(), ["submitted"], end));
  assert.equal(message.split(EXTRINSIC_HASH).length, 2);
  assert.match(message, /; deno task wallet look shows whether it was/);
});

test("sendOnce() tells a value that was thrown, whatever it is", async () => {
  const end = (): Promise<never> => Promise.reject("a text");
  const message = await complaint(sendThrough(fakeScreen(), [], end));
  assert.match(message, /not foreseen \(a text\) and may have been carried out/);
});

test("sendOnce() keeps what went wrong as the cause", async () => {
  const unknown = new UnknownOutcomeError("gone", EXTRINSIC_HASH, 1000);
  try {
    await sendThrough(fakeScreen(), [], () => Promise.reject(unknown));
    assert.fail("it succeeded");
  } catch (error) {
    assert.instanceOf(error, WeftError);
    assert.equal(error.cause, unknown);
  }
});

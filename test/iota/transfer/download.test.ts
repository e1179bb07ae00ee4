import { test } from "#test";
import { assert } from "chai";
import { WeftError } from "../../../core/errors.ts";
import {
  download,
  type DownloadOptions,
  ExpiredError,
  TransferRefusedError,
} from "../../../core/iota/transfer/download.ts";
import { failureOf, KeptLog } from "../../harness/kept_log.ts";
import { FakeTime } from "../fake_time.ts";
import { passing } from "./passing.ts";
import { countingBytes, pieces, type Scripted, ScriptedHttp } from "./scripted_http.ts";

const URL_TEXT = "http://store.test/iota/weights/a.pt?signature=secret";
const BYTES = countingBytes(5000);
const RANGE = { start: 1000, end: 3500 };

/** Downloads from a server that answers as it is told. */
class Setup {
  readonly server: ScriptedHttp;
  readonly time = new FakeTime();
  readonly log = new KeptLog();

  constructor(...script: Scripted[]) {
    this.server = new ScriptedHttp(script);
  }

  run(options: Partial<DownloadOptions> = {}): Promise<Uint8Array> {
    const { time: clock, log } = this;
    return download(this.server.http, URL_TEXT, { clock, log, maxBytes: 1e6, ...options });
  }

  async failure(options: Partial<DownloadOptions> = {}): Promise<Error> {
    const { result } = await passing(this.time, failureOf(this.run(options)));
    if (result instanceof Error) return result;
    return assert.fail("the download went well");
  }
}

const whole = (bytes = BYTES): Scripted => ({ status: 200, body: bytes });

function part(start: number, end: number, contentRange?: string): Scripted {
  const headers = { "content-range": contentRange ?? `bytes ${start}-${end - 1}/5000` };
  return { status: 206, headers, body: BYTES.slice(start, end) };
}

test("download() gives all bytes of an object", async () => {
  const setup = new Setup(whole());
  assert.deepEqual(await setup.run(), BYTES);
  assert.equal(setup.time.sleepers, 0, "no timer is left");
});

test("download() takes an object whose length is not told", async () => {
  const setup = new Setup({ status: 200, body: pieces(BYTES) });
  assert.deepEqual(await setup.run(), BYTES);
});

test("download() asks for a range as HTTP counts, and gives it", async () => {
  const setup = new Setup(part(1000, 3500));
  assert.deepEqual(await setup.run({ range: RANGE }), BYTES.slice(1000, 3500));
  assert.equal(setup.server.asked[0].headers.range, "bytes=1000-3499");
});

test("another range, or the whole object, is not taken for the one that was asked for", async () => {
  const answers = [
    whole(),
    part(1000, 3499),
    part(999, 3499),
    part(1000, 3500, "bytes 0-2499/5000"),
    { status: 206, body: BYTES.slice(1000, 3500) },
  ];
  for (const answer of answers) {
    const setup = new Setup(answer);
    const error = await setup.failure({ range: RANGE });
    assert.include(error.message, "was to be bytes 1000 to 3499");
    assert.lengthOf(setup.server.asked, 3, "it is tried again");
  }
});

test("an object that ends before the range does is refused at once, by its own length", async () => {
  const setup = new Setup(part(1000, 3000, "bytes 1000-2999/3000"));
  const error = await setup.failure({ range: RANGE });
  assert.instanceOf(error, TransferRefusedError);
  assert.include(error.message, "has no more than 3000 bytes");
  assert.lengthOf(setup.server.asked, 1);
});

test("what comes short is tried again after one and two seconds", async () => {
  const cut = { status: 200, headers: { "content-length": "5000" }, body: BYTES.slice(0, 4999) };
  const setup = new Setup(cut, cut, whole());
  const { result, tookMs } = await passing(setup.time, setup.run());
  assert.deepEqual(result, BYTES);
  assert.equal(tookMs, 3000);
  assert.equal(
    setup.log.lines[0],
    "warn: download of http://store.test/iota/weights/a.pt ended after 4999 of 5000 bytes " +
      "(try 1 of 3, the next in 1 s)",
  );
});

test("more bytes than the store announced are refused", async () => {
  const setup = new Setup({ status: 200, headers: { "content-length": "4999" }, body: BYTES });
  assert.instanceOf(await setup.failure(), TransferRefusedError);
});

test("a store that fails or is not there is tried three times, and its last word told", async () => {
  const setup = new Setup(
    new WeftError("No answer from http://store.test"),
    { status: 500 },
    { status: 503, body: "<Error><Code>SlowDown</Code><Message>Please reduce</Message></Error>" },
  );
  const error = await setup.failure();
  assert.match(error.message, /answered 503 \(SlowDown, Please reduce\)$/);
  assert.lengthOf(setup.log.lines, 2);
});

test("an address that has expired is told at once, and without its signature", async () => {
  const body = "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>";
  const setup = new Setup({ status: 403, body });
  const error = await setup.failure();
  assert.instanceOf(error, ExpiredError);
  assert.include(error.message, "Request has expired");
  assert.notInclude(error.message, "secret");
  assert.lengthOf(setup.server.asked, 1);
});

test("what the store refuses is not tried again", async () => {
  for (const status of [404, 416, 301, 400]) {
    const setup = new Setup({ status, body: "x".repeat(100_000) });
    const error = await setup.failure();
    assert.instanceOf(error, TransferRefusedError);
    assert.equal(error.status, status);
    assert.lengthOf(setup.server.asked, 1);
  }
});

test("a timeout of the store's and too many requests are tried again", async () => {
  const timeout = { status: 400, body: "<Code>RequestTimeout</Code>" };
  const setup = new Setup(timeout, { status: 429 }, whole());
  assert.deepEqual((await passing(setup.time, setup.run())).result, BYTES);
});

test("an object that is too large is not read, whether it says so or not", async () => {
  const endless = {
    status: 200,
    async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
      for (;;) yield await Promise.resolve(BYTES);
    },
  };
  for (const answer of [whole(), { status: 200, body: endless }]) {
    const setup = new Setup(answer);
    const error = await setup.failure({ maxBytes: 4999 });
    assert.instanceOf(error, TransferRefusedError);
    assert.include(error.message, "is longer than 4999 bytes");
  }
});

test("a store that does not answer is given up after a minute, each time", async () => {
  const setup = new Setup("hang");
  const startMs = setup.time.nowMs();
  assert.include((await setup.failure()).message, "60 s were too short");
  assert.isAtLeast(setup.time.nowMs() - startMs, 3 * 60_000 + 3000);
  assert.equal(setup.time.sleepers, 0);
});

test("a body that stops in the middle is given up", async () => {
  async function* stops(): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
    yield BYTES.subarray(0, 100);
    await new Promise((_, reject) => {
      const [{ signal }] = setup.server.asked;
      signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
  }
  const headers = { "content-length": "5000" };
  const setup = new Setup({ status: 200, headers, body: stops() }, whole());
  assert.deepEqual((await passing(setup.time, setup.run())).result, BYTES);
});

test("an abort ends it with its reason, while it asks, reads or waits", async () => {
  for (const script of ["hang", new WeftError("no connection")] as const) {
    const setup = new Setup(script);
    const stop = new AbortController();
    const done = failureOf(setup.run({ signal: stop.signal }));
    await setup.time.settle();
    stop.abort(new Error("enough"));
    await setup.time.pass(1000);
    assert.equal(String(await done), "Error: enough");
    assert.lengthOf(setup.server.asked, 1);
    assert.equal(setup.time.sleepers, 0);
  }
});

test("nothing is asked for a signal that is aborted already", async () => {
  const setup = new Setup(whole());
  await failureOf(setup.run({ signal: AbortSignal.abort() }));
  assert.lengthOf(setup.server.asked, 0);
});

test("an answer that is not wanted is abandoned, so that its connection is not held", async () => {
  const setup = new Setup({ status: 200, headers: { "content-length": "9999999" }, body: BYTES });
  await setup.failure();
  assert.isTrue(setup.server.asked[0].signal?.aborted);
});

test("a range that is none, or larger than what is allowed, is a mistake of the caller's", async () => {
  const setup = new Setup(whole());
  for (const range of [{ start: 5, end: 5 }, { start: 5, end: 4 }, { start: 0, end: 1e6 + 1 }]) {
    assert.instanceOf(await setup.failure({ range }), RangeError);
  }
});

import { test } from "#test";
import { assert } from "chai";
import * as v from "valibot";
import { WeftError } from "../../../core/errors.ts";
import { type Answer, type Asked, type RouteName, ROUTES } from "../../../core/iota/api/routes.ts";
import {
  InitiateUpload,
  type InitiateUploadAnswer,
  MAX_PART_BYTES,
  MIN_PART_BYTES,
} from "../../../core/iota/api/schemas.ts";
import { readForm } from "../../../core/iota/store/form_data.ts";
import { ExpiredError, TransferRefusedError } from "../../../core/iota/transfer/download.ts";
import { type UploadApi, Uploader } from "../../../core/iota/transfer/upload.ts";
import { failureOf, KeptLog } from "../../harness/kept_log.ts";
import { FakeTime } from "../fake_time.ts";
import { passing } from "./passing.ts";
import {
  type AskedRequest,
  countingBytes,
  pieces,
  type Scripted,
  ScriptedHttp,
} from "./scripted_http.ts";

const KEY = "weights/hotkey/1/0/a.pt";
const MIB = 1024 ** 2;
const SMALL = countingBytes(5000);

/** An orchestrator that answers uploads; what it was asked is kept. */
class FakeApi implements UploadApi {
  readonly asked: [RouteName, unknown][] = [];
  /** Thrown by the route of this name. */
  readonly failures = new Map<RouteName, Error>();

  constructor(readonly plan: (asked: InitiateUpload) => InitiateUploadAnswer["data"]) {}

  ask<Name extends RouteName>(
    name: Name,
    asked: Asked<(typeof ROUTES)[Name]>,
  ): Promise<Answer<(typeof ROUTES)[Name]>> {
    const failure = this.failures.get(name);
    this.asked.push([name, asked.body]);
    if (failure) return Promise.reject(failure);
    const answer: unknown = name === "initiateUpload"
      ? { message: "ok", data: this.plan(v.parse(InitiateUpload, asked.body)) }
      : { message: "ok", data: { s3_path: `stored/${KEY}` } };
    // The route's own schema says that it is its answer.
    return Promise.resolve(v.parse(ROUTES[name].answer, answer) as Answer<(typeof ROUTES)[Name]>);
  }
}

const toUrl = (url = "http://store.test/put"): InitiateUploadAnswer["data"] => ({
  use_multipart: false,
  presigned_data: url,
});

function inParts({ file_size, part_size }: InitiateUpload): InitiateUploadAnswer["data"] {
  const numbers = Array.from({ length: Math.ceil(file_size / part_size) }, (_, at) => at + 1);
  return {
    use_multipart: true,
    multipart_data: {
      upload_id: "id",
      presigned_urls: numbers.map((number) => ({ url: `http://store.test/${number}` })),
      part_numbers: numbers,
    },
    part_size,
    total_parts: numbers.length,
  };
}

class Setup {
  readonly api: FakeApi;
  readonly server: ScriptedHttp;
  readonly time = new FakeTime();
  readonly log = new KeptLog();

  constructor(
    plan: (asked: InitiateUpload) => InitiateUploadAnswer["data"],
    ...script: (Scripted | ((request: AskedRequest) => Scripted))[]
  ) {
    this.api = new FakeApi(plan);
    this.server = new ScriptedHttp(script);
  }

  upload(
    bytes?: Uint8Array<ArrayBuffer>,
    partBytes?: number,
    signal?: AbortSignal,
  ): Promise<string> {
    const { api: client, server: { http }, time: clock, log } = this;
    const uploader = new Uploader({ client, http, clock, log, ...partBytes && { partBytes } });
    return uploader.upload(KEY, bytes ?? SMALL, signal);
  }

  async failure(bytes?: Uint8Array<ArrayBuffer>, partBytes?: number): Promise<Error> {
    const { result } = await passing(this.time, failureOf(this.upload(bytes, partBytes)));
    if (result instanceof Error) return result;
    return assert.fail("the upload went well");
  }

  get routes(): RouteName[] {
    return this.api.asked.map(([name]) => name);
  }
}

const etagged = ({ url }: AskedRequest): Scripted => ({
  status: 200,
  headers: { etag: `"of-${url.split("/").at(-1)}"` },
});

test("upload() puts the bytes where the orchestrator says, and gives the key to report", async () => {
  for (const status of [200, 204]) {
    const setup = new Setup(() => toUrl(), { status });
    assert.equal(await setup.upload(), KEY);
    const [{ method, url, bytes, headers }] = setup.server.asked;
    assert.deepEqual([method, url], ["PUT", "http://store.test/put"]);
    assert.deepEqual(bytes, SMALL);
    assert.deepEqual(headers, {}, "the published server signs no other headers");
    assert.deepEqual(setup.api.asked, [["initiateUpload", {
      path: KEY,
      file_size: SMALL.length,
      part_size: MAX_PART_BYTES,
    }]]);
    assert.equal(setup.time.sleepers, 0);
  }
});

test("the size of parts is held within the published bounds", async () => {
  const bounds = [[1, MIN_PART_BYTES], [7 * MIB, 7 * MIB], [1e12, MAX_PART_BYTES]];
  for (const [wanted, sent] of bounds) {
    const setup = new Setup(() => toUrl(), { status: 200 });
    await setup.upload(SMALL, wanted);
    assert.equal(v.parse(InitiateUpload, setup.api.asked[0][1]).part_size, sent);
  }
});

test("a form of an older deployment gets its fields, then the file", async () => {
  const fields = { key: KEY, policy: "abc=", "x-amz-signature": "0f", "Content-Type": "a/b" };
  const url = "http://store.test/iota";
  const plan = (): InitiateUploadAnswer["data"] => ({
    use_multipart: false,
    presigned_data: { url, fields },
  });
  const setup = new Setup(plan, new WeftError("broken"), { status: 204 });
  assert.equal((await passing(setup.time, setup.upload())).result, KEY);
  for (const { method, url: asked, headers, bytes } of setup.server.asked) {
    assert.deepEqual([method, asked], ["POST", url]);
    assert.equal(headers["content-length"], `${bytes.length}`);
    const form = await readForm(headers["content-type"], pieces(bytes));
    const lower = Object.entries(fields).map(([name, value]) => [name.toLowerCase(), value]);
    assert.deepEqual(Object.fromEntries(form.fields), Object.fromEntries(lower));
    assert.deepEqual(await joined(form.file), SMALL);
  }
});

test("a field that could not be told from the next is not sent", async () => {
  const plan = (): InitiateUploadAnswer["data"] => ({
    use_multipart: false,
    presigned_data: { url: "http://store.test", fields: { 'a"\r\nb': "c" } },
  });
  const setup = new Setup(plan, { status: 204 });
  assert.include((await setup.failure()).message, "that no form can hold");
  assert.lengthOf(setup.server.asked, 0);
});

test("parts are sent in order with their slices, and completed with their ETags", async () => {
  const bytes = countingBytes(12 * MIB + 1);
  const setup = new Setup(inParts, etagged);
  assert.equal(await setup.upload(bytes, 5 * MIB), `stored/${KEY}`);
  assert.deepEqual(setup.server.asked.map(({ url }) => url.at(-1)), ["1", "2", "3"]);
  for (const [at, { bytes: sent }] of setup.server.asked.entries()) {
    const slice = bytes.subarray(at * 5 * MIB, (at + 1) * 5 * MIB);
    assert.equal(sent.length, slice.length);
    assert.isTrue(sent.every((byte, offset) => byte === slice[offset]), `part ${at + 1}`);
  }
  const parts = [1, 2, 3].map((number) => ({ PartNumber: number, ETag: `of-${number}` }));
  assert.deepEqual(setup.api.asked.at(-1), [
    "completeUpload",
    { path: KEY, upload_id: "id", parts },
  ]);
});

test("a part that fails is sent again after one and two seconds, and no other is", async () => {
  const setup = new Setup(
    inParts,
    etagged,
    { status: 500 },
    { status: 400, body: "<Code>RequestTimeout</Code>" },
    etagged,
  );
  const { result, tookMs } = await passing(
    setup.time,
    setup.upload(countingBytes(6 * MIB), 5 * MIB),
  );
  assert.equal(result, `stored/${KEY}`);
  assert.equal(tookMs, 3000);
  assert.deepEqual(setup.server.asked.map(({ url }) => url.at(-1)), ["1", "2", "2", "2"]);
});

test("an upload in parts that fails is aborted", async () => {
  const setup = new Setup(inParts, etagged, { status: 500 });
  assert.include((await setup.failure(countingBytes(6 * MIB), 5 * MIB)).message, "answered 500");
  assert.deepEqual(setup.routes, ["initiateUpload", "abortUpload"]);
});

test("an abort that fails hides nothing", async () => {
  const setup = new Setup(inParts, { status: 404 });
  setup.api.failures.set("abortUpload", new WeftError("not there"));
  const failure = await setup.failure(countingBytes(6 * MIB), 5 * MIB);
  assert.instanceOf(failure, TransferRefusedError);
  assert.include(setup.log.lines.at(-1), "were not removed (not there)");
});

test("an upload whose completion is refused is aborted", async () => {
  const setup = new Setup(inParts, etagged);
  setup.api.failures.set("completeUpload", new WeftError("refused"));
  await setup.failure(countingBytes(6 * MIB), 5 * MIB);
  assert.deepEqual(setup.routes, ["initiateUpload", "completeUpload", "abortUpload"]);
});

test("a part without an ETag fails", async () => {
  const setup = new Setup(inParts, { status: 200 });
  assert.include((await setup.failure(countingBytes(6 * MIB), 5 * MIB)).message, "gave no ETag");
});

test("a plan that does not fit the file is refused before anything is sent", async () => {
  const wrong = [
    { total_parts: 3 },
    { part_size: 0 },
    { part_size: 7 * MIB },
    { multipart_data: { upload_id: "id", presigned_urls: [], part_numbers: [1, 2] } },
  ];
  for (const change of wrong) {
    const setup = new Setup((asked) => {
      const plan = inParts(asked);
      return plan.use_multipart ? { ...plan, ...change } : plan;
    }, etagged);
    await setup.failure(countingBytes(6 * MIB), 5 * MIB);
    assert.lengthOf(setup.server.asked, 0, JSON.stringify(change));
  }
});

test("after an expired address another one is asked for, once", async () => {
  let count = 0;
  const plan = (): InitiateUploadAnswer["data"] => toUrl(`http://store.test/${++count}`);
  const good = new Setup(plan, { status: 403 }, { status: 200 });
  assert.equal(await good.upload(), KEY);
  assert.deepEqual(good.server.asked.map(({ url }) => url.at(-1)), ["1", "2"]);
  const bad = new Setup(plan, { status: 403 });
  assert.instanceOf(await bad.failure(), ExpiredError);
  assert.lengthOf(bad.server.asked, 2);
});

test("what the store refuses is not sent again", async () => {
  for (const status of [400, 411, 412, 413, 301]) {
    const setup = new Setup(() => toUrl(), { status });
    const failure = await setup.failure();
    assert.instanceOf(failure, TransferRefusedError);
    assert.equal(failure.status, status);
    assert.lengthOf(setup.server.asked, 1);
  }
});

test("a store that hangs is given up after a minute and the time that the bytes may take", async () => {
  const setup = new Setup(() => toUrl(), "hang", { status: 200 });
  const { tookMs } = await passing(setup.time, setup.upload(countingBytes(131_000)));
  // A second for 131,000 bytes, and a second's pause.
  assert.equal(tookMs, 62_000);
});

test("an abort ends it, and the parts are given back", async () => {
  const stop = new AbortController();
  const setup = new Setup(inParts, etagged, "hang");
  const done = failureOf(setup.upload(countingBytes(6 * MIB), 5 * MIB, stop.signal));
  await setup.time.settle();
  stop.abort(new Error("enough"));
  assert.equal(String(await done), "Error: enough");
  assert.deepEqual(setup.routes, ["initiateUpload", "abortUpload"]);
  assert.equal(setup.time.sleepers, 0);
});

async function joined(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  return Uint8Array.from((await Array.fromAsync(stream, (piece) => [...piece])).flat());
}

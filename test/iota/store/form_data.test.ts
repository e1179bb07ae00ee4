import { test } from "#test";
import { assert } from "chai";
import type { PostPolicy } from "../../../core/iota/api/schemas.ts";
import { readForm } from "../../../core/iota/store/form_data.ts";
import { StoreError } from "../../../core/iota/store/store_error.ts";
import { failureOf } from "../../harness/kept_log.ts";
import { type Answered, pieces, send, type StoreSetup, storeSetup } from "./memory_files.ts";

const TYPE = "multipart/form-data; boundary=X1";
const KEY = "weights/hotkey/1/0/a.pt";
const BOUNDS = { minBytes: 2, maxBytes: 10 };

/** A form as `requests` of Python writes it: names in quotes, the file last. */
function formOf(fields: Readonly<Record<string, string>>, file: string): string {
  const parts = Object.entries(fields).map(([name, value]) =>
    `--X1\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
  );
  return parts.join("") +
    '--X1\r\nContent-Disposition: form-data; name="file"; filename="data"\r\n\r\n' +
    `${file}\r\n--X1--\r\n`;
}

/** Fields and file of a form that comes in pieces of this size. */
async function read(form: string, size: number): Promise<[Record<string, string>, string]> {
  const cut = Array.from(
    { length: Math.ceil(form.length / size) },
    (_, at) => form.slice(at * size, (at + 1) * size),
  );
  const { fields, file } = await readForm(TYPE, pieces(...cut));
  const text = await Array.fromAsync(file, (piece) => new TextDecoder("latin1").decode(piece));
  return [Object.fromEntries(fields), text.join("")];
}

function post(
  store: StoreSetup["store"],
  fields: PostPolicy["fields"],
  file: string,
): Promise<Answered> {
  const headers = { "content-type": TYPE };
  const body = pieces(formOf(fields, file));
  return send(store, { method: "POST", url: "/s/iota", headers, body });
}

test("readForm() reads fields and file however the connection cuts them", async () => {
  const form = formOf({ key: "a/b", Policy: "abc", empty: "" }, "line\r\n--X\r\n--X0--\r\n\r");
  for (const size of [1, 2, 3, 5, 7, 16, 61, 1000]) {
    const [fields, file] = await read(form, size);
    assert.deepEqual(fields, { key: "a/b", policy: "abc", empty: "" }, `${size}`);
    assert.equal(file, "line\r\n--X\r\n--X0--\r\n\r", `${size}`);
  }
});

test("readForm() reads a form of a file alone, and of a file without bytes", async () => {
  assert.deepEqual(await read(formOf({}, "x"), 9), [{}, "x"]);
  assert.deepEqual(await read(formOf({ a: "b" }, ""), 9), [{ a: "b" }, ""]);
});

test("readForm() reads a boundary in quotes and a name without", async () => {
  const form = "--a b\r\nother: 1\r\ncontent-disposition: form-data; name=file\r\n\r\nx\r\n--a b--";
  const { file } = await readForm(
    'multipart/form-data; charset=utf-8; boundary="a b"',
    pieces(form),
  );
  assert.deepEqual(await Array.fromAsync(file, (each) => [...each]), [[120]]);
});

test("readForm() refuses what is no form with a file", async () => {
  const wrong: [string | null, string][] = [
    [null, formOf({}, "x")],
    ["application/json", formOf({}, "x")],
    ["multipart/form-data", formOf({}, "x")],
    [TYPE, '--X1\r\ncontent-disposition: form-data; name="a"\r\n\r\nb\r\n--X1--\r\n'],
    [TYPE, "--X1\r\ncontent-disposition: form-data\r\n\r\nb\r\n--X1--\r\n"],
    [TYPE, `preamble${formOf({}, "x")}`],
    [TYPE, formOf({ a: "x".repeat(30_000) }, "x")],
    [TYPE, formOf(Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`${at}`, ""])), "x")],
  ];
  for (const [type, form] of wrong) {
    const failure = await failureOf(readForm(type, pieces(form)));
    assert.instanceOf(failure, StoreError, form.slice(0, 60));
    assert.equal(failure.code, "MalformedPOSTRequest", form.slice(0, 60));
  }
});

test("readForm() never takes a form that was cut off for whole", async () => {
  const form = formOf({ key: "a" }, "content");
  for (let length = 0; length < form.length - "--\r\n".length; length++) {
    const failure = await failureOf(read(form.slice(0, length), 1000));
    assert.instanceOf(failure, StoreError, `${length}`);
    assert.equal(failure.code, "IncompleteBody", `${length}`);
  }
});

test("a form with the fields of a policy puts an object", async () => {
  const { store, files } = storeSetup();
  const { url, fields } = store.presignPost(KEY, 60, BOUNDS);
  assert.equal(url, "http://store.test/s/iota");
  assert.equal(fields.key, KEY);
  assert.equal((await post(store, fields, "hello")).status, 204);
  assert.equal(new TextDecoder().decode(files.objects.get(KEY)), "hello");
});

test("a form is held to the policy's size, key and time", async () => {
  const { store, files, time } = storeSetup();
  const { fields } = store.presignPost(KEY, 60, BOUNDS);
  assert.equal((await post(store, fields, "x")).status, 400);
  assert.equal((await post(store, fields, "x".repeat(11))).status, 413);
  assert.equal((await post(store, { ...fields, key: "weights/other/a.pt" }, "hello")).status, 403);
  time.skew(60_001);
  const late = await post(store, fields, "hello");
  assert.equal(late.status, 403);
  assert.include(late.text, "Policy expired");
  assert.equal(files.objects.size, 0);
});

test("a policy that was changed, or signed elsewhere, is refused", async () => {
  const { store, files } = storeSetup();
  const { fields } = store.presignPost(KEY, 60, BOUNDS);
  const longer = store.presignPost(KEY, 60, { minBytes: 0, maxBytes: 1e9 }).fields;
  const { policy: _, ...bare } = fields;
  const address = new URL(await store.presignPut(KEY, 60, BOUNDS)).searchParams.get("signature");
  const wrong = [
    { ...fields, policy: longer.policy },
    { ...fields, "x-amz-signature": "" },
    { ...fields, "x-amz-signature": address ?? "" },
    bare,
    {},
  ];
  for (const each of wrong) assert.equal((await post(store, each, "hello")).status, 403);
  assert.equal(files.objects.size, 0);
});

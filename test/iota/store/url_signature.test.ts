import { test } from "#test";
import { assert } from "chai";
import { StoreError } from "../../../core/iota/store/store_error.ts";
import { type Grant, MAX_EXPIRY_S, UrlSigner } from "../../../core/iota/store/url_signature.ts";
import { FakeTime } from "../fake_time.ts";

const SECRET = Uint8Array.from({ length: 32 }, (_, at) => at);
const KEY = "weights/hotkey/1/0/a.pt";
const PUT: Grant = { method: "PUT", key: KEY, bounds: { minBytes: 1, maxBytes: 100 } };
const PART: Grant = { ...PUT, part: { uploadId: "ab", partNumber: 3 } };
const GET: Grant = { method: "GET", key: KEY };

function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof StoreError && error.status === 403) return error.code;
    throw error;
  }
  return assert.fail("nothing was refused");
}

test("verify() gives back what was granted, whole", () => {
  const signer = new UrlSigner(SECRET, "iota", new FakeTime());
  for (const grant of [PUT, PART, GET]) {
    const query = new URLSearchParams(signer.sign(grant, 60));
    assert.deepEqual(signer.verify(grant.method, KEY, query), grant);
  }
});

test("sign() writes the same query for the same grant, as it did before", () => {
  // Computed with Python's hmac over the same text; a change makes all addresses bad that are out.
  const signer = new UrlSigner(SECRET, "iota", new FakeTime(1_700_000_000_000));
  assert.equal(
    signer.sign(PART, 60),
    "expires=1700000060&min=1&max=100&upload=ab&part=3&signature=" +
      "21ba1e0deb79e489a4e93cb35e12b3f3e5737ee94589a4cf1f560ca867d589e8",
  );
});

test("a granted GET is good for HEAD, and for no other method", () => {
  const signer = new UrlSigner(SECRET, "iota", new FakeTime());
  const query = new URLSearchParams(signer.sign(GET, 60));
  assert.equal(signer.verify("HEAD", KEY, query).method, "GET");
  for (const method of ["PUT", "POST", "DELETE", "get", ""]) {
    assert.equal(refusal(() => signer.verify(method, KEY, query)), "SignatureDoesNotMatch");
  }
});

test("verify() refuses each field that was changed, added or left out", () => {
  const signer = new UrlSigner(SECRET, "iota", new FakeTime());
  for (const grant of [PUT, PART, GET]) {
    const text = signer.sign(grant, 60);
    for (const name of ["expires", "min", "max", "upload", "part", "signature"]) {
      for (const value of ["", "0", "7", "99999999999", undefined]) {
        const query = new URLSearchParams(text);
        if (query.get(name) === (value ?? null) || (!value && !query.has(name))) continue;
        if (value === undefined) query.delete(name);
        else query.set(name, value);
        assert.equal(
          refusal(() => signer.verify(grant.method, KEY, query)),
          "SignatureDoesNotMatch",
          `${name}=${value}`,
        );
      }
    }
  }
});

test("verify() refuses another key, another bucket and another secret", () => {
  const time = new FakeTime();
  const query = new URLSearchParams(new UrlSigner(SECRET, "iota", time).sign(GET, 60));
  const other = SECRET.map((byte) => byte ^ 1);
  const [same, bucket, secret] = [[SECRET, "iota"], [SECRET, "iotb"], [other, "iota"]] as const;
  for (const [[bytes, name], key] of [[same, `${KEY}x`], [bucket, KEY], [secret, KEY]] as const) {
    const signer = new UrlSigner(bytes, name, time);
    assert.equal(refusal(() => signer.verify("GET", key, query)), "SignatureDoesNotMatch");
  }
});

test("fields cannot run into each other", () => {
  const signer = new UrlSigner(SECRET, "iota", new FakeTime());
  const part = { uploadId: 'a","4', partNumber: 3 };
  const query = new URLSearchParams(signer.sign({ ...PUT, part }, 60));
  query.set("upload", "a");
  query.set("part", '4","3');
  assert.equal(refusal(() => signer.verify("PUT", KEY, query)), "SignatureDoesNotMatch");
});

test("an address is good to its last second, and not after", () => {
  const time = new FakeTime();
  const signer = new UrlSigner(SECRET, "iota", time);
  const query = new URLSearchParams(signer.sign(GET, 60));
  time.skew(59_999);
  signer.verify("GET", KEY, query);
  time.skew(1);
  assert.equal(refusal(() => signer.verify("GET", KEY, query)), "AccessDenied");
});

test("no address is good for longer than a week, or for less than a second", () => {
  const time = new FakeTime(0);
  const signer = new UrlSigner(SECRET, "iota", time);
  const expiry = (asked: number): string | null =>
    new URLSearchParams(signer.sign(GET, asked)).get("expires");
  assert.equal(expiry(1e12), `${MAX_EXPIRY_S}`);
  assert.equal(expiry(-5), "1");
});

test("a query has no slash, by which the published miner takes keys apart", () => {
  const signer = new UrlSigner(SECRET, "iota", new FakeTime());
  const part = { uploadId: "a/b", partNumber: 1 };
  assert.notInclude(signer.sign({ ...PUT, part }, 60), "/");
});

test("a secret that could be guessed is refused", () => {
  assert.throws(() => new UrlSigner(new Uint8Array(31), "iota", new FakeTime()), RangeError);
});

test("texts of one purpose are not signed for another", () => {
  const signer = new UrlSigner(SECRET, "iota", new FakeTime());
  const signature = signer.signText("policy", "text");
  assert.isTrue(signer.isSignedText("policy", "text", signature));
  assert.isFalse(signer.isSignedText("other", "text", signature));
  assert.isFalse(signer.isSignedText("policy", "texts", signature));
  for (const wrong of ["", signature.toUpperCase(), signature.slice(1), `${signature}0`]) {
    assert.isFalse(signer.isSignedText("policy", "text", wrong));
  }
});

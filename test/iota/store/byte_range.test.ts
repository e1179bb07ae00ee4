import { test } from "#test";
import { assert } from "chai";
import { parseRange } from "../../../core/iota/store/byte_range.ts";

const SIZE = 1000;

test("parseRange() reads each form of RFC 9110, whose last byte is included", () => {
  assert.deepEqual(parseRange("bytes=0-0", SIZE), { start: 0, end: 1 });
  assert.deepEqual(parseRange("bytes=10-19", SIZE), { start: 10, end: 20 });
  assert.deepEqual(parseRange("bytes=990-", SIZE), { start: 990, end: 1000 });
  assert.deepEqual(parseRange("bytes=-5", SIZE), { start: 995, end: 1000 });
});

test("parseRange() ends at the object's end", () => {
  assert.deepEqual(parseRange("bytes=990-5000", SIZE), { start: 990, end: 1000 });
  assert.deepEqual(parseRange("bytes=-5000", SIZE), { start: 0, end: 1000 });
});

test("parseRange() knows what no byte can satisfy", () => {
  for (const header of ["bytes=1000-", "bytes=1000-1001", "bytes=-0"]) {
    assert.equal(parseRange(header, SIZE), "unsatisfiable", header);
  }
  assert.equal(parseRange("bytes=0-", 0), "unsatisfiable");
  assert.equal(parseRange("bytes=-1", 0), "unsatisfiable");
});

test("parseRange() ignores what it need not understand", () => {
  const headers = [null, "", "bytes=-", "bytes=5-4", "bytes=0-1,5-6", "items=0-1", "bytes=a-b"];
  const odd = ["bytes = 0-1", "bytes=0-1 ", "bytes=0x1-2", `bytes=${"9".repeat(16)}-`];
  for (const header of [...headers, ...odd]) {
    assert.isUndefined(parseRange(header, SIZE), `${header}`);
  }
});

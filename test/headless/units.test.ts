import { test } from "#test";
import { assert } from "chai";
import { formatBytes, formatCount, formatDuration } from "../../headless/units.ts";

test("formatBytes() never shows 1000 of a unit", () => {
  assert.equal(formatBytes(999), "999 B");
  assert.equal(formatBytes(999.6), "1.0 kB");
  assert.equal(formatBytes(999_499), "999 kB");
  assert.equal(formatBytes(999_999), "1.0 MB");
});

test("formatBytes() shows two digits or more", () => {
  assert.equal(formatBytes(0), "0 B");
  assert.equal(formatBytes(1234), "1.2 kB");
  assert.equal(formatBytes(9960), "10 kB");
  assert.equal(formatBytes(141e9), "141 GB");
  assert.equal(formatBytes(5e15), "5000 TB");
});

test("formatCount() shows small counts bare", () => {
  assert.equal(formatCount(0), "0");
  assert.equal(formatCount(950), "950");
  assert.equal(formatCount(15_076_418_560), "15 G");
});

test("formatDuration() carries seconds that round up", () => {
  assert.equal(formatDuration(59.7), "1 min 0 s");
  assert.equal(formatDuration(3599.6), "1 h 0 min");
});

test("formatDuration() shows the two largest units", () => {
  assert.equal(formatDuration(0), "0 s");
  assert.equal(formatDuration(3 * 3600 + 61), "3 h 1 min");
  assert.equal(formatDuration(2 * 86400 + 5 * 3600), "2 d 5 h");
});

test("formatDuration() shows - for what is not known", () => {
  assert.equal(formatDuration(NaN), "-");
  assert.equal(formatDuration(Infinity), "-");
});

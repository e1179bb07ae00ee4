import { test } from "#test";
import { assert } from "chai";
import { browserName } from "../../../web/bench/browser_name.ts";
import { rate, share } from "../../../web/bench/rates.ts";

test("rate() changes its prefix before a number has four digits", () => {
  assert.equal(rate(999.4e9, "flops"), "999 GFLOP/s");
  assert.equal(rate(999.6e9, "flops"), "1.00 TFLOP/s");
  assert.equal(rate(37.2e6, "hashes"), "37.2 MH/s");
  assert.equal(rate(0, "bytes"), "0 B/s");
});

test("rate() of what is no number is a dash", () => {
  for (const value of [NaN, Infinity]) assert.equal(rate(value, "bytes"), "–");
});

test("share() keeps a digit of what is far below a percent", () => {
  assert.equal(share(0.0001386), "0.01%");
  assert.equal(share(0.0348), "3.5%");
  assert.equal(share(0.00996), "1.0%");
  assert.equal(share(1.2), "120.0%");
  assert.equal(share(0), "0.0%");
  for (const none of [null, undefined, NaN]) assert.equal(share(none), "–");
});

test("browserName() is not taken in by browsers that call themselves others", () => {
  const chrome =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0.0.0 Safari/537.36";
  assert.equal(browserName(chrome), "Chrome 147");
  assert.equal(browserName(`${chrome} Edg/147.0.0.0`), "Edge 147");
  assert.equal(browserName(chrome.replace("Chrome/", "HeadlessChrome/")), "Headless Chrome 147");
  const safari =
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15";
  assert.equal(browserName(safari), "Safari 26");
  assert.equal(
    browserName("Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0"),
    "Firefox 150",
  );
  assert.equal(browserName("<script>alert(1)</script>"), "another browser");
});

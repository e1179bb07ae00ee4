import { test } from "#test";
import { assert } from "chai";
import { formatSpeed, speedLine } from "../../../headless/solve/speed.ts";

test("formatSpeed() shows speeds as hashcat does, to the character", () => {
  // Left: what hashcat 6.2.6 printed; right: a rate that it may have been.
  const shown: [string, number][] = [
    ["  155.1 MH/s", 155_100_000],
    ["52474.3 kH/s", 52_474_300],
    [" 8271.1 kH/s", 8_271_100],
  ];
  for (const [text, rate] of shown) assert.equal(formatSpeed(rate), text);
});

test("formatSpeed() changes the unit above 99999, and has no decimals below", () => {
  assert.equal(formatSpeed(99_999), "   99999 H/s");
  assert.equal(formatSpeed(100_000), "  100.0 kH/s");
  assert.equal(formatSpeed(99_999_000), "99999.0 kH/s");
  assert.equal(formatSpeed(99_999_001), "  100.0 MH/s");
  assert.equal(formatSpeed(13_070_000_000), "13070.0 MH/s");
});

test("formatSpeed() of no speed, of none known and of more than there are units for", () => {
  for (const rate of [0, -1, NaN]) assert.equal(formatSpeed(rate), "       0 H/s");
  assert.match(formatSpeed(1e30), / EH\/s$/);
});

test("speedLine() has kernel and device where hashcat has its tuning", () => {
  assert.equal(
    speedLine({ rate: 93_796_900, sliceMs: 15.021, device: "u64, llvmpipe" }),
    "Speed.#1.........: 93796.9 kH/s (15.02ms) @ u64, llvmpipe",
  );
});

test("speedLine() of a search that has not begun knows neither slice nor device", () => {
  assert.equal(
    speedLine({ rate: 0, sliceMs: NaN, device: undefined }),
    "Speed.#1.........:        0 H/s (0.00ms)",
  );
});

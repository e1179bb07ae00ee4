import { test } from "#test";
import { assert } from "chai";
import {
  fixedCoins,
  formatAlpha,
  formatTao,
  MAX_RAO,
  parseTao,
  plainCoins,
} from "../../core/chain/amounts.ts";
import { UsageError } from "../../core/errors.ts";

function complaint(text: string): string {
  try {
    parseTao(text);
  } catch (error) {
    assert.instanceOf(error, UsageError);
    assert.notInclude(error.message, "\n");
    return error.message;
  }
  return assert.fail(`${text} was taken`);
}

test("parseTao() reads whole amounts, points at either side, and zeros around", () => {
  const amounts: [string, bigint][] = [
    ["1", 1_000_000_000n],
    ["0.5", 500_000_000n],
    [".5", 500_000_000n],
    ["007", 7_000_000_000n],
    ["1.500", 1_500_000_000n],
    ["0.000000001", 1n],
    [".123456789", 123_456_789n],
  ];
  for (const [text, rao] of amounts) assert.equal(parseTao(text), rao, text);
});

test("parseTao() is exact where a float is not", () => {
  assert.equal(parseTao("9007199.254740993"), 9_007_199_254_740_993n);
  assert.equal(parseTao("0.1") + parseTao("0.2"), parseTao("0.3"));
  assert.equal(parseTao("21000000.000000001"), 21_000_000_000_000_001n);
});

test("parseTao() takes all that a u64 holds, and not one rao more", () => {
  assert.equal(parseTao("18446744073.709551615"), MAX_RAO);
  assert.match(complaint("18446744073.709551616"), /more than a chain can hold: 18446744073\.7095/);
  assert.match(complaint("9".repeat(5000)), /more than a chain can hold/);
});

const REFUSALS: [text: string, why: RegExp][] = [
  ["", /is empty/],
  [".", /ends with its point/],
  ["1.", /ends with its point/],
  ["1.2.3", /more than one point/],
  ["..5", /more than one point/],
  ["0", /is nothing/],
  ["0.000000000", /is nothing/],
  [".0", /is nothing/],
  ["0.0000000001", /10 digits behind the point/],
  ["1.0000000000", /10 digits behind the point/],
  ["-1", /is negative/],
  ["-0.5", /is negative/],
  ["1,5", /comma/],
  ["1,000.5", /comma/],
  ["1e3", /exponent/],
  ["1E-3", /exponent/],
  ["NaN", /is no number/],
  ["Infinity", /is no number/],
  ["0x10", /is no number/],
  ["1_000", /is no number/],
  ["+1", /is no number/],
  ["--1", /is no number/],
  [" 1", /is no number/],
  ["1 TAO", /is no number/],
  ["1\n2", /is no number/],
  ["١", /is no number/],
  ["½", /is no number/],
];

for (const [text, why] of REFUSALS) {
  test(`parseTao() refuses ${JSON.stringify(text)} in words`, () => {
    assert.match(complaint(text), why);
  });
}

test("parseTao() repeats what was typed without what moves a cursor, and not at any length", () => {
  const message = complaint(`\u001b[2J\u202e${"z".repeat(1000)}`);
  assert.notMatch(message, /[\p{C}]/u);
  assert.isBelow(message.length, 150);
});

test("formatTao() and formatAlpha() are exact and name the token", () => {
  assert.equal(formatTao(1_234_567_891n), "1.234567891 TAO");
  assert.equal(formatTao(12_000_000_000n), "12 TAO");
  assert.equal(formatTao(0n), "0 TAO");
  assert.equal(formatTao(100_000_000_000n), "100 TAO");
  assert.equal(formatAlpha(1n), "0.000000001 alpha");
});

test("plainCoins() shows a loss with its sign", () => {
  assert.equal(plainCoins(-1n), "-0.000000001");
  assert.equal(plainCoins(-1_500_000_000n), "-1.5");
});

test("parseTao() reads back what plainCoins() writes", () => {
  for (const rao of [1n, 10n, 999_999_999n, 1_000_000_000n, 10_000_000_010n, MAX_RAO]) {
    assert.equal(parseTao(plainCoins(rao)), rao);
  }
});

test("fixedCoins() cuts what does not fit, and never rounds up", () => {
  assert.equal(fixedCoins(1_999_999_999n, 4), "1.9999");
  assert.equal(fixedCoins(1n, 4), "0.0000");
  assert.equal(fixedCoins(1_500_000_000n, 9), "1.500000000");
});

test("fixedCoins() refuses digits that a rao does not have", () => {
  for (const decimals of [0, 10, 1.5, -1, NaN]) {
    assert.throws(() => fixedCoins(1n, decimals), RangeError);
  }
});

import { test } from "#test";
import { assert } from "chai";
import { formatIp, isUnservable, parseIp } from "../../core/chain/ip_address.ts";
import { UsageError } from "../../core/errors.ts";
import { seededRandom } from "../../core/data/random.ts";

test("parseIp() reads IPv4 as one big-endian number", () => {
  assert.deepEqual(parseIp("203.0.113.9"), { ip: 3405803785n, ipType: 4 });
  assert.deepEqual(parseIp("0.0.0.0"), { ip: 0n, ipType: 4 });
  assert.deepEqual(parseIp("255.255.255.255"), { ip: 4294967295n, ipType: 4 });
});

test("parseIp() reads IPv6 in every form of RFC 4291", () => {
  const cases: [string, bigint][] = [
    ["::", 0n],
    ["::1", 1n],
    ["1::", 1n << 112n],
    ["2001:db8::1", 0x20010db8000000000000000000000001n],
    ["2001:DB8:0:0:8:800:200C:417A", 0x20010db80000000000080800200c417an],
    ["1:2:3:4:5:6:7:8", 0x00010002000300040005000600070008n],
    ["1::3:4:5:6:7:8", 0x00010000000300040005000600070008n],
    ["::ffff:203.0.113.9", 0xffffcb007109n],
    ["64:ff9b::192.0.2.33", 0x0064ff9b0000000000000000c0000221n],
    ["ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", (1n << 128n) - 1n],
  ];
  for (const [text, ip] of cases) assert.deepEqual(parseIp(text), { ip, ipType: 6 }, text);
});

for (
  const text of [
    "",
    "localhost",
    "203.0.113",
    "203.0.113.9.1",
    "203.0.113.256",
    "203.0.113.09",
    "203.0.113.-1",
    "203.0.113.9 ",
    "203.0.113.9:8091",
    "0xcb007109",
    "3405803785",
    "1.2.3.4e1",
    "١.2.3.4",
    ":",
    ":::",
    ":1",
    "1:",
    "1:::2",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7::8",
    "12345::",
    "g::1",
    "[::1]",
    "::1%eth0",
    "::1/128",
    "1.2.3.4::",
    "::1.2.3",
    "::1.2.3.4:5",
    "1:2:3:4:5:6:7:1.2.3.4",
  ]
) {
  test(`parseIp() refuses ${JSON.stringify(text)}`, () => {
    assert.throws(() => parseIp(text), UsageError, "is no IP address");
  });
}

test("formatIp() writes IPv6 as RFC 5952 recommends", () => {
  const cases = [
    "::",
    "::1",
    "1::",
    "2001:db8::1",
    "2001:db8:0:1:1:1:1:1",
    "2001:0:0:1::1",
    "2001:db8::1:0:0:1",
    "::ffff:203.0.113.9",
    "1:2:3:4:5:6:7:8",
  ];
  for (const text of cases) assert.equal(formatIp(parseIp(text).ip, 6), text);
});

test("formatIp() writes IPv4 with dots", () => {
  assert.equal(formatIp(3405803785n, 4), "203.0.113.9");
  assert.equal(formatIp(0n, 4), "0.0.0.0");
});

test("formatIp() refuses what does not fit its type", () => {
  assert.throws(() => formatIp(1n << 32n, 4), RangeError);
  assert.throws(() => formatIp(1n << 128n, 6), RangeError);
  assert.throws(() => formatIp(-1n, 6), RangeError);
});

test("what formatIp() writes, parseIp() reads: 10,000 random addresses with runs of zeros", () => {
  const random = seededRandom(4);
  for (let i = 0; i < 10_000; i++) {
    const ipType = random() < 0.3 ? 4 : 6;
    const groups = Array.from(
      { length: ipType === 4 ? 2 : 8 },
      () => random() < 0.5 ? 0n : BigInt(Math.floor(random() * 65536)),
    );
    const ip = groups.reduce((ip, group) => ip << 16n | group, 0n);
    const text = formatIp(ip, ipType);
    assert.deepEqual(parseIp(text), { ip, ipType }, text);
  }
});

test("an own address, broadcast and all ones cannot be served; the rest can", () => {
  for (
    const text of ["127.0.0.1", "255.255.255.255", "::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"]
  ) {
    assert.isTrue(isUnservable(parseIp(text)), text);
  }
  for (const text of ["127.0.0.2", "10.0.0.1", "0.0.0.0", "203.0.113.9", "2001:db8::1", "::2"]) {
    assert.isFalse(isUnservable(parseIp(text)), text);
  }
});

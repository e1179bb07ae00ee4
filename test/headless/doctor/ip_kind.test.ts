import { test } from "#test";
import { assert } from "chai";
import { UsageError } from "../../../core/errors.ts";
import { hostPort, ipKind, isSameIp, whyNotDialled } from "../../../headless/doctor/ip_kind.ts";

const KINDS = {
  none: ["0.0.0.0", "0.1.2.3", "::", "::ffff:0.0.0.0"],
  machine: ["127.0.0.1", "127.255.255.254", "::1", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1"],
  private: [
    ...["10.0.0.0", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.1.4"],
    ...["169.254.7.7", "100.64.0.1", "100.127.255.255", "::ffff:192.168.1.4"],
    ...["fc00::1", "fdff::1", "fe80::1", "febf::1"],
  ],
  group: ["224.0.0.1", "239.1.2.3", "240.0.0.1", "255.255.255.255", "ff02::1"],
  public: [
    ...["1.0.0.1", "9.255.255.255", "11.0.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255"],
    ...["192.169.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.1"],
    ...["223.255.255.255", "203.0.113.9", "2001:db8::1", "2a00::1", "fbff::1", "::ffff:8.8.8.8"],
  ],
};

for (const [kind, addresses] of Object.entries(KINDS)) {
  test(`ipKind() knows ${kind} addresses by their ends`, () => {
    assert.deepEqual(addresses.map(ipKind), addresses.map(() => kind));
  });
}

test("ipKind() refuses what is no address", () => {
  for (const text of ["", "localhost", "1.2.3", "1.2.3.4:80", "[::1]", "fe80::1%eth0"]) {
    assert.throws(() => ipKind(text), UsageError, "no IP address");
  }
});

test("whyNotDialled() lets private addresses pass on a local chain only", () => {
  assert.equal(whyNotDialled("192.168.1.4", false), "which only its own network can reach");
  assert.equal(whyNotDialled("127.0.0.1", false), "which each machine takes for itself");
  assert.isUndefined(whyNotDialled("192.168.1.4", true));
  assert.isUndefined(whyNotDialled("::1", true));
});

test("whyNotDialled() lets nothing pass that is no machine, on any chain", () => {
  for (const isLocal of [false, true]) {
    assert.equal(whyNotDialled("0.0.0.0", isLocal), "which is no address");
    assert.equal(whyNotDialled("ff02::1", isLocal), "which is no address of one machine");
    assert.isUndefined(whyNotDialled("2001:db8::1", isLocal));
  }
});

test("isSameIp() compares addresses, not their spelling", () => {
  assert.isTrue(isSameIp("2001:DB8:0::1", "2001:db8::1"));
  assert.isTrue(isSameIp("203.0.113.9", "203.0.113.9"));
  assert.isFalse(isSameIp("203.0.113.9", "203.0.113.90"));
});

test("hostPort() puts IPv6 into brackets", () => {
  assert.equal(hostPort("203.0.113.9", 80), "203.0.113.9:80");
  assert.equal(hostPort("2001:db8::1", 80), "[2001:db8::1]:80");
});

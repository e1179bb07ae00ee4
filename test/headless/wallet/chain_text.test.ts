import { test } from "#test";
import { assert } from "chai";
import {
  axonText,
  chainText,
  shareText,
  shortAddress,
  shortAxonText,
  subnetTitle,
} from "../../../headless/wallet/chain_text.ts";
import { axon } from "./fake_chain.ts";

test("chainText() leaves words of any language as they are", () => {
  for (const text of ["iota", "Σ τ ב 日本 🐝", "a-b_c.d"]) assert.equal(chainText(text), text);
});

test("chainText() takes out all that steers a terminal", () => {
  const dangerous = ["\u001b[2J", "\u009b2J", "a\rb", "a\nb", "\u0007", "\u007f", "\u0000"];
  for (const text of dangerous) {
    assert.notMatch(chainText(text), /[\p{C}\p{Zl}\p{Zp}]/u);
    assert.include(chainText(text), "?");
  }
});

test("chainText() takes out what turns the direction of writing or is not seen", () => {
  for (const text of ["\u202eabc", "a\u200bb", "\u2066x", "\ufeffx", "a\u2028b"]) {
    assert.include(chainText(text), "?");
  }
});

test("chainText() cuts long texts between letters, not within one", () => {
  const shown = chainText("🐝".repeat(1000));
  assert.equal(shown, `${"🐝".repeat(47)}…`);
  assert.equal(chainText("x".repeat(48)), "x".repeat(48));
});

test("shortAddress() shows both ends", () => {
  const alice = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
  assert.equal(shortAddress(alice), "5Grwva…GKutQY");
  assert.equal(shortAddress("short"), "short");
});

test("axonText() tells IPv4, IPv6 and none apart", () => {
  assert.equal(axonText(axon("203.0.113.9", 8091)), "203.0.113.9:8091");
  assert.equal(axonText(axon("2001:db8::1", 1, { ipType: 6 })), "[2001:db8::1]:1");
  assert.equal(axonText(undefined), "none");
});

test("axonText() shows no control characters of an address", () => {
  assert.equal(axonText(axon("1.2.3.4\u001b[31m", 80)), "1.2.3.4?[31m:80");
});

test("shortAxonText() is never longer than an IPv4 address, and keeps the port", () => {
  const long = axon("2001:db8:85a3:1234:5678:8a2e:370:7334", 65535, { ipType: 6 });
  assert.equal(shortAxonText(long), "[2001:d…0:7334]:65535");
  assert.equal(shortAxonText({ ...long, port: 1 }), "[2001:db8…370:7334]:1");
  assert.equal(shortAxonText(axon("255.255.255.255", 65535)), "255.255.255.255:65535");
  assert.equal(shortAxonText(undefined), "none");
});

test("shareText() is as fine as a share of 65535", () => {
  assert.equal(shareText(1 / 65535), "0.00002");
  assert.equal(shareText(1), "1.00000");
});

test("subnetTitle() leaves a missing name out, and cleans a wicked one", () => {
  assert.equal(subnetTitle(9, "iota"), "Subnet 9 iota");
  assert.equal(subnetTitle(9, ""), "Subnet 9");
  assert.equal(subnetTitle(9, "  "), "Subnet 9");
  assert.equal(subnetTitle(9, "a\u001b[Hb"), "Subnet 9 a?[Hb");
});

import { test } from "#test";
import { assert } from "chai";
import { deflateSync } from "fflate";
import type { Result } from "../../../web/bench/result.ts";
import { readFragment, resultFragment } from "../../../web/bench/result_link.ts";
import { fullResult } from "./results.ts";

/** A fragment of any bytes. */
function fragmentOf(bytes: Uint8Array): string {
  const base64 = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  return `#r=${base64.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}`;
}

function fragmentOfText(text: string): string {
  return fragmentOf(deflateSync(new TextEncoder().encode(text)));
}

/** A fragment of a result in which something was changed that its type forbids. */
function forged(change: (result: Record<string, unknown>) => void): string {
  const result: Record<string, unknown> = { ...fullResult() };
  change(result);
  return fragmentOfText(JSON.stringify(result));
}

function rejects(fragment: string): void {
  assert.deepEqual(readFragment(fragment), { kind: "unreadable" });
}

test("a result comes out of its link as it went in, but for digits that noise leaves none of", () => {
  const sent = readFragment(resultFragment(fullResult()));
  const expected = structuredClone(fullResult());
  expected.bounds.flopsPerSecond = 58.123e12;
  expected.hashes[0].share = 0.87654;
  assert.deepEqual(sent, { kind: "result", result: expected });
});

test("a link with as many rows as there may be is short enough to be read", () => {
  const full = fullResult();
  const fill = <Row>([row]: readonly Row[], change: (row: Row, at: number) => Row): Row[] =>
    Array.from({ length: 64 }, (_, at) => change(row, at));
  // Figures that compress badly.
  const figure = (at: number): number => Math.sqrt(at + 2) * 1e12;
  const result: Result = {
    ...full,
    hashes: fill(full.hashes, (row, at) => ({ ...row, perSecond: figure(at), share: 1 / at })),
    products: fill(
      full.products,
      (row, at) => ({ ...row, flopsPerSecond: figure(at), M: 7 * at + 1 }),
    ),
  };
  result.hashes[0].share = null;
  assert.equal(readFragment(resultFragment(result)).kind, "result");
});

test("a fragment of characters that every chat and mail leaves as they are", () => {
  assert.match(resultFragment(fullResult()), /^#r=[A-Za-z0-9_-]+$/);
});

test("no fragment, and those of places in the page, carry no result", () => {
  for (const fragment of ["", "#", "#charts-title", "#R=abc"]) {
    assert.deepEqual(readFragment(fragment), { kind: "none" });
  }
});

test("a link that was cut off anywhere is unreadable", () => {
  const whole = resultFragment(fullResult());
  for (let length = 3; length < whole.length - 1; length += 7) rejects(whole.slice(0, length));
});

test("a link of which a character was changed is no other result of another shape", () => {
  const whole = resultFragment(fullResult());
  for (let at = 3; at < whole.length; at += 5) {
    const changed = whole.slice(0, at) + (whole[at] === "A" ? "B" : "A") + whole.slice(at + 1);
    assert.include(["unreadable", "result"], readFragment(changed).kind);
  }
});

test("text that is not base64url, not deflated or not JSON is unreadable", () => {
  rejects("#r=");
  rejects("#r=abc def");
  rejects("#r=%3Cscript%3E");
  rejects("#r=AAAAAAAA");
  rejects(fragmentOfText("not JSON"));
  rejects(fragmentOfText("null"));
  rejects(fragmentOfText("[]"));
  rejects(fragmentOf(deflateSync(Uint8Array.of(0x22, 0xff, 0x22))));
});

test("a fragment that is longer than any result's is not inflated", () => {
  rejects(`#r=${"A".repeat(12_000)}`);
});

test("a few bytes that inflate to megabytes are unreadable", () => {
  const bomb = fragmentOf(deflateSync(new Uint8Array(8_000_000).fill(0x20), { level: 9 }));
  assert.isBelow(bomb.length, 12_000);
  rejects(bomb);
});

test("a list with more rows than any run gives is unreadable", () => {
  rejects(forged((result) => {
    result.bandwidth = Array.from({ length: 65 }, () => ({ sizeBytes: 1, bytesPerSecond: 1 }));
  }));
});

test("figures that are no figures are unreadable", () => {
  const { bounds } = fullResult();
  for (const flopsPerSecond of [-1, 1e300, "1e12", true, {}]) {
    rejects(forged((result) => result.bounds = { ...bounds, flopsPerSecond }));
  }
  for (const cores of [0, 1.5, -4, 1e15, null]) rejects(forged((result) => result.cores = cores));
});

test("a date that no calendar can show is unreadable", () => {
  for (const startedMs of [8.7e15, -1, 0, 1.5]) {
    rejects(forged((result) => result.startedMs = startedMs));
  }
});

test("names with line breaks, hidden characters or a turned direction are unreadable", () => {
  for (const name of ["a\nb", "a\u202eb", "a\u200bb", "a\u0000b", "x".repeat(161)]) {
    rejects(forged((result) => result.adapter = { name, isSoftware: false }));
  }
});

test("a name with markup stays the text that it is", () => {
  const name = "<img src=x onerror=alert(1)>";
  const sent = readFragment(forged((result) => result.adapter = { name, isSoftware: false }));
  assert.equal(sent.kind === "result" && sent.result.adapter?.name, name);
});

test("modes and kernels that do not exist are unreadable", () => {
  const [hash] = fullResult().hashes;
  rejects(forged((result) => result.hashes = [{ ...hash, mode: 611 }]));
  rejects(forged((result) => result.hashes = [{ ...hash, variant: "cuda" }]));
});

test("a result of another form is unreadable", () => {
  rejects(forged((result) => result.version = 2));
});

test("fields that nobody knows are left out", () => {
  const sent = readFragment(forged((result) => result["__proto__x"] = { polluted: true }));
  assert.deepEqual(sent.kind === "result" && Object.keys(sent.result), Object.keys(fullResult()));
});

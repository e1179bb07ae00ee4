import { test } from "#test";
import { assert } from "chai";
import { hashMode } from "../../../core/hash/modes.ts";
import {
  liveLine,
  type SearchFacts,
  type SearchState,
  statusLines,
} from "../../../headless/solve/status.ts";

const FACTS: SearchFacts = {
  mode: hashMode(610),
  target: `$BLAKE2$${"13ca".repeat(32)}:0123456789abcdef`,
  mask: "?1?1?1",
  length: 3,
  charsets: ["abc", undefined, undefined, "?l?d"],
  hashes: 1,
  startedAt: new Date(2026, 10, 23, 0, 0, 8),
};

const STATE: SearchState = {
  word: "Running",
  tried: 4_608_000n,
  total: 10_000_000n,
  elapsedMs: 61_000,
  rate: 8_271_100,
  leftMs: 119_000,
  sliceMs: 6.93,
  recovered: 0,
  device: "u64, llvmpipe",
};

test("statusLines() shows a running search in hashcat's labels", () => {
  assert.deepEqual(statusLines(FACTS, STATE), [
    "Status...........: Running",
    "Hash.Mode........: 610 (BLAKE2b-512($pass.$salt))",
    `Hash.Target......: $BLAKE2$${"13ca".repeat(11)}1...abcdef`,
    "Time.Started.....: Mon Nov 23 00:00:08 2026, (1 min 1 s)",
    "Time.Estimated...: Mon Nov 23 00:03:08 2026, (1 min 59 s)",
    "Guess.Mask.......: ?1?1?1 [3]",
    "Guess.Charset....: -1 abc, -2 Undefined, -3 Undefined, -4 ?l?d",
    "Speed.#1.........:  8271.1 kH/s (6.93ms) @ u64, llvmpipe",
    "Recovered........: 0/1 (0.00%)",
    "Progress.........: 4608000/10000000 (46.08%)",
  ]);
});

test("statusLines() estimates no end of what has ended", () => {
  const lines = statusLines(FACTS, { ...STATE, word: "Aborted (Runtime)" });
  assert.equal(lines[0], "Status...........: Aborted (Runtime)");
  assert.notInclude(lines.join("\n"), "Estimated");
});

test("statusLines() estimates no end before anything was tried, nor past the calendar's", () => {
  const unknown = statusLines(FACTS, { ...STATE, tried: 0n, rate: 0, leftMs: Infinity });
  assert.include(unknown, "Time.Estimated...: unknown");
  const far = statusLines(FACTS, { ...STATE, leftMs: 1e18 });
  assert.match(far.join("\n"), /Time.Estimated...: later than .*, \(11574074074 d 1 h\)/);
});

test("statusLines() shows 100% at the end only, and divides nothing by 0", () => {
  const almost = { ...STATE, tried: 2n ** 62n - 1n, total: 2n ** 62n };
  assert.match(statusLines(FACTS, almost).join("\n"), /Progress.*\(99\.99%\)/);
  const none = { ...STATE, tried: 0n, total: 0n };
  assert.match(statusLines(FACTS, none).join("\n"), /Progress.*0\/0 \(0\.00%\)/);
});

test("statusLines() shows a short target whole", () => {
  const lines = statusLines({ ...FACTS, target: "hashes.txt" }, STATE);
  assert.include(lines, "Hash.Target......: hashes.txt");
});

test("liveLine() tells how much is done, how fast, how long still, and of how many", () => {
  assert.equal(liveLine(FACTS, STATE), "46.08% of 10000000  8271.1 kH/s  1 min 59 s left");
  const several = liveLine({ ...FACTS, hashes: 3 }, { ...STATE, recovered: 2 });
  assert.match(several, /2 of 3 hashes cracked$/);
});

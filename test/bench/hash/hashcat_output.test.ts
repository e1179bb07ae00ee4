import { test } from "#test";
import { assert } from "chai";
import { benchmarkSpeed, foundPassword, lastLine, statusSpeed } from "./hashcat_output.ts";

// What hashcat 6.2.6 wrote, cut in length.
const BENCHMARK = `# version: v6.2.6
# option: --force
# option: --opencl-device-types=1
# option: --optimized-kernel-enable
1:610:4294967295:4294967295:12.25:84151493
`;

const STATUS =
  `{ "session": "x1", "guess": { "guess_base": "?1?1?1?1?1?1?1?1", "guess_mod": null, "guess_mode": 10 }, "status": 3, "target": "$BLAKE2$57e523d2...abcdef", "progress": [35840000, 100000000], "restore_point": 35840, "devices": [ { "device_id": 1, "device_name": "pthread-skylake-avx512-AMD EPYC", "device_type": "CPU", "speed": 46975735, "util": -1 } ], "time_start": 1795392140, "estimated_stop": 1795392142 }
{ "session": "x1", "status": 5, "progress": [100000000, 100000000], "devices": [ { "device_id": 1, "device_name": "pthread-skylake-avx512-AMD EPYC", "device_type": "CPU", "speed": 46796383, "util": -1 } ], "time_start": 1795392140, "estimated_stop": 1795392142 }
`;

const HASH_LINE = "$BLAKE2$e2bd3e67da3b419ab144144f545a15e5:0123456789abcdef";
const CRACKED = `Starting autotune. Please be patient...Finished autotune\r                    \r` +
  `[s]tatus [p]ause [b]ypass [c]heckpoint [f]inish [q]uit => \r                    \r` +
  `${HASH_LINE}:aaaaaaa\n\r                    \r\n` +
  `Session..........: x1\nStatus...........: Cracked\n` +
  `Hash.Target......: $BLAKE2$e2bd3e67da3b419ab144144f545a15e5022e2c7ac27...abcdef\n`;

test("benchmarkSpeed() reads the last field of the first device's line", () => {
  assert.equal(benchmarkSpeed(BENCHMARK, 610), 84151493);
});

test("benchmarkSpeed() leaves the lines of other modes and devices alone", () => {
  const other = BENCHMARK.replace("1:610:", "2:610:") + "1:1410:1:1:8.34:121512730\n";
  assert.equal(benchmarkSpeed(other, 610), undefined);
});

test("benchmarkSpeed() takes a speed of nothing for none", () => {
  assert.equal(benchmarkSpeed("1:610:1:1:0.00:0\n", 610), undefined);
});

test("statusSpeed() takes the last status that tells a speed", () => {
  assert.equal(statusSpeed(STATUS), 46796383);
});

test("statusSpeed() leaves out half a line and a device that has not started", () => {
  const broken = `${STATUS}{ "devices": [ { "speed": 0 } ] }\n{ "session": "x1", "gue`;
  assert.equal(statusSpeed(broken), 46796383);
});

test("statusSpeed() knows no speed of a hashcat that only complained", () => {
  assert.equal(statusSpeed("No hashes loaded.\n"), undefined);
});

test("foundPassword() finds the line behind the prompt", () => {
  assert.equal(foundPassword(CRACKED, HASH_LINE), "aaaaaaa");
});

test("foundPassword() keeps a password with colons whole", () => {
  assert.equal(foundPassword(`${HASH_LINE}:a:b:c\n`, HASH_LINE), "a:b:c");
});

test("foundPassword() does not take the shortened target for an answer", () => {
  assert.equal(foundPassword(CRACKED.replace(":aaaaaaa", ""), HASH_LINE), undefined);
});

test("lastLine() is the last one with anything in it, even of half a line before", () => {
  assert.equal(lastLine("fehfjfjf\nehfjfjf\n\n"), "ehfjfjf");
  assert.equal(lastLine("\n"), undefined);
});
